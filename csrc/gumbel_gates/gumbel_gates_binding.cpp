// The binding of gumbel_gates. It checks addresses; famus_ext/ops checks what is a user's.
#include "gumbel_gates/gumbel_gates.h"

#include "core/binding.h"
#include "core/operands.h"

namespace famus {
namespace {

// x, W, b, a, V, c, size
using GumbelGateRow = std::tuple<Address, Address, Address, Address, Address, Address, std::int64_t>;
// x, W, a, V, grad_eta, grad_x, size
using GradGumbelGateRow = std::tuple<Address, Address, Address, Address, Address, Address, std::int64_t>;

GumbelGatesParams gumbel_gates_params(int dtype, const std::vector<GumbelGateRow>& table, std::int64_t hidden,
                                      double temperature, Address noise, Address r, Address h, Address ds_dd) {
  GumbelGatesParams params{
      static_cast<DType>(dtype), {}, hidden, temperature, pointer(noise), pointer(r), pointer(h), pointer(ds_dd)};
  params.gates.reserve(table.size());
  for (const auto& [x, W, b, a, V, c, size] : table) {
    params.gates.push_back({pointer(x), pointer(W), pointer(b), pointer(a), pointer(V), pointer(c), size});
  }
  return params;
}

GradGumbelGatesParams grad_gumbel_gates_params(int dtype, const std::vector<GradGumbelGateRow>& table,
                                               std::int64_t hidden, Address cotangent, Address h, Address ds_dd,
                                               Address workspace) {
  GradGumbelGatesParams params{static_cast<DType>(dtype), {}, hidden, pointer(cotangent), pointer(h), pointer(ds_dd),
                               pointer(workspace)};
  params.gates.reserve(table.size());
  for (const auto& [x, W, a, V, grad_eta, grad_x, size] : table) {
    params.gates.push_back({pointer(x), pointer(W), pointer(a), pointer(V), pointer(grad_eta), pointer(grad_x), size});
  }
  return params;
}

void check(const GumbelGatesParams& params) {
  const std::int64_t size = entry_size(params.dtype), sum = sum_size(params.dtype), H = params.hidden;
  const auto layers = static_cast<std::int64_t>(params.gates.size());
  if (!(params.temperature > 0)) refuse("temperature", "more than 0", std::to_string(params.temperature));
  Operands operands;
  for (const GumbelGate& gate : params.gates) {
    operands.reads("x", gate.x, {gate.size}, sum);
    operands.reads("W", gate.W, {H, gate.size}, size);
    operands.reads("b", gate.b, {H}, size);
    operands.reads("a", gate.a, {1}, size);
    operands.reads("V", gate.V, {2, H}, size);
    operands.reads("c", gate.c, {2}, size);
  }
  operands.reads("noise", params.noise, {layers, 2}, sum);
  operands.writes("r", params.r, {layers}, sum);
  operands.writes("h", params.h, {layers, H}, sum);
  operands.writes("ds_dd", params.ds_dd, {layers}, sum);
  operands.expect_outputs_apart();
}

void check(const GradGumbelGatesParams& params) {
  const std::int64_t size = entry_size(params.dtype), sum = sum_size(params.dtype), H = params.hidden;
  const auto layers = static_cast<std::int64_t>(params.gates.size());
  Operands operands;
  for (const GradGumbelGate& gate : params.gates) {
    operands.reads("x", gate.x, {gate.size}, sum);
    operands.reads("W", gate.W, {H, gate.size}, size);
    operands.reads("a", gate.a, {1}, size);
    operands.reads("V", gate.V, {2, H}, size);
    operands.writes("grad_eta", gate.grad_eta, {H * gate.size + H + 1 + 2 * H + 2}, size);
    operands.may_write("grad_x", gate.grad_x, {gate.size}, sum);
  }
  operands.reads("cotangent", params.cotangent, {layers}, sum);
  operands.reads("h", params.h, {layers, H}, sum);
  operands.reads("ds_dd", params.ds_dd, {layers}, sum);
  operands.writes("workspace", params.grad_h, {layers, H}, sum);
  operands.expect_outputs_apart();
}

}  // namespace

void bind_gumbel_gates(py::module_& module) {
  module.def("gumbel_gates_cpu",
             [](int dtype, const std::vector<GumbelGateRow>& table, std::int64_t hidden, double temperature,
                Address noise, Address r, Address h, Address ds_dd, int threads) {
               const auto params = gumbel_gates_params(dtype, table, hidden, temperature, noise, r, h, ds_dd);
               check(params);
               expect_threads(threads);
               py::gil_scoped_release release;
               gumbel_gates_cpu(params, threads);
             });
  module.def("grad_gumbel_gates_cpu", [](int dtype, const std::vector<GradGumbelGateRow>& table, std::int64_t hidden,
                                         Address cotangent, Address h, Address ds_dd, Address workspace, int threads) {
    const auto params = grad_gumbel_gates_params(dtype, table, hidden, cotangent, h, ds_dd, workspace);
    check(params);
    expect_threads(threads);
    py::gil_scoped_release release;
    grad_gumbel_gates_cpu(params, threads);
  });
#ifdef FAMUS_CUDA
  module.def("gumbel_gates_cuda",
             [](int dtype, const std::vector<GumbelGateRow>& table, std::int64_t hidden, double temperature,
                Address noise, Address r, Address h, Address ds_dd, Address stream) {
               const auto params = gumbel_gates_params(dtype, table, hidden, temperature, noise, r, h, ds_dd);
               check(params);
               raise_on_error("gumbel_gates", gumbel_gates_cuda(params, reinterpret_cast<Stream>(stream)));
             });
  module.def("grad_gumbel_gates_cuda",
             [](int dtype, const std::vector<GradGumbelGateRow>& table, std::int64_t hidden, Address cotangent,
                Address h, Address ds_dd, Address workspace, Address stream) {
               const auto params = grad_gumbel_gates_params(dtype, table, hidden, cotangent, h, ds_dd, workspace);
               check(params);
               raise_on_error("grad_gumbel_gates", grad_gumbel_gates_cuda(params, reinterpret_cast<Stream>(stream)));
             });
#endif
}

}  // namespace famus
