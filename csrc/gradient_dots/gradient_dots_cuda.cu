// The launcher of gradient_dots. Formula: gradient_dots.h; kernels: product_dots.cuh and row_dots.cuh.
#include "core/launch.h"
#include "gradient_dots/gradient_dots.h"
#include "gradient_dots/product_dots.cuh"
#include "gradient_dots/row_dots.cuh"

namespace famus {
namespace {

unsigned blocks_of_warps(std::int64_t warps) { return static_cast<unsigned>(ceil_div(warps, kBlockWarps)); }

template <typename T>
void launch_parts(const GradientDotsParams& params, const ProductDots& layer, Stream stream) {
  const ProductTiles tiles = cut(layer);
  const ProductDotsCall call = {layer, tiles, params.examples, params.workspace, channels_innermost(layer)};
  const auto blocks = static_cast<unsigned>(ceil_div(params.examples, tiles.examples) * tiles.parts);
  FAMUS_LAUNCH((product_dots_kernel<T>), blocks, kBlockThreads, stream, call);
}

template <typename T>
void launch_parts(const GradientDotsParams& params, const RowDots& layer, Stream stream) {
  const RowDotsCall call = {layer, cut(layer), params.examples, params.workspace};
  FAMUS_LAUNCH((row_dots_kernel<T>), blocks_of_warps(call.examples * call.parts.count), kBlockThreads, stream, call);
}

template <typename T>
void launch_parts(const GradientDotsParams& params, const NormDots& layer, Stream stream) {
  const NormDotsCall call = {layer, cut(layer), params.examples, params.workspace};
  FAMUS_LAUNCH((norm_dots_kernel<T>), blocks_of_warps(call.examples * call.parts.count), kBlockThreads, stream, call);
}

template <typename T>
Status launch(const GradientDotsParams& params, Stream stream) {
  std::visit([&](const auto& layer) { launch_parts<T>(params, layer, stream); }, params.layer);
  const Status status = cudaGetLastError();
  if (status != cudaSuccess) return status;
  const std::int64_t parts = gradient_dots_workspace(params) / params.examples;
  const GradientDotsSums sums = {params.workspace, params.out, params.examples, parts};
  FAMUS_LAUNCH((gradient_dots_sum_kernel<Accumulate<T>>), blocks_of_warps(params.examples), kBlockThreads, stream,
               sums);
  return cudaGetLastError();
}

}  // namespace

Status gradient_dots_cuda(const GradientDotsParams& params, Stream stream) {
  return dispatch<__half, __nv_bfloat16>(
      params.dtype, [&](auto type) { return launch<typename decltype(type)::type>(params, stream); });
}

}  // namespace famus
