// The binding of virtual_step. It checks nothing; famus_ext/ops does.
#include "virtual_step/virtual_step.h"

#include "core/binding.h"

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

}  // namespace

void bind_virtual_step(py::module_& module) {
  module.attr("ROW_SEGMENT") = kRowSegment;
  module.def("virtual_step_workspace", [](const std::vector<VirtualStepRow>& table) {
    return virtual_step_workspace(virtual_step_params(0, table, 0));
  });
  module.def("virtual_step_cpu", [](int dtype, const std::vector<VirtualStepRow>& table, int threads) {
    const auto params = virtual_step_params(dtype, table, 0);
    py::gil_scoped_release release;
    virtual_step_cpu(params, threads);
  });
#ifdef FAMUS_CUDA
  module.def("virtual_step_cuda",
             [](int dtype, const std::vector<VirtualStepRow>& table, Address workspace, Address stream) {
               const auto params = virtual_step_params(dtype, table, workspace);
               raise_on_error("virtual_step", virtual_step_cuda(params, reinterpret_cast<Stream>(stream)));
             });
#endif
}

}  // namespace famus
