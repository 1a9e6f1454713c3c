// The binding of pairwise_gradient_dots. It checks nothing; famus_ext/ops does.
#include "pairwise_gradient_dots/pairwise_gradient_dots.h"

#include <array>

#include "core/binding.h"

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

}  // namespace

void bind_pairwise_gradient_dots(py::module_& module) {
  module.def("pairwise_gradient_dots_way",
             [](int dtype, const PairwiseBatchRow& training, const PairwiseBatchRow& meta, const PairwiseLayer& layer) {
               const PairwiseWay way = pairwise_way(pairwise_params(dtype, training, meta, layer, 0, 0));
               return way == PairwiseWay::kGram ? "Gram" : "gradients";
             });
  module.def("pairwise_gradient_dots_workspace_cpu",
             [](int dtype, const PairwiseBatchRow& training, const PairwiseBatchRow& meta, const PairwiseLayer& layer) {
               return pairwise_gradient_dots_workspace_cpu(pairwise_params(dtype, training, meta, layer, 0, 0));
             });
  module.def("pairwise_gradient_dots_cpu", [](int dtype, const PairwiseBatchRow& training, const PairwiseBatchRow& meta,
                                              const PairwiseLayer& layer, Address out, Address workspace, int threads) {
    const auto params = pairwise_params(dtype, training, meta, layer, out, workspace);
    py::gil_scoped_release release;
    pairwise_gradient_dots_cpu(params, threads);
  });
#ifdef FAMUS_CUDA
  module.def("pairwise_gradient_dots_workspace_cuda",
             [](int dtype, const PairwiseBatchRow& training, const PairwiseBatchRow& meta, const PairwiseLayer& layer) {
               return pairwise_gradient_dots_workspace_cuda(pairwise_params(dtype, training, meta, layer, 0, 0));
             });
  module.def(
      "pairwise_gradient_dots_cuda", [](int dtype, const PairwiseBatchRow& training, const PairwiseBatchRow& meta,
                                        const PairwiseLayer& layer, Address out, Address workspace, Address stream) {
        const auto params = pairwise_params(dtype, training, meta, layer, out, workspace);
        raise_on_error("pairwise_gradient_dots", pairwise_gradient_dots_cuda(params, reinterpret_cast<Stream>(stream)));
      });
#endif
}

}  // namespace famus
