// gradient_dots on the CPU: the product of two packed pieces of matrices, in registers.
#pragma once

#include "core/multiversion.h"
#include "gradient_dots/layers.h"

namespace famus {

constexpr int kProductDepth = 64;  // packed at a time: the pieces stay in the first-level cache

constexpr int kBlockRows = 32;  // of sums that stay in registers
constexpr int kBlockOutputs = 4;
static_assert(kProductRows % kBlockRows == 0, "blocks fill a tile");

template <int outputs, typename A>
inline void multiply_add_block(const A* __restrict__ inputs, const A* __restrict__ weights, int depth, A* sums) {
  // From zero on, so that no sum in float32 has more than kProductDepth terms one after another.
  A block[outputs][kBlockRows] = {};
  for (int k = 0; k < depth; ++k) {
    for (int o = 0; o < outputs; ++o) {
      const A weight = weights[k * kProductOutputs + o];
#pragma omp simd
      for (int i = 0; i < kBlockRows; ++i) block[o][i] += weight * inputs[k * kProductRows + i];
    }
  }
  for (int o = 0; o < outputs; ++o) {
    for (int i = 0; i < kBlockRows; ++i) sums[o * kProductRows + i] += block[o][i];
  }
}

// sums [kProductOutputs, kProductRows] += weights [depth, kProductOutputs] by inputs [depth, kProductRows], of which
// `outputs` and `rows` are wanted; the packed rows after these are of no account.
template <typename A>
FAMUS_MULTIVERSION void multiply_add(const A* inputs, const A* weights, int depth, int rows, int outputs, A* sums) {
  for (int row = 0; row < rows; row += kBlockRows) {
    int o = 0;
    for (; o + kBlockOutputs <= outputs; o += kBlockOutputs) {
      multiply_add_block<kBlockOutputs>(inputs + row, weights + o, depth, sums + o * kProductRows + row);
    }
    for (; o < outputs; ++o) multiply_add_block<1>(inputs + row, weights + o, depth, sums + o * kProductRows + row);
  }
}

}  // namespace famus
