// The binding of virtual_step. It checks addresses; famus_ext/ops checks what is a user's.
#include "virtual_step/virtual_step.h"

#include "core/binding.h"
#include "core/operands.h"

namespace famus {
namespace {

// w, g, w_hat, g_bar, rows, inner, lr
using VirtualStepRow = std::tuple<Address, Address, Address, Address, std::int64_t, std::int64_t, double>;

VirtualStepParams virtual_step_params(int dtype, const std::vector<VirtualStepRow>& table, Address workspace) {
  VirtualStepParams params{static_cast<DType>(dtype), {}, static_cast<double*>(pointer(workspace))};
  params.tensors.reserve(table.size());
  for (const auto& [w, g, w_hat, g_bar, rows, inner, lr] : table) {
    params.tensors.push_back({pointer(w), pointer(g), pointer(w_hat), pointer(g_bar), rows, inner, lr});
  }
  return params;
}

void check(const VirtualStepParams& params, bool on_gpu) {
  const std::int64_t size = entry_size(params.dtype);
  Operands operands;
  for (const VirtualStepTensor& tensor : params.tensors) {
    expect_at_least(1, tensor.inner, "inner");
    operands.reads("w", tensor.w, {tensor.rows, tensor.inner}, size);
    operands.reads("g", tensor.g, {tensor.rows, tensor.inner}, size);
    operands.writes("w_hat", tensor.w_hat, {tensor.rows, tensor.inner}, size);
    operands.writes("g_bar", tensor.g_bar, {tensor.rows}, sum_size(params.dtype));
  }
  operands.writes("workspace", params.workspace, {on_gpu ? virtual_step_workspace(params) : 0}, sizeof(double));
  operands.expect_outputs_apart();
}

}  // namespace

void bind_virtual_step(py::module_& module) {
  module.attr("ROW_SEGMENT") = kRowSegment;
  module.def("virtual_step_workspace", [](const std::vector<VirtualStepRow>& table) {
    return virtual_step_workspace(virtual_step_params(0, table, 0));
  });
  module.def("virtual_step_cpu", [](int dtype, const std::vector<VirtualStepRow>& table, int threads) {
    const auto params = virtual_step_params(dtype, table, 0);
    check(params, false);
    expect_threads(threads);
    py::gil_scoped_release release;
    virtual_step_cpu(params, threads);
  });
#ifdef FAMUS_CUDA
  module.def("virtual_step_cuda",
             [](int dtype, const std::vector<VirtualStepRow>& table, Address workspace, Address stream) {
               const auto params = virtual_step_params(dtype, table, workspace);
               check(params, true);
               raise_on_error("virtual_step", virtual_step_cuda(params, reinterpret_cast<Stream>(stream)));
             });
#endif
}

}  // namespace famus
