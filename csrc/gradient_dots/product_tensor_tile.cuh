// gradient_dots on a GPU: a tile of y_dot, [kProductRows, kProductOutputs], in the fragments of a block's warps.
//
// Mapping: two warps side by side have thirty-two outputs each, of thirty-two rows, as two by two fragments. Products
// of 16-bit factors are exact in float32, in which they are added up.
#pragma once

#include "core/tensor_cores.cuh"
#include "core/warp.cuh"
#include "gradient_dots/layers.h"

namespace famus {

template <typename T>
class ProductTensorTile {
 public:
  using A = Accumulate<T>;
  using Stored = T;  // in shared memory

  static constexpr int kSide = 16;                            // of a fragment
  static constexpr int kDepth = kSide;                        // of a step
  static constexpr int kInputStride = kProductRows + 8;       // of a step's inputs, [kDepth, rows]
  static constexpr int kWeightStride = kProductOutputs + 8;   // of a step's weights, [kDepth, outputs]
  static constexpr int kStage = kBlockWarps * kSide * kSide;  // entries of shared memory for row_dots
  static constexpr int kRowSums = 2;                          // sums that are left of a row

  __device__ ProductTensorTile() {
    for (auto& line : sums_) {
      for (auto& sum : line) nvcuda::wmma::fill_fragment(sum, 0.0f);
    }
  }

  // Adds the product of a step.
  __device__ void multiply(const T* inputs, const T* weights) {
    Rows rows[kFragments];
    Outputs outputs[kFragments];
#pragma unroll
    for (int i = 0; i < kFragments; ++i) {
      nvcuda::wmma::load_matrix_sync(rows[i], inputs + first_row() + i * kSide, kInputStride);
      nvcuda::wmma::load_matrix_sync(outputs[i], weights + first_output() + i * kSide, kWeightStride);
    }
#pragma unroll
    for (int i = 0; i < kFragments; ++i) {
#pragma unroll
      for (int j = 0; j < kFragments; ++j) nvcuda::wmma::mma_sync(sums_[i][j], rows[i], outputs[j], sums_[i][j]);
    }
  }

  // sums [kRowSums, kProductRows]: of term(row, output, y_dot without the bias) over the outputs of a warp.
  template <typename Term>
  __device__ void row_dots(const Term& term, A* stage, A* sums) const {
    A* const own = stage + warp() * kSide * kSide;
    const int row = lane_index() / 2;
    const int begin = lane_index() % 2 * (kSide / 2);
#pragma unroll
    for (int i = 0; i < kFragments; ++i) {
      A sum = 0;
#pragma unroll
      for (int j = 0; j < kFragments; ++j) {
        // Which entries of a fragment a lane holds is not defined, so they go through memory.
        nvcuda::wmma::store_matrix_sync(own, sums_[i][j], kSide, nvcuda::wmma::mem_row_major);
        __syncwarp();
        for (int o = begin; o < begin + kSide / 2; ++o) {
          sum += term(first_row() + i * kSide + row, first_output() + j * kSide + o, own[row * kSide + o]);
        }
        __syncwarp();
      }
      sum += __shfl_xor_sync(0xffffffffu, sum, 1);
      if (begin == 0) sums[warp() % kAcross * kProductRows + first_row() + i * kSide + row] = sum;
    }
  }

 private:
  static constexpr int kAcross = 2;
  static constexpr int kFragments = 2;
  static_assert(kProductOutputs == kAcross * kFragments * kSide, "warps side by side have all outputs");
  static_assert(kProductRows == kBlockWarps / kAcross * kFragments * kSide, "warps above each other have all rows");

  using Rows = nvcuda::wmma::fragment<nvcuda::wmma::matrix_a, kSide, kSide, kSide, T, nvcuda::wmma::col_major>;
  using Outputs = nvcuda::wmma::fragment<nvcuda::wmma::matrix_b, kSide, kSide, kSide, T, nvcuda::wmma::row_major>;
  using Sums = nvcuda::wmma::fragment<nvcuda::wmma::accumulator, kSide, kSide, kSide, float>;

  __device__ static int warp() { return static_cast<int>(threadIdx.x) / kWarp; }
  __device__ static int first_row() { return warp() / kAcross * kFragments * kSide; }
  __device__ static int first_output() { return warp() % kAcross * kFragments * kSide; }

  Sums sums_[kFragments][kFragments];
};

}  // namespace famus
