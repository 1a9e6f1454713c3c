// virtual_step on a GPU: ŵ = w − α g (FaMUS, Eq. 3) and ḡ, the mean of each row of g (Eq. 8). Layout: virtual_step.h.
//
// Bytes: reads w and g, writes ŵ, once each; ḡ and the partial sums are 1/inner and 1/kRowSegment of that.
// Mapping: a warp takes a row, one of the equal segments of a row longer than kRowSegment, or kRowSegment entries of a
// vector (inner = 1), where ḡ is g. One launch for 46 tensors; one more for the means of 46 whose rows are cut.
// Latency (unproven on a GPU): a thread has 2 kBatch loads of 16 bytes under way. At the most registers that a kernel
// takes, 100, a processor holds two blocks, 64 KB under way; bandwidth times latency is 25 KB for that of an H200.
// Determinism: no atomics. A lane's terms, the order in which lanes are added up, and that of the segments, in a second
// kernel, depend on inner and on the alignment of the rows alone.
#pragma once

#include "core/scalar.cuh"
#include "core/table.cuh"
#include "core/warp.cuh"

namespace famus {

struct VirtualStepEntry {
  const void* w;     // [rows, inner]
  const void* g;     // [rows, inner]
  void* w_hat;       // [rows, inner]
  void* g_bar;       // [rows]
  double* partials;  // [rows, segments] where segments > 1
  double lr;
  double scale;  // 1 / inner: the compiler's division is a call, which costs every warp its registers
  long long rows;
  long long inner;
  long long first_unit;
  int segments;  // a row is cut into
  int segment;   // entries in each but the last; in a unit of a vector
};

using VirtualStepTable = Table<VirtualStepEntry, 46>;
static_assert(sizeof(VirtualStepTable) <= 4096, "a launch has 4 KB for its arguments");

// ŵ of `count` entries, a multiple of `size`; the sum of g over those of this lane.
template <int size, typename T>
__device__ inline Accumulate<T> step_packs(const T* w, const T* g, T* w_hat, Accumulate<T> lr, int count) {
  using A = Accumulate<T>;
  constexpr int kStride = kWarp * size;
  A sum = 0;
#pragma unroll 1
  for (int begin = lane_index() * size; begin < count; begin += kBatch * kStride) {
    Pack<T, size> gradients[kBatch];
    Pack<T, size> weights[kBatch];
#pragma unroll
    for (int k = 0; k < kBatch; ++k) {
      const int i = begin + k * kStride;
      if (i < count) {
        gradients[k] = load_pack<size>(g + i);
        weights[k] = load_pack<size>(w + i);
      }
    }
#pragma unroll
    for (int k = 0; k < kBatch; ++k) {
      const int i = begin + k * kStride;
      if (i < count) {
        Pack<T, size> result;
#pragma unroll
        for (int j = 0; j < size; ++j) {
          const A gradient = static_cast<A>(gradients[k].values[j]);
          result.values[j] = static_cast<T>(static_cast<A>(weights[k].values[j]) - lr * gradient);
          sum += gradient;
        }
        store_pack<size>(w_hat + i, result);
      }
    }
  }
  return sum;
}

// The same with as many entries at a time as the addresses and the count allow.
template <typename T>
__device__ inline Accumulate<T> step_entries(const T* w, const T* g, T* w_hat, Accumulate<T> lr, int count) {
  const bool packs = count % kPackSize<T> == 0 && is_pack_aligned(w) && is_pack_aligned(g) && is_pack_aligned(w_hat);
  return packs ? step_packs<kPackSize<T>>(w, g, w_hat, lr, count) : step_packs<1>(w, g, w_hat, lr, count);
}

template <typename T>
__global__ void __launch_bounds__(kBlockThreads) virtual_step_kernel(const VirtualStepTable table) {
  using A = Accumulate<T>;
  const long long warp = warp_index();
  if (warp >= table.units) return;
  const VirtualStepEntry& entry = entry_of(table, warp);
  const long long unit = warp - entry.first_unit;
  const bool is_vector = entry.inner == 1;
  // Where rows are cut, 32 bits hold the unit's number: a tensor of 2^32 segments would have terabytes.
  const long long row =
      is_vector || entry.segments == 1 ? unit : static_cast<unsigned>(unit) / static_cast<unsigned>(entry.segments);
  const long long segment = is_vector ? unit : unit - row * entry.segments;
  const long long begin = segment * entry.segment;  // within the row; within the vector
  const long long length = is_vector ? entry.rows : entry.inner;
  const long long offset = (is_vector ? 0 : row * entry.inner) + begin;
  const int count = static_cast<int>(length - begin < entry.segment ? length - begin : entry.segment);

  const T* w = static_cast<const T*>(entry.w) + offset;
  const T* g = static_cast<const T*>(entry.g) + offset;
  A* g_bar = static_cast<A*>(entry.g_bar);
  const A sum = step_entries(w, g, static_cast<T*>(entry.w_hat) + offset, static_cast<A>(entry.lr), count);
  if (is_vector) {
#pragma unroll 1
    for (int i = lane_index(); i < count; i += kWarp) g_bar[begin + i] = static_cast<A>(g[i]);
    return;
  }
  const A total = warp_sum(sum);
  if (lane_index() != 0) return;
  if (entry.segments == 1) {
    g_bar[row] = static_cast<A>(static_cast<double>(total) * entry.scale);
  } else {
    entry.partials[unit] = static_cast<double>(total);
  }
}

// ḡ of the tensors whose rows are cut into segments: a warp a row.
template <typename T>
__global__ void __launch_bounds__(kBlockThreads) virtual_step_mean_kernel(const VirtualStepTable table) {
  using A = Accumulate<T>;
  const long long warp = warp_index();
  if (warp >= table.units) return;
  const VirtualStepEntry& entry = entry_of(table, warp);
  const long long row = warp - entry.first_unit;
  const double* partials = entry.partials + row * entry.segments;
  double sum = 0;
  for (int i = lane_index(); i < entry.segments; i += kWarp) sum += partials[i];
  sum = warp_sum(sum);
  if (lane_index() == 0) static_cast<A*>(entry.g_bar)[row] = static_cast<A>(sum * entry.scale);
}

}  // namespace famus
