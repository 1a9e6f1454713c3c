// Loads and stores of several entries at once on the device.
// Device headers include none of the host's, so that NVRTC compiles them too.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "core/accumulate.h"

namespace famus {

// What a lane loads or stores with one instruction: 16 bytes where tensors are aligned for it, else one entry.
template <typename T, int size>
struct alignas(sizeof(T) * size) Pack {
  T values[size];
};
template <typename T>
constexpr int kPackSize = 16 / sizeof(T);

// Loads from each tensor that a lane has in flight: it issues them all before it uses the first.
constexpr int kBatch = 4;

template <typename T>
__device__ inline bool is_pack_aligned(const T* address) {
  return reinterpret_cast<unsigned long long>(address) % 16 == 0;
}

template <int size, typename T>
__device__ inline Pack<T, size> load_pack(const T* address) {
  return *reinterpret_cast<const Pack<T, size>*>(address);
}

template <int size, typename T>
__device__ inline void store_pack(T* address, const Pack<T, size>& pack) {
  if constexpr (sizeof(pack) == 16) {
    // An assignment would be taken apart into one store for each entry where the optimiser happens to see through it.
    __stwb(reinterpret_cast<uint4*>(address), *reinterpret_cast<const uint4*>(&pack));
  } else {
    *reinterpret_cast<Pack<T, size>*>(address) = pack;
  }
}

}  // namespace famus
