// norm_pushforward on a GPU: which entries a thread goes through. How tensors are cut: NormChunks of
// norm_pushforward.h.
//
// Mapping: a block a chunk. Its threads take the entries of a channel in turn; in a matrix, [N, C, 1], neighbours take
// neighbouring channels, and every thread stays in its own from row to row.
#pragma once

#include "core/scalar.cuh"
#include "core/warp.cuh"

namespace famus {

// x_dot, relu, weight, weight_dot and bias_dot are null where they are absent, x where it is not needed.
struct NormPushforwardCall {
  const void* x;            // [N, C, inner]
  const void* x_dot;        // [N, C, inner]
  const void* relu;         // [N, C, inner]
  void* out;                // [N, C, inner]
  const void* mean;         // [C]
  const void* inverse_std;  // [C]
  const void* weight;       // [C]
  const void* weight_dot;   // [C]
  const void* bias_dot;     // [C]
  double* partials;         // [C, chunks, 2]; null where no sums are needed
  void* coefficients;       // [3, C]
  double share;             // of an entry in its channel's mean: 1 / (N inner)
  long long rows;           // N
  long long channels;       // C
  long long inner;
  unsigned chunks;    // of every channel; this and the rest as NormChunks has them
  unsigned segments;  // that a row is cut into
  int tile;
  int chunk_rows;
  int length;
};

// Packs of `size` entries at address(begin), address(begin + step) and so on.
template <int size>
struct NormWalk {
  long long first;       // entry of the chunk's channel
  long long row_stride;  // entries
  long long channel;     // of a pack's first entry
  unsigned chunk;
  int width;  // threads side by side: this thread and the width-th after it have the same channels
  int length;
  int begin, end, step;

  __device__ explicit NormWalk(const NormPushforwardCall& call) {
    const int thread = static_cast<int>(threadIdx.x);
    const bool is_matrix = call.inner == 1;
    const unsigned tile = blockIdx.x / call.chunks;
    chunk = blockIdx.x - tile * call.chunks;
    // 32 bits hold the number of a chunk: a tensor of 2^32 of them would have terabytes.
    const unsigned band = chunk / call.segments;
    const long long first_row = static_cast<long long>(band) * call.chunk_rows;
    const long long offset = static_cast<long long>(chunk - band * call.segments) * call.length;
    const long long rows_left = call.rows - first_row;
    const long long entries_left = call.inner - offset;

    width = is_matrix ? (call.tile + size - 1) / size : 1;
    channel = static_cast<long long>(tile) * call.tile + (is_matrix ? thread % width * size : 0);
    length = static_cast<int>(entries_left < call.length ? entries_left : call.length);
    row_stride = call.channels * call.inner;
    first = first_row * row_stride + channel * call.inner + offset;
    begin = is_matrix ? thread / width : thread * size;
    step = is_matrix ? kBlockThreads / width : kBlockThreads * size;
    end = static_cast<int>(rows_left < call.chunk_rows ? rows_left : call.chunk_rows) * length;
    // The last tile may be narrower, and kBlockThreads no multiple of the width.
    if (is_matrix && (begin >= step || channel >= call.channels)) begin = end;
  }

  __device__ long long address(int position) const {
    const int row = position / length;
    return first + row * row_stride + (position - row * length);
  }
};

// Whether every stretch of memory that a chunk takes consists of aligned packs.
template <typename T>
__device__ inline bool is_packed(const NormPushforwardCall& call) {
  const long long stretch = call.inner == 1 ? call.channels : call.inner;
  return stretch % kPackSize<T> == 0 && is_pack_aligned(static_cast<const T*>(call.x)) &&
         is_pack_aligned(static_cast<const T*>(call.x_dot)) && is_pack_aligned(static_cast<const T*>(call.relu)) &&
         is_pack_aligned(static_cast<const T*>(call.out));
}

}  // namespace famus
