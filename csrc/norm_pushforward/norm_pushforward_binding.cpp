// The binding of norm_pushforward. It checks addresses; famus_ext/ops checks what is a user's.
#include "norm_pushforward/norm_pushforward.h"

#include "core/binding.h"
#include "core/operands.h"

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

void check(std::int64_t rows, std::int64_t channels, std::int64_t inner) {
  expect_at_least(1, rows, "N");
  expect_at_least(1, channels, "C");
  expect_at_least(1, inner, "inner");
}

void check(const NormPushforwardParams& params) {
  const std::int64_t size = entry_size(params.dtype), sum = sum_size(params.dtype), C = params.channels;
  check(params.rows, C, params.inner);
  const auto tensor = {params.rows, C, params.inner};
  Operands operands;
  operands.reads("x", params.x, tensor, size);
  operands.may_read("x_dot", params.x_dot, tensor, size);
  operands.may_read("relu", params.relu, tensor, size);
  operands.writes("out", params.out, tensor, size);
  operands.reads("mean", params.mean, {C}, sum);
  operands.reads("inverse_std", params.inverse_std, {C}, sum);
  operands.may_read("weight", params.weight, {C}, sum);
  operands.may_read("weight_dot", params.weight_dot, {C}, sum);
  operands.may_read("bias_dot", params.bias_dot, {C}, sum);
  const std::int64_t partials = norm_pushforward_workspace(params.rows, C, params.inner);
  operands.writes("workspace", params.workspace, {partials}, sizeof(double));
  operands.expect_outputs_apart();
}

}  // namespace

void bind_norm_pushforward(py::module_& module) {
  module.def("norm_pushforward_workspace", [](const NormShape& shape) {
    const auto [rows, channels, inner] = shape;
    check(rows, channels, inner);
    return norm_pushforward_workspace(rows, channels, inner);
  });
  module.def("norm_pushforward_cpu",
             [](int dtype, const NormShape& shape, const NormTensors& tensors, const NormChannels& vectors,
                bool batch_statistics, Address workspace, int threads) {
               const auto params = norm_pushforward_params(dtype, shape, tensors, vectors, batch_statistics, workspace);
               check(params);
               expect_threads(threads);
               py::gil_scoped_release release;
               norm_pushforward_cpu(params, threads);
             });
#ifdef FAMUS_CUDA
  module.def("norm_pushforward_cuda",
             [](int dtype, const NormShape& shape, const NormTensors& tensors, const NormChannels& vectors,
                bool batch_statistics, Address workspace, Address stream) {
               const auto params = norm_pushforward_params(dtype, shape, tensors, vectors, batch_statistics, workspace);
               check(params);
               raise_on_error("norm_pushforward", norm_pushforward_cuda(params, reinterpret_cast<Stream>(stream)));
             });
#endif
}

}  // namespace famus
