// pairwise_gradient_dots on a GPU by gradients: a tile of the weight at a time. Formula: pairwise_gradient_dots.h.
//
// Bytes: a tile reads kTileOutputs channels of y' and those of x that kTileInputs rows of the weight see, once for
// every block of examples; of x and y' in all O / kTileOutputs and K / kTileInputs times, mostly from the cache.
// Mapping: a block has 64 training and 64 meta examples and every `slices`-th tile. A warp has an example, its lanes
// the places; every lane sums a whole tile, and the warp adds up its lanes. The tile of all examples' gradients is in
// shared memory, the block's part of out in registers. Determinism: no atomics. Slices go to partial sums, which are
// added up in order.
#pragma once

#include "core/warp.cuh"
#include "pairwise_gradient_dots/pairwise_call.cuh"

namespace famus {

constexpr int kBlockExamples = 64;
constexpr int kTileOutputs = 8;
// As many rows of the weight as leave a lane registers, and two blocks of examples shared memory.
template <typename A>
constexpr int kTileInputs = sizeof(A) == 8 ? 4 : 8;
template <typename A>
constexpr int kTileEntries = kTileOutputs * kTileInputs<A>;
constexpr int kTilePitch = kBlockExamples + 1;  // lanes write entries of one example: they must not share a bank

// Adds up the lanes' arrays: afterwards the first count / 32 entries of a lane are the sums of those from
// lane * count / 32 on. In every step a lane gives half of its entries away and gets those of the other half.
template <int count, typename A>
__device__ inline void scatter_sums(A* values, int distance = kWarp / 2) {
  if constexpr (count > 1) {
    constexpr int kHalf = count / 2;
    const bool upper = lane_index() & distance;
#pragma unroll
    for (int i = 0; i < kHalf; ++i) {
      const A given = upper ? values[i] : values[kHalf + i];
      const A kept = upper ? values[kHalf + i] : values[i];
      values[i] = kept + __shfl_xor_sync(0xffffffffu, given, distance);
    }
    if (distance > 1) scatter_sums<kHalf>(values, distance / 2);
  }
}

// Where a tile is.
struct PairwiseTile {
  int group;
  int output;  // the first, in its group
  int input;   // the first, in its group; the bias comes after the last
};

template <typename A>
__device__ inline PairwiseTile tile_of(const PairwiseCall& call, long long index) {
  const int across = (call.inputs + call.bias + kTileInputs<A> - 1) / kTileInputs<A>;
  const int down = (call.outputs + kTileOutputs - 1) / kTileOutputs;
  const int in_group = static_cast<int>(index % (static_cast<long long>(across) * down));
  return {static_cast<int>(index / (static_cast<long long>(across) * down)), in_group / across * kTileOutputs,
          in_group % across * kTileInputs<A>};
}

// What a lane's places add to the gradient of an example, for the entries of a tile.
template <typename T>
__device__ inline void lane_gradient(const PairwiseCall& call, const PairwiseBatchCall& batch, const PairwiseTile& tile,
                                     const Place* taps, long long example, Accumulate<T>* sums) {
  using A = Accumulate<T>;
  const T* x = static_cast<const T*>(batch.x) + example * batch.x_strides[0] +
               static_cast<long long>(tile.group) * call.channels * batch.x_strides[1];
  const T* slopes = static_cast<const T*>(batch.slopes) + example * batch.slope_strides[0] +
                    (static_cast<long long>(tile.group) * call.outputs + tile.output) * batch.slope_strides[1];
  const int count = places(batch);
#pragma unroll 1
  for (int p = lane_index(); p < count; p += kWarp) {
    const Place place = place_of(batch, p);
    const T* at = slopes + slope_offset(batch, p);
    A slope[kTileOutputs];
#pragma unroll
    for (int o = 0; o < kTileOutputs; ++o) {
      slope[o] = tile.output + o < call.outputs ? static_cast<A>(at[o * batch.slope_strides[1]]) : A(0);
    }
#pragma unroll
    for (int k = 0; k < kTileInputs<A>; ++k) {
      A seen = tile.input + k == call.inputs ? A(1) : A(0);
      if (tile.input + k < call.inputs && is_inside(batch, place, taps[k])) {
        seen = static_cast<A>(x[place.offset + taps[k].offset]);
      }
#pragma unroll
      for (int o = 0; o < kTileOutputs; ++o) sums[k * kTileOutputs + o] += seen * slope[o];
    }
  }
}

// The gradients of up to 64 examples for a tile, [entries, examples].
template <typename T>
__device__ inline void tile_gradients(const PairwiseCall& call, const PairwiseBatchCall& batch,
                                      const PairwiseTile& tile, const Place* taps, long long first,
                                      Accumulate<T>* gradients) {
  using A = Accumulate<T>;
  constexpr int kEntries = kTileEntries<A>;
#pragma unroll 1
  for (int e = static_cast<int>(threadIdx.x) / kWarp; e < kBlockExamples; e += kBlockWarps) {
    if (first + e >= batch.examples) break;
    A sums[kEntries] = {};
    lane_gradient<T>(call, batch, tile, taps, first + e, sums);
    scatter_sums<kEntries>(sums);
    const int entry = lane_index() * (kEntries / kWarp);
#pragma unroll
    for (int i = 0; i < kEntries / kWarp; ++i) gradients[(entry + i) * kTilePitch + e] = sums[i];
  }
}

// Of a block of training examples by one of meta examples a thread has 4 by 4 products, 16 apart each way.
constexpr int kThreadProducts = 4;
constexpr int kThreadsAcross = kBlockExamples / kThreadProducts;

template <typename A>
__device__ inline void add_products(const A* training, const A* meta, A (*sums)[kThreadProducts]) {
  const int row = static_cast<int>(threadIdx.x) / kThreadsAcross;
  const int column = static_cast<int>(threadIdx.x) % kThreadsAcross;
  A products[kThreadProducts][kThreadProducts] = {};
#pragma unroll 4
  for (int entry = 0; entry < kTileEntries<A>; ++entry) {
    A left[kThreadProducts];
    A right[kThreadProducts];
#pragma unroll
    for (int i = 0; i < kThreadProducts; ++i) {
      left[i] = training[entry * kTilePitch + row + i * kThreadsAcross];
      right[i] = meta[entry * kTilePitch + column + i * kThreadsAcross];
    }
#pragma unroll
    for (int i = 0; i < kThreadProducts; ++i) {
#pragma unroll
      for (int j = 0; j < kThreadProducts; ++j) products[i][j] += left[i] * right[j];
    }
  }
#pragma unroll
  for (int i = 0; i < kThreadProducts; ++i) {
#pragma unroll
    for (int j = 0; j < kThreadProducts; ++j) sums[i][j] += products[i][j];
  }
}

template <typename T>
__global__ void __launch_bounds__(kBlockThreads) pairwise_tiles_kernel(const PairwiseCall call, long long tiles) {
  using A = Accumulate<T>;
  FAMUS_SHARED(A, training, kTileEntries<A> * kTilePitch);
  FAMUS_SHARED(A, meta, kTileEntries<A> * kTilePitch);
  FAMUS_SHARED(Place, training_taps, kTileInputs<A>);
  FAMUS_SHARED(Place, meta_taps, kTileInputs<A>);
  const int thread = static_cast<int>(threadIdx.x);
  const unsigned slice = blockIdx.x % call.slices;
  const long long j = blockIdx.x / call.slices % call.across * static_cast<long long>(kBlockExamples);
  const long long i = blockIdx.x / call.slices / call.across * static_cast<long long>(kBlockExamples);
  A sums[kThreadProducts][kThreadProducts] = {};
#pragma unroll 1
  for (long long index = slice; index < tiles; index += call.slices) {
    const PairwiseTile tile = tile_of<A>(call, index);
    if (thread < kTileInputs<A>) {
      training_taps[thread] = tap_of(call.training, tile.input + thread);
      meta_taps[thread] = tap_of(call.meta, tile.input + thread);
    }
    __syncthreads();
    tile_gradients<T>(call, call.training, tile, training_taps, i, training);
    tile_gradients<T>(call, call.meta, tile, meta_taps, j, meta);
    __syncthreads();
    add_products<A>(training, meta, sums);
  }
  A* const partials = static_cast<A*>(call.partials) + slice * call.training.examples * call.meta.examples;
#pragma unroll
  for (int a = 0; a < kThreadProducts; ++a) {
#pragma unroll
    for (int b = 0; b < kThreadProducts; ++b) {
      const long long row = i + thread / kThreadsAcross + a * kThreadsAcross;
      const long long column = j + thread % kThreadsAcross + b * kThreadsAcross;
      if (row < call.training.examples && column < call.meta.examples) {
        partials[row * call.meta.examples + column] = sums[a][b];
      }
    }
  }
}

// out [N, M]: a thread an entry.
template <typename A>
__global__ void __launch_bounds__(kBlockThreads) pairwise_slices_kernel(const PairwiseCall call) {
  const long long pairs = call.training.examples * call.meta.examples;
  const long long pair = static_cast<long long>(blockIdx.x) * kBlockThreads + threadIdx.x;
  if (pair >= pairs) return;
  double sum = 0;
  for (unsigned slice = 0; slice < call.slices; ++slice) {
    sum += static_cast<double>(static_cast<const A*>(call.partials)[slice * pairs + pair]);
  }
  static_cast<A*>(call.out)[pair] = static_cast<A>(sum);
}

}  // namespace famus
