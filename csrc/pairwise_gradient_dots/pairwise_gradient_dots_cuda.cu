// The launcher of pairwise_gradient_dots. Formula and the two ways: pairwise_gradient_dots.h; kernels:
// gradient_tiles.cuh, gram_blocks.cuh.
#include "core/launch.h"
#include "pairwise_gradient_dots/gradient_tiles.cuh"
#include "pairwise_gradient_dots/gram_blocks.cuh"
#include "pairwise_gradient_dots/pairwise_gradient_dots.h"

namespace famus {
namespace {

constexpr std::int64_t kMostSlices = 256;     // partial sums of an entry of out
constexpr std::int64_t kBlocksWanted = 1024;  // enough for the largest GPUs; slices fill up what the examples leave

std::int64_t example_blocks(const PairwiseBatch& batch) { return ceil_div(batch.examples, kBlockExamples); }

template <typename A>
std::int64_t tile_count(const PairwiseGradientDotsParams& params) {
  return params.groups * ceil_div(params.outputs / params.groups, kTileOutputs) *
         ceil_div(taps_in_group(params) + params.bias, kTileInputs<A>);
}

template <typename A>
std::int64_t slice_count(const PairwiseGradientDotsParams& params) {
  const std::int64_t blocks = example_blocks(params.training) * example_blocks(params.meta);
  return std::clamp<std::int64_t>(kBlocksWanted / blocks, 1, std::min(kMostSlices, tile_count<A>(params)));
}

PairwiseBatchCall batch_call(const PairwiseBatch& batch) {
  PairwiseBatchCall call{batch.x, batch.slopes, batch.examples, {}, {}, {}};
  std::copy_n(batch.x_strides, 2 + kSpatial, call.x_strides);
  std::copy_n(batch.slope_strides, 2 + kSpatial, call.slope_strides);
  std::copy_n(batch.axes, kSpatial, call.axes);
  return call;
}

PairwiseCall call_for(const PairwiseGradientDotsParams& params) {
  return {batch_call(params.training),
          batch_call(params.meta),
          static_cast<int>(params.channels / params.groups),
          static_cast<int>(params.outputs / params.groups),
          static_cast<int>(taps_in_group(params)),
          static_cast<int>(params.groups),
          params.bias ? 1 : 0,
          0,
          0,
          params.workspace,
          params.out};
}

template <typename T>
Status launch_tiles(const PairwiseGradientDotsParams& params, Stream stream) {
  using A = Accumulate<T>;
  PairwiseCall call = call_for(params);
  const std::int64_t slices = slice_count<A>(params);
  call.across = static_cast<unsigned>(example_blocks(params.meta));
  call.slices = static_cast<unsigned>(slices);
  const unsigned blocks = static_cast<unsigned>(slices * example_blocks(params.training) * call.across);
  FAMUS_LAUNCH((pairwise_tiles_kernel<T>), blocks, kBlockThreads, stream, call, tile_count<A>(params));
  const Status status = cudaGetLastError();
  if (status != cudaSuccess) return status;
  const std::int64_t pairs = params.training.examples * params.meta.examples;
  FAMUS_LAUNCH((pairwise_slices_kernel<A>), static_cast<unsigned>(ceil_div(pairs, kBlockThreads)), kBlockThreads,
               stream, call);
  return cudaGetLastError();
}

template <typename T>
Status launch_gram(const PairwiseGradientDotsParams& params, Stream stream) {
  PairwiseCall call = call_for(params);
  const auto blocks_of = [](const PairwiseBatch& batch) {
    return ceil_div(batch.examples, std::max<std::int64_t>(kGramRows / places(batch), 1));
  };
  call.across = static_cast<unsigned>(blocks_of(params.meta));
  const unsigned blocks = static_cast<unsigned>(blocks_of(params.training) * call.across);
  FAMUS_LAUNCH((pairwise_gram_kernel<T>), blocks, kBlockThreads, stream, call);
  return cudaGetLastError();
}

template <typename T>
Status launch(const PairwiseGradientDotsParams& params, Stream stream) {
  return pairwise_way(params) == PairwiseWay::kGram ? launch_gram<T>(params, stream) : launch_tiles<T>(params, stream);
}

}  // namespace

std::int64_t pairwise_gradient_dots_workspace_cuda(const PairwiseGradientDotsParams& params) {
  if (pairwise_way(params) == PairwiseWay::kGram) return 0;
  const std::int64_t pairs = params.training.examples * params.meta.examples;
  const bool is_double = params.dtype == DType::kFloat64;
  const std::int64_t slices = is_double ? slice_count<double>(params) : slice_count<float>(params);
  return ceil_div(slices * pairs, is_double ? 1 : 2) * static_cast<std::int64_t>(sizeof(double));
}

Status pairwise_gradient_dots_cuda(const PairwiseGradientDotsParams& params, Stream stream) {
  return dispatch<__half, __nv_bfloat16>(
      params.dtype, [&](auto type) { return launch<typename decltype(type)::type>(params, stream); });
}

}  // namespace famus
