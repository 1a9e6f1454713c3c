// What nvcc knows without being told. Included before device code that a C++ compiler reads.
#pragma once

#include <cuda_runtime_api.h>
#include <math.h>

#include <algorithm>
#include <cstring>

#include "block.h"
#include "wmma.h"

using std::min;

// As on compute capability 8.0.
#define FAMUS_TENSOR_ARCHITECTURE 800

#ifndef __launch_bounds__
#define __launch_bounds__(...)
#endif
#define threadIdx (shim::thread_index())
#define blockIdx (shim::block_index())

#define FAMUS_SHARED(type, name, size) \
  type* const name = static_cast<type*>(shim::shared_array(__LINE__, (size) * sizeof(type)))
#define FAMUS_LAUNCH(kernel, blocks, threads, stream, ...) \
  ((void)(stream), shim::launch(blocks, threads, [&] { kernel(__VA_ARGS__); }))

inline void __syncthreads() { shim::block_barrier(); }

inline void __syncwarp() { shim::warp_exchange(0, threadIdx.x % 32); }

// The only mask is that of the whole warp.
template <typename T>
inline T __shfl_xor_sync(unsigned, T value, int lane_mask) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(value));
  bits = shim::warp_exchange(bits, (threadIdx.x % 32) ^ lane_mask);
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

template <typename T>
inline void __stwb(T* address, T value) {
  *address = value;
}
