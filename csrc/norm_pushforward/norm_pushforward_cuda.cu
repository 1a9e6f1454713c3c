// The launcher of norm_pushforward. Formula: norm_pushforward.h; kernels: norm_pushforward.cuh.
#include "core/launch.h"
#include "norm_pushforward/norm_pushforward.cuh"
#include "norm_pushforward/norm_pushforward.h"

namespace famus {
namespace {

NormPushforwardCall call_for(const NormPushforwardParams& params, const NormChunks& chunks) {
  double* const coefficients = params.workspace + kNormPartials * chunks.count * params.channels;
  return {needs_x(params) ? params.x : nullptr,
          params.x_dot,
          params.relu,
          params.out,
          params.mean,
          params.inverse_std,
          params.weight,
          params.weight_dot,
          params.bias_dot,
          needs_sums(params) ? params.workspace : nullptr,
          coefficients,
          1.0 / (static_cast<double>(params.rows) * static_cast<double>(params.inner)),
          params.rows,
          params.channels,
          params.inner,
          static_cast<unsigned>(chunks.count),
          static_cast<unsigned>(chunks.segments),
          static_cast<int>(chunks.tile),
          static_cast<int>(chunks.rows),
          static_cast<int>(chunks.length)};
}

template <typename T>
Status launch(const NormPushforwardParams& params, Stream stream) {
  const NormChunks chunks = norm_chunks(params.rows, params.channels, params.inner);
  const NormPushforwardCall call = call_for(params, chunks);
  const unsigned blocks = static_cast<unsigned>(chunks.tiles * chunks.count);
  if (needs_sums(params)) {
    FAMUS_LAUNCH((norm_sums_kernel<T>), blocks, kBlockThreads, stream, call);
    const Status status = cudaGetLastError();
    if (status != cudaSuccess) return status;
  }
  const unsigned channel_blocks = static_cast<unsigned>(ceil_div(params.channels, kBlockWarps));
  FAMUS_LAUNCH((norm_coefficients_kernel<Accumulate<T>>), channel_blocks, kBlockThreads, stream, call);
  const Status status = cudaGetLastError();
  if (status != cudaSuccess) return status;
  FAMUS_LAUNCH((norm_result_kernel<T>), blocks, kBlockThreads, stream, call);
  return cudaGetLastError();
}

}  // namespace

Status norm_pushforward_cuda(const NormPushforwardParams& params, Stream stream) {
  return dispatch<__half, __nv_bfloat16>(
      params.dtype, [&](auto type) { return launch<typename decltype(type)::type>(params, stream); });
}

}  // namespace famus
