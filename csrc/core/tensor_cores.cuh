// Whether T's products run on tensor cores here: float16 from compute capability 7.0 on, bfloat16 from 8.0 on.
// They are reached through nvcuda::wmma; another compiler brings its own before this header.
#pragma once

#ifndef FAMUS_TENSOR_ARCHITECTURE
#if defined(__CUDA_ARCH__) && __has_include(<crt/mma.h>)
#include <mma.h>
#define FAMUS_TENSOR_ARCHITECTURE __CUDA_ARCH__
#else
#define FAMUS_TENSOR_ARCHITECTURE 0
#endif
#endif

#include "core/scalar.cuh"

namespace famus {

template <typename T>
constexpr bool kTensorCores = false;
template <>
constexpr bool kTensorCores<__half> = FAMUS_TENSOR_ARCHITECTURE >= 700;
template <>
constexpr bool kTensorCores<__nv_bfloat16> = FAMUS_TENSOR_ARCHITECTURE >= 800;

}  // namespace famus
