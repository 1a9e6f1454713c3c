// gradient_dots on a GPU: a tile of y_dot, [kProductRows, kProductOutputs], in the registers of a block's threads.
//
// Mapping: sixteen threads side by side have four outputs each, of eight rows.
#pragma once

#include "core/scalar.cuh"
#include "core/warp.cuh"
#include "gradient_dots/layers.h"

namespace famus {

template <typename T>
class ProductThreadTile {
 public:
  using A = Accumulate<T>;
  using Stored = A;  // in shared memory

  static constexpr int kDepth = 8;                           // of a step
  static constexpr int kInputStride = kProductRows + 4;      // of a step's inputs, [kDepth, rows]
  static constexpr int kWeightStride = kProductOutputs + 4;  // of a step's weights, [kDepth, outputs]
  static constexpr int kStage = 1;                           // entries of shared memory for row_dots
  static constexpr int kRowSums = 1;                         // sums that are left of a row

  // Adds the product of a step.
  __device__ void multiply(const A* inputs, const A* weights) {
#pragma unroll
    for (int k = 0; k < kDepth; ++k) {
      A row[kRows];
      A output[kOutputs];
      load(inputs + k * kInputStride + first_row(), row);
      load(weights + k * kWeightStride + first_output(), output);
#pragma unroll
      for (int i = 0; i < kRows; ++i) {
#pragma unroll
        for (int j = 0; j < kOutputs; ++j) sums_[i][j] += row[i] * output[j];
      }
    }
  }

  // sums [kProductRows]: of term(row, output, y_dot without the bias) over the outputs.
  template <typename Term>
  __device__ void row_dots(const Term& term, A*, A* sums) const {
#pragma unroll
    for (int i = 0; i < kRows; ++i) {
      A sum = 0;
#pragma unroll
      for (int j = 0; j < kOutputs; ++j) sum += term(first_row() + i, first_output() + j, sums_[i][j]);
      for (int distance = kAcross / 2; distance > 0; distance /= 2) {
        sum += __shfl_xor_sync(0xffffffffu, sum, distance);
      }
      if (threadIdx.x % kAcross == 0) sums[first_row() + i] = sum;
    }
  }

 private:
  static constexpr int kAcross = 16;
  static constexpr int kRows = kProductRows * kAcross / kBlockThreads;
  static constexpr int kOutputs = kProductOutputs / kAcross;

  __device__ static int first_row() { return static_cast<int>(threadIdx.x) / kAcross * kRows; }
  __device__ static int first_output() { return static_cast<int>(threadIdx.x) % kAcross * kOutputs; }

  template <int count>
  __device__ static void load(const A* source, A (&target)[count]) {
    constexpr int size = kPackSize<A>;
#pragma unroll
    for (int i = 0; i < count; i += size) {
      const Pack<A, size> pack = load_pack<size>(source + i);
#pragma unroll
      for (int j = 0; j < size; ++j) target[i + j] = pack.values[j];
    }
  }

  A sums_[kRows][kOutputs] = {};
};

}  // namespace famus
