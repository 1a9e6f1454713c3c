// The binding of norm_pushforward. It checks nothing; famus_ext/ops does.
#include "norm_pushforward/norm_pushforward.h"

#include "core/binding.h"

namespace famus {
namespace {

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

}  // namespace

void bind_norm_pushforward(py::module_& module) {
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
  module.def("norm_pushforward_cuda",
             [](int dtype, const NormShape& shape, const NormTensors& tensors, const NormChannels& vectors,
                bool batch_statistics, Address workspace, Address stream) {
               const auto params = norm_pushforward_params(dtype, shape, tensors, vectors, batch_statistics, workspace);
               raise_on_error("norm_pushforward", norm_pushforward_cuda(params, reinterpret_cast<Stream>(stream)));
             });
#endif
}

}  // namespace famus
