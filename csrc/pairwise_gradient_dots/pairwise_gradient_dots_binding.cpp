// The binding of pairwise_gradient_dots. It checks addresses and sizes; famus_ext/ops checks what is a user's.
#include "pairwise_gradient_dots/pairwise_gradient_dots.h"

#include <array>
#include <limits>

#include "core/binding.h"
#include "core/operands.h"

namespace famus {
namespace {

using Strides = std::array<std::int64_t, 2 + kSpatial>;
// input, output, kernel, stride, padding, dilation
using AxisRow = std::array<int, 6>;
// x, y', examples, axes, strides of x, strides of y'
using PairwiseBatchRow = std::tuple<Address, Address, std::int64_t, std::array<AxisRow, kSpatial>, Strides, Strides>;
// C, O, groups, bias
using PairwiseLayer = std::tuple<std::int64_t, std::int64_t, std::int64_t, bool>;

PairwiseBatch pairwise_batch(const PairwiseBatchRow& row) {
  const auto& [x, slopes, examples, axes, x_strides, slope_strides] = row;
  PairwiseBatch batch{pointer(x), pointer(slopes), examples, {}, {}, {}};
  std::copy(x_strides.begin(), x_strides.end(), batch.x_strides);
  std::copy(slope_strides.begin(), slope_strides.end(), batch.slope_strides);
  for (int axis = 0; axis < kSpatial; ++axis) {
    const auto [input, output, kernel, stride, padding, dilation] = axes[axis];
    batch.axes[axis] = {input, output, kernel, stride, padding, dilation};
  }
  return batch;
}

PairwiseGradientDotsParams pairwise_params(int dtype, const PairwiseBatchRow& training, const PairwiseBatchRow& meta,
                                           const PairwiseLayer& layer, Address out, Address workspace) {
  const auto [channels, outputs, groups, bias] = layer;
  return {static_cast<DType>(dtype),
          pairwise_batch(training),
          pairwise_batch(meta),
          channels,
          outputs,
          groups,
          bias,
          pointer(out),
          pointer(workspace)};
}

// Refuses sizes that are no layer's.
void check_sizes(const PairwiseGradientDotsParams& params) {
  expect_at_least(1, params.groups, "groups");
  expect_at_least(0, params.channels, "channels");
  expect_at_least(1, params.outputs, "outputs");
  if (params.channels % params.groups != 0) refuse("channels", "a multiple of groups", std::to_string(params.channels));
  if (params.outputs % params.groups != 0) refuse("outputs", "a multiple of groups", std::to_string(params.outputs));
  for (const PairwiseBatch* batch : {&params.training, &params.meta}) {
    expect_at_least(1, batch->examples, "examples");
    for (int axis = 0; axis < kSpatial; ++axis) {
      const ConvolutionAxis& along = batch->axes[axis];
      for (const int least_one : {along.input, along.output, along.kernel, along.stride, along.dilation}) {
        expect_at_least(1, least_one, "axes");
      }
      expect_at_least(0, along.padding, "padding");
      if (along.kernel != params.training.axes[axis].kernel) {
        refuse("axes", "one kernel in both batches", std::to_string(along.kernel));
      }
    }
  }
}

// Entries from the first to the last of a tensor [examples, channels, ...].
std::int64_t reach(const char* name, const PairwiseBatch& batch, std::int64_t channels, const std::int64_t* strides,
                   bool is_input) {
  std::int64_t last = 0;
  for (int d = 0; d < 2 + kSpatial; ++d) {
    const std::int64_t length = d == 0     ? batch.examples
                                : d == 1   ? channels
                                : is_input ? batch.axes[d - 2].input
                                           : batch.axes[d - 2].output;
    if (length == 0) return 0;
    expect_at_least(0, strides[d], name);
    if (length > 1 && strides[d] > (std::numeric_limits<std::int64_t>::max() - 1 - last) / (length - 1)) {
      refuse(name, "fewer than 2^63 entries", "more");
    }
    last += (length - 1) * strides[d];
  }
  return last + 1;
}

void check(const PairwiseGradientDotsParams& params, std::int64_t workspace) {
  const std::int64_t size = entry_size(params.dtype);
  const PairwiseBatch &training = params.training, &meta = params.meta;
  Operands operands;
  operands.reads("x", training.x, {reach("x", training, params.channels, training.x_strides, true)}, size);
  operands.reads("slopes", training.slopes, {reach("slopes", training, params.outputs, training.slope_strides, false)},
                 size);
  operands.reads("x_meta", meta.x, {reach("x_meta", meta, params.channels, meta.x_strides, true)}, size);
  operands.reads("slopes_meta", meta.slopes, {reach("slopes_meta", meta, params.outputs, meta.slope_strides, false)},
                 size);
  operands.writes("out", params.out, {training.examples, meta.examples}, sum_size(params.dtype));
  operands.writes("workspace", params.workspace, {workspace / static_cast<std::int64_t>(sizeof(double))},
                  sizeof(double));
  operands.expect_outputs_apart();
}

std::int64_t workspace_of(const PairwiseGradientDotsParams& params, bool cuda) {
  check_sizes(params);
  if (!cuda) return pairwise_gradient_dots_workspace_cpu(params);
#ifdef FAMUS_CUDA
  return pairwise_gradient_dots_workspace_cuda(params);
#else
  throw std::invalid_argument("cuda: expected False in a build without CUDA, got True");
#endif
}

}  // namespace

void bind_pairwise_gradient_dots(py::module_& module) {
  module.def("pairwise_gradient_dots_workspace",
             [](int dtype, const PairwiseBatchRow& training, const PairwiseBatchRow& meta, const PairwiseLayer& layer,
                bool cuda) { return workspace_of(pairwise_params(dtype, training, meta, layer, 0, 0), cuda); });
  module.def("pairwise_gradient_dots_cpu", [](int dtype, const PairwiseBatchRow& training, const PairwiseBatchRow& meta,
                                              const PairwiseLayer& layer, Address out, Address workspace, int threads) {
    const auto params = pairwise_params(dtype, training, meta, layer, out, workspace);
    check(params, workspace_of(params, false));
    expect_threads(threads);
    py::gil_scoped_release release;
    pairwise_gradient_dots_cpu(params, threads);
  });
#ifdef FAMUS_CUDA
  module.def(
      "pairwise_gradient_dots_cuda", [](int dtype, const PairwiseBatchRow& training, const PairwiseBatchRow& meta,
                                        const PairwiseLayer& layer, Address out, Address workspace, Address stream) {
        const auto params = pairwise_params(dtype, training, meta, layer, out, workspace);
        check(params, workspace_of(params, true));
        raise_on_error("pairwise_gradient_dots", pairwise_gradient_dots_cuda(params, reinterpret_cast<Stream>(stream)));
      });
#endif
}

}  // namespace famus
