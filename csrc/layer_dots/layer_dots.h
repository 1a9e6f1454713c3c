// Inner products of two families of tensors, layer by layer (the sampled meta gradient's <u_l, g_l>, FaMUS, Eq. 7):
//
//   out[l] = sum over the tensors t of layer l, sum_i a_t[i] * b_t[i]                                        [L]
//
// a_t and b_t hold their entries in the same order. In two stages, without atomics: chunks of kDotChunk entries to
// float64 partial sums in the workspace, then the partial sums of each layer in a fixed order. The same input gives the
// same bits.
#pragma once

#include <cstdint>
#include <vector>

#include "core/dtype.h"
#include "core/stream.h"

namespace famus {

constexpr std::int64_t kDotChunk = 4096;  // entries in a partial sum; a warp's work on a GPU

struct LayerDotsPair {
  const void* a;       // [size]
  const void* b;       // [size]
  std::int64_t size;   // at least 1
  std::int64_t layer;  // never less than the previous pair's
};

struct LayerDotsParams {
  DType dtype;  // of every a and b
  std::vector<LayerDotsPair> pairs;
  std::int64_t layers;  // L
  void* out;            // [L], float32, for float64 float64
  double* workspace;    // layer_dots_workspace entries
};

// Number of partial sums of a pair.
inline std::int64_t dot_chunks(std::int64_t size) { return (size + kDotChunk - 1) / kDotChunk; }

// Number of float64 entries that both launchers need in workspace.
inline std::int64_t layer_dots_workspace(const LayerDotsParams& params) {
  std::int64_t chunks = 0;
  for (const LayerDotsPair& pair : params.pairs) chunks += dot_chunks(pair.size);
  return chunks;
}

void layer_dots_cpu(const LayerDotsParams& params, int threads);
Status layer_dots_cuda(const LayerDotsParams& params, Stream stream);

}  // namespace famus
