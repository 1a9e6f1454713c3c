// layer_dots on a GPU: out[l] = Σ ⟨a, b⟩ over the tensors of layer l (FaMUS, Eq. 7). Stages: layer_dots.h.
//
// Bytes: reads a and b once; the partial sums are 1/kDotChunk of that.
// Mapping: first a warp a chunk, one launch for 120 pairs; then a block a layer, one launch for 256.
// Latency (unproven on a GPU): a thread has 2 kBatch loads of 16 bytes under way. At the most registers that a kernel
// takes, 84, a processor holds three blocks, 96 KB under way; bandwidth times latency is 25 KB for that of an H200.
// Determinism: no atomics. Every order of addition depends on the sizes and on the alignment of a and b alone.
#pragma once

#include "core/scalar.cuh"
#include "core/table.cuh"
#include "core/warp.cuh"

namespace famus {

struct LayerDotsEntry {
  const void* a;  // [size]
  const void* b;  // [size]
  long long size;
  long long first_unit;
};

using LayerDotsTable = Table<LayerDotsEntry, 120>;
static_assert(sizeof(LayerDotsTable) <= 4096 - 16, "a launch has 4 KB for its arguments");

// The partial sums of layer l are those from begin[l] up to begin[l + 1].
struct LayerDotsRanges {
  static constexpr int kCapacity = 256;
  long long begin[kCapacity + 1];
};

// Sum of a b over those of `count` entries, a multiple of `size`, that belong to this lane.
template <int size, typename T>
__device__ inline Accumulate<T> dot_packs(const T* a, const T* b, int count) {
  using A = Accumulate<T>;
  constexpr int kStride = kWarp * size;
  A sum = 0;
#pragma unroll 1
  for (int begin = lane_index() * size; begin < count; begin += kBatch * kStride) {
    Pack<T, size> x[kBatch];
    Pack<T, size> y[kBatch];
#pragma unroll
    for (int k = 0; k < kBatch; ++k) {
      const int i = begin + k * kStride;
      if (i < count) {
        x[k] = load_pack<size>(a + i);
        y[k] = load_pack<size>(b + i);
      }
    }
#pragma unroll
    for (int k = 0; k < kBatch; ++k) {
      if (begin + k * kStride < count) {
#pragma unroll
        for (int j = 0; j < size; ++j) sum += static_cast<A>(x[k].values[j]) * static_cast<A>(y[k].values[j]);
      }
    }
  }
  return sum;
}

// The same with as many entries at a time as the addresses allow, and the rest one by one.
template <typename T>
__device__ inline Accumulate<T> dot_entries(const T* a, const T* b, int count) {
  const int packed = is_pack_aligned(a) && is_pack_aligned(b) ? count / kPackSize<T> * kPackSize<T> : 0;
  return dot_packs<kPackSize<T>>(a, b, packed) + dot_packs<1>(a + packed, b + packed, count - packed);
}

// partials [units], one for each chunk of `chunk` entries.
template <typename T>
__global__ void __launch_bounds__(kBlockThreads)
    layer_dots_kernel(const LayerDotsTable table, long long chunk, double* partials) {
  const long long warp = warp_index();
  if (warp >= table.units) return;
  const LayerDotsEntry& entry = entry_of(table, warp);
  const long long begin = (warp - entry.first_unit) * chunk;
  const int count = static_cast<int>(entry.size - begin < chunk ? entry.size - begin : chunk);
  const auto sum =
      warp_sum(dot_entries(static_cast<const T*>(entry.a) + begin, static_cast<const T*>(entry.b) + begin, count));
  if (lane_index() == 0) partials[warp] = static_cast<double>(sum);
}

// out [layers]: a block a layer.
template <typename A>
__global__ void __launch_bounds__(kBlockThreads)
    layer_dots_sum_kernel(const LayerDotsRanges ranges, const double* partials, A* out) {
  FAMUS_SHARED(double, sums, kBlockThreads);
  const int thread = static_cast<int>(threadIdx.x);
  double sum = 0;
  for (long long i = ranges.begin[blockIdx.x] + thread; i < ranges.begin[blockIdx.x + 1]; i += kBlockThreads) {
    sum += partials[i];
  }
  sums[thread] = sum;
  for (int half = kBlockThreads / 2; half > 0; half /= 2) {
    __syncthreads();
    if (thread < half) sums[thread] += sums[thread + half];
  }
  if (thread == 0) out[blockIdx.x] = static_cast<A>(sums[0]);
}

}  // namespace famus
