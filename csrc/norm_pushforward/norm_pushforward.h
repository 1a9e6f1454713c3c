// The tangent of batch normalisation, y = γ x̂ + β with x̂ = (x - μ) σ⁻¹ over each channel (Ioffe and Szegedy, 2015):
//
//   out = γ σ⁻¹ (x_dot - mean(x_dot) - x̂ mean(x̂ x_dot)) + x̂ t_γ + t_β          μ, σ of the batch
//   out = γ σ⁻¹ x_dot + x̂ t_γ + t_β                                              μ, σ constant
//
// and zero where the output of a ReLU that follows is not positive. The means are over the entries of a channel. Three
// stages, the first only for statistics of the batch: sums of x_dot and (x - μ) x_dot over chunks of every channel, in
// float64 in the workspace; from them three coefficients a channel; and from these
//
//   out = scale x_dot + slope (x - μ) + shift
//
// Tensors are [N, C, inner]; one whose channels are innermost in memory is a matrix, [N, C, 1] with more rows. The same
// input gives the same bits.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/ceil_div.h"
#include "core/dtype.h"
#include "core/stream.h"

namespace famus {

struct NormPushforwardParams {
  DType dtype;              // of x, x_dot, relu and out
  const void* x;            // [N, C, inner]
  const void* x_dot;        // [N, C, inner]; null for zero
  const void* relu;         // [N, C, inner], the output of the ReLU; null where none follows
  void* out;                // [N, C, inner]
  const void* mean;         // [C], μ; this and the rest float32, for float64 float64
  const void* inverse_std;  // [C], σ⁻¹
  const void* weight;       // [C], γ; null for one
  const void* weight_dot;   // [C], t_γ; null for zero
  const void* bias_dot;     // [C], t_β; null for zero
  std::int64_t rows;        // N
  std::int64_t channels;    // C
  std::int64_t inner;
  bool batch_statistics;
  double* workspace;  // norm_pushforward_workspace entries
};

constexpr std::int64_t kNormChunk = 8192;   // the most entries in a chunk; a block's work on a GPU
constexpr std::int64_t kNormTile = 256;     // the most channels in a chunk of a matrix: a block has as many threads
constexpr std::int64_t kNormRows = 256;     // the most rows in a chunk of a matrix: terms in a float32 sum on the CPU
constexpr std::int64_t kNormAlignment = 8;  // the most entries in a pack: chunks begin aligned if their row does
constexpr std::int64_t kNormPartials = 2;   // sums a chunk and channel
constexpr std::int64_t kNormCoefficients = 3;  // scale, slope and shift

// How tensors are cut: chunks of `rows` rows by `length` entries of each of `tile` channels.
struct NormChunks {
  std::int64_t tile;      // 1 unless the tensor is a matrix
  std::int64_t tiles;     // that the channels are cut into
  std::int64_t rows;      // in a chunk
  std::int64_t length;    // consecutive entries of a row in a chunk
  std::int64_t segments;  // that the entries of a row are cut into
  std::int64_t count;     // chunks of every channel
};

// A length cut into `parts` equal parts that begin aligned.
inline std::int64_t aligned_part(std::int64_t length, std::int64_t parts) {
  return parts == 1 ? length : ceil_div(ceil_div(length, parts), kNormAlignment) * kNormAlignment;
}

inline NormChunks norm_chunks(std::int64_t rows, std::int64_t channels, std::int64_t inner) {
  const bool matrix = inner == 1;
  const std::int64_t tiles = matrix ? ceil_div(channels, kNormTile) : channels;
  const std::int64_t tile = matrix ? aligned_part(channels, tiles) : 1;
  const std::int64_t segments = ceil_div(inner, kNormChunk);
  const std::int64_t length = aligned_part(inner, segments);
  // A segment is longer than half a chunk: where rows are cut, a chunk takes one.
  const std::int64_t most = matrix ? std::min(kNormRows, kNormChunk / tile) : kNormChunk / length;
  const std::int64_t chunk_rows = std::clamp<std::int64_t>(most, 1, rows);
  return {tile, tiles, chunk_rows, length, segments, ceil_div(rows, chunk_rows) * segments};
}

// Number of float64 entries that both launchers need in workspace: the partial sums, then the coefficients.
inline std::int64_t norm_pushforward_workspace(std::int64_t rows, std::int64_t channels, std::int64_t inner) {
  return channels * (kNormPartials * norm_chunks(rows, channels, inner).count + kNormCoefficients);
}

// Whether the means are needed.
inline bool needs_sums(const NormPushforwardParams& params) { return params.batch_statistics && params.x_dot; }

// Whether x is needed.
inline bool needs_x(const NormPushforwardParams& params) { return needs_sums(params) || params.weight_dot; }

void norm_pushforward_cpu(const NormPushforwardParams& params, int threads);
Status norm_pushforward_cuda(const NormPushforwardParams& params, Stream stream);

}  // namespace famus
