// The launcher of layer_dots. Formula: layer_dots.h; kernels: layer_dots.cuh.
#include "layer_dots/layer_dots.h"

#include <algorithm>

#include "core/launch.h"
#include "layer_dots/layer_dots.cuh"

namespace famus {
namespace {

// Where the partial sums of each layer begin; [L + 1].
std::vector<std::int64_t> layer_begins(const LayerDotsParams& params) {
  std::vector<std::int64_t> begins(params.layers + 1, 0);
  for (const LayerDotsPair& pair : params.pairs) begins[pair.layer + 1] += dot_chunks(pair.size);
  for (std::int64_t l = 0; l < params.layers; ++l) begins[l + 1] += begins[l];
  return begins;
}

template <typename T>
Status launch_partials(const LayerDotsParams& params, Stream stream) {
  double* partials = params.workspace;
  const auto launch = [&](const LayerDotsTable& table, unsigned blocks) {
    FAMUS_LAUNCH((layer_dots_kernel<T>), blocks, kBlockThreads, stream, table, kDotChunk, partials);
    partials += table.units;
  };
  TableLauncher<LayerDotsTable, decltype(launch)&> launcher(launch);
  for (const LayerDotsPair& pair : params.pairs) {
    launcher.add(LayerDotsEntry{pair.a, pair.b, pair.size, 0}, dot_chunks(pair.size));
  }
  return launcher.flush();
}

template <typename A>
Status launch_sums(const LayerDotsParams& params, Stream stream) {
  const std::vector<std::int64_t> begins = layer_begins(params);
  for (std::int64_t first = 0; first < params.layers; first += LayerDotsRanges::kCapacity) {
    const std::int64_t count = std::min<std::int64_t>(LayerDotsRanges::kCapacity, params.layers - first);
    LayerDotsRanges ranges = {};
    std::copy_n(begins.begin() + first, count + 1, ranges.begin);
    FAMUS_LAUNCH((layer_dots_sum_kernel<A>), static_cast<unsigned>(count), kBlockThreads, stream, ranges,
                 params.workspace, static_cast<A*>(params.out) + first);
    const Status status = cudaGetLastError();
    if (status != cudaSuccess) return status;
  }
  return cudaSuccess;
}

template <typename T>
Status launch(const LayerDotsParams& params, Stream stream) {
  const Status status = launch_partials<T>(params, stream);
  return status == cudaSuccess ? launch_sums<Accumulate<T>>(params, stream) : status;
}

}  // namespace

Status layer_dots_cuda(const LayerDotsParams& params, Stream stream) {
  return dispatch<__half, __nv_bfloat16>(
      params.dtype, [&](auto type) { return launch<typename decltype(type)::type>(params, stream); });
}

}  // namespace famus
