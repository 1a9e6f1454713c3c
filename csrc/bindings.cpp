// The Python module famus_ext._C: addresses, sizes and a stream in. It checks nothing; famus_ext/ops does.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "gumbel_gates.h"
#include "layer_dots.h"
#include "norm_pushforward.h"
#include "virtual_step.h"

#ifdef FAMUS_CUDA
#include "cuda_status.h"
#endif

namespace py = pybind11;
using namespace famus;

namespace {

using Address = std::uintptr_t;

void* pointer(Address address) { return reinterpret_cast<void*>(address); }

// w, g, w_hat, g_bar, rows, inner, lr
using VirtualStepRow = std::tuple<Address, Address, Address, Address, std::int64_t, std::int64_t, double>;
// a, b, size, layer
using LayerDotsRow = std::tuple<Address, Address, std::int64_t, std::int64_t>;
// x, W, b, a, V, c, size
using GumbelGateRow = std::tuple<Address, Address, Address, Address, Address, Address, std::int64_t>;
// x, W, a, V, grad_eta, grad_x, size
using GradGumbelGateRow = std::tuple<Address, Address, Address, Address, Address, Address, std::int64_t>;

VirtualStepParams virtual_step_params(int dtype, const std::vector<VirtualStepRow>& table, Address workspace) {
  VirtualStepParams params{static_cast<DType>(dtype), {}, static_cast<double*>(pointer(workspace))};
  params.tensors.reserve(table.size());
  for (const auto& [w, g, w_hat, g_bar, rows, inner, lr] : table) {
    params.tensors.push_back({pointer(w), pointer(g), pointer(w_hat), pointer(g_bar), rows, inner, lr});
  }
  return params;
}

LayerDotsParams layer_dots_params(int dtype, const std::vector<LayerDotsRow>& table, std::int64_t layers, Address out,
                                  Address workspace) {
  LayerDotsParams params{static_cast<DType>(dtype), {}, layers, pointer(out), static_cast<double*>(pointer(workspace))};
  params.pairs.reserve(table.size());
  for (const auto& [a, b, size, layer] : table) params.pairs.push_back({pointer(a), pointer(b), size, layer});
  return params;
}

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

// rows, channels, inner
using NormShape = std::tuple<std::int64_t, std::int64_t, std::int64_t>;
// x, x_dot, relu, out
using NormTensors = std::tuple<Address, Address, Address, Address>;
// mean, inverse_std, weight, weight_dot, bias_dot
using NormChannels = std::tuple<Address, Address, Address, Address, Address>;

NormPushforwardParams norm_pushforward_params(int dtype, const NormShape& shape, const NormTensors& tensors,
                                              const NormChannels& vectors, bool batch_statistics, Address workspace) {
  const auto [rows, channels, inner] = shape;
  const auto [x, x_dot, relu, out] = tensors;
  const auto [mean, inverse_std, weight, weight_dot, bias_dot] = vectors;
  return {static_cast<DType>(dtype),
          pointer(x),
          pointer(x_dot),
          pointer(relu),
          pointer(out),
          pointer(mean),
          pointer(inverse_std),
          pointer(weight),
          pointer(weight_dot),
          pointer(bias_dot),
          rows,
          channels,
          inner,
          batch_statistics,
          static_cast<double*>(pointer(workspace))};
}

#ifdef FAMUS_CUDA
void raise_on_error(const char* op, Status status) {
  if (status != 0) throw std::runtime_error(std::string(op) + ": " + cuda_error(status));
}
#endif

}  // namespace

PYBIND11_MODULE(_C, module) {
  module.attr("version") = FAMUS_VERSION;
  module.attr("cxx_compiler") = FAMUS_CXX_COMPILER;
  py::dict dtypes;
  dtypes["float16"] = static_cast<int>(DType::kFloat16);
  dtypes["bfloat16"] = static_cast<int>(DType::kBFloat16);
  dtypes["float32"] = static_cast<int>(DType::kFloat32);
  dtypes["float64"] = static_cast<int>(DType::kFloat64);
  module.attr("dtypes") = dtypes;
  module.attr("ROW_SEGMENT") = kRowSegment;
  module.attr("DOT_CHUNK") = kDotChunk;

  module.def("virtual_step_workspace", [](const std::vector<VirtualStepRow>& table) {
    return virtual_step_workspace(virtual_step_params(0, table, 0));
  });
  module.def("virtual_step_cpu", [](int dtype, const std::vector<VirtualStepRow>& table, int threads) {
    const auto params = virtual_step_params(dtype, table, 0);
    py::gil_scoped_release release;
    virtual_step_cpu(params, threads);
  });
  module.def("layer_dots_workspace", [](const std::vector<LayerDotsRow>& table) {
    return layer_dots_workspace(layer_dots_params(0, table, 0, 0, 0));
  });
  module.def("layer_dots_cpu", [](int dtype, const std::vector<LayerDotsRow>& table, std::int64_t layers, Address out,
                                  Address workspace, int threads) {
    const auto params = layer_dots_params(dtype, table, layers, out, workspace);
    py::gil_scoped_release release;
    layer_dots_cpu(params, threads);
  });
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
  module.def("norm_pushforward_workspace", [](const NormShape& shape) {
    const auto [rows, channels, inner] = shape;
    return norm_pushforward_workspace(rows, channels, inner);
  });
  module.def("norm_pushforward_cpu",
             [](int dtype, const NormShape& shape, const NormTensors& tensors, const NormChannels& vectors,
                bool batch_statistics, Address workspace, int threads) {
               const auto params = norm_pushforward_params(dtype, shape, tensors, vectors, batch_statistics, workspace);
               py::gil_scoped_release release;
               norm_pushforward_cpu(params, threads);
             });

#ifdef FAMUS_CUDA
  module.attr("cuda_compiler") = FAMUS_CUDA_COMPILER;
  module.attr("cuda_version") = cuda_runtime_version();
  module.attr("cuda_architectures") = py::tuple(py::cast(std::vector<int>{FAMUS_CUDA_ARCHITECTURES}));
  module.def("cuda_status", [] {
    const CudaStatus status = cuda_status();
    return std::make_pair(status.devices, status.reason);
  });
  module.def("virtual_step_cuda",
             [](int dtype, const std::vector<VirtualStepRow>& table, Address workspace, Address stream) {
               const auto params = virtual_step_params(dtype, table, workspace);
               raise_on_error("virtual_step", virtual_step_cuda(params, reinterpret_cast<Stream>(stream)));
             });
  module.def("layer_dots_cuda", [](int dtype, const std::vector<LayerDotsRow>& table, std::int64_t layers, Address out,
                                   Address workspace, Address stream) {
    const auto params = layer_dots_params(dtype, table, layers, out, workspace);
    raise_on_error("layer_dots", layer_dots_cuda(params, reinterpret_cast<Stream>(stream)));
  });
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
  module.def("norm_pushforward_cuda",
             [](int dtype, const NormShape& shape, const NormTensors& tensors, const NormChannels& vectors,
                bool batch_statistics, Address workspace, Address stream) {
               const auto params = norm_pushforward_params(dtype, shape, tensors, vectors, batch_statistics, workspace);
               raise_on_error("norm_pushforward", norm_pushforward_cuda(params, reinterpret_cast<Stream>(stream)));
             });
#else
  module.attr("cuda_compiler") = py::none();
  module.attr("cuda_version") = py::none();
  module.attr("cuda_architectures") = py::tuple();
  module.def("cuda_status", [] { return std::make_pair(0, std::string("built without CUDA")); });
#endif
}
