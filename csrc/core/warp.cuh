// The kernels' unit of work is a warp: eight in a block, and the way a warp adds up its lanes.
#pragma once

// Arrays in shared memory are declared through this macro, so that another compiler can put them elsewhere.
#ifndef FAMUS_SHARED
#define FAMUS_SHARED(type, name, size) __shared__ type name[size]
#endif

namespace famus {

constexpr int kWarp = 32;
constexpr int kBlockThreads = 256;
constexpr int kBlockWarps = kBlockThreads / kWarp;

// Index of this warp in the grid.
__device__ inline long long warp_index() {
  return static_cast<long long>(blockIdx.x) * kBlockWarps + threadIdx.x / kWarp;
}

__device__ inline int lane_index() { return threadIdx.x % kWarp; }

// Sum over the 32 lanes, in every lane, added up in the same order in each. All lanes must call it.
template <typename A>
__device__ inline A warp_sum(A value) {
  for (int distance = kWarp / 2; distance > 0; distance /= 2) value += __shfl_xor_sync(0xffffffffu, value, distance);
  return value;
}

}  // namespace famus
