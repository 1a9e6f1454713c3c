// The binding of gumbel_gates. It checks nothing; famus_ext/ops does.
#include "gumbel_gates/gumbel_gates.h"

#include "core/binding.h"

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

}  // namespace

void bind_gumbel_gates(py::module_& module) {
  module.def("gumbel_gates_cpu",
             [](int dtype, const std::vector<GumbelGateRow>& table, std::int64_t hidden, double temperature,
                Address noise, Address r, Address h, Address ds_dd, int threads) {
               const auto params = gumbel_gates_params(dtype, table, hidden, temperature, noise, r, h, ds_dd);
               py::gil_scoped_release release;
               gumbel_gates_cpu(params, threads);
             });
  module.def("grad_gumbel_gates_cpu", [](int dtype, const std::vector<GradGumbelGateRow>& table, std::int64_t hidden,
                                         Address cotangent, Address h, Address ds_dd, Address workspace, int threads) {
    const auto params = grad_gumbel_gates_params(dtype, table, hidden, cotangent, h, ds_dd, workspace);
    py::gil_scoped_release release;
    grad_gumbel_gates_cpu(params, threads);
  });
#ifdef FAMUS_CUDA
  module.def("gumbel_gates_cuda",
             [](int dtype, const std::vector<GumbelGateRow>& table, std::int64_t hidden, double temperature,
                Address noise, Address r, Address h, Address ds_dd, Address stream) {
               const auto params = gumbel_gates_params(dtype, table, hidden, temperature, noise, r, h, ds_dd);
               raise_on_error("gumbel_gates", gumbel_gates_cuda(params, reinterpret_cast<Stream>(stream)));
             });
  module.def("grad_gumbel_gates_cuda",
             [](int dtype, const std::vector<GradGumbelGateRow>& table, std::int64_t hidden, Address cotangent,
                Address h, Address ds_dd, Address workspace, Address stream) {
               const auto params = grad_gumbel_gates_params(dtype, table, hidden, cotangent, h, ds_dd, workspace);
               raise_on_error("grad_gumbel_gates", grad_gumbel_gates_cuda(params, reinterpret_cast<Stream>(stream)));
             });
#endif
}

}  // namespace famus
