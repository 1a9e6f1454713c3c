// gradient_dots on a GPU: convolutions and linear layers. Formula and stages: gradient_dots.h.
//
// Bytes: reads x once for each kProductOutputs outputs, v once for each kProductRows rows (both from the second-level
// cache but the first time), y' once.
// Mapping: a block a tile of y_dot, whose product runs over the channels of a group and the window in steps; two steps
// are in shared memory, one that is multiplied and one that is on its way.
// Determinism: no atomics. Every order of addition depends on the sizes alone.
#pragma once

#include "core/tensor_cores.cuh"
#include "gradient_dots/product_places.cuh"
#include "gradient_dots/product_thread_tile.cuh"
#if FAMUS_TENSOR_ARCHITECTURE
#include "gradient_dots/product_tensor_tile.cuh"
#endif

namespace famus {

template <typename T, bool tensor_cores>
struct ProductTileOf {
  using type = ProductThreadTile<T>;
};
#if FAMUS_TENSOR_ARCHITECTURE
template <typename T>
struct ProductTileOf<T, true> {
  using type = ProductTensorTile<T>;
};
#endif

// A thread's share of one step's inputs, [depth, rows], and weights, [depth, outputs]: from memory to registers, and
// from there to shared memory. Neighbours read neighbours in memory.
template <typename T, typename Tile>
struct ProductStep {
  using Stored = typename Tile::Stored;
  static constexpr int kInputs = Tile::kDepth * kProductRows / kBlockThreads;
  static constexpr int kWeights = Tile::kDepth * kProductOutputs / kBlockThreads;

  Stored inputs[kInputs];
  Stored weights[kWeights];

  // Entry i of the thread: its place in the sum, and its row or output.
  template <int rows>
  __device__ static void place(int i, bool depth_innermost, int& k, int& row) {
    const int entry = i * kBlockThreads + static_cast<int>(threadIdx.x);
    k = depth_innermost ? entry % Tile::kDepth : entry / rows;
    row = depth_innermost ? entry / Tile::kDepth : entry % rows;
  }

  __device__ void load(const ProductDotsCall& call, const ProductBlock& block, const ProductPlace* rows,
                       const ProductPlace* taps, int first) {
    const int depth = call.tiles.channels * call.tiles.window;
    int k, row;
#pragma unroll
    for (int i = 0; i < kInputs; ++i) {
      place<kProductRows>(i, call.channels_innermost, k, row);
      const bool inside = is_inside(call.layer.geometry, rows[row], taps[k]);
      const T* const source = static_cast<const T*>(call.layer.x) + rows[row].offset + taps[k].offset;
      inputs[i] = inside ? static_cast<Stored>(*source) : static_cast<Stored>(0.0f);
    }
    const T* const v = static_cast<const T*>(call.layer.v) + static_cast<long long>(block.first_output) * depth + first;
#pragma unroll
    for (int i = 0; i < kWeights; ++i) {
      place<kProductOutputs>(i, true, k, row);
      const bool inside = row < block.outputs && first + k < depth;
      weights[i] = inside ? static_cast<Stored>(v[static_cast<long long>(row) * depth + k]) : static_cast<Stored>(0.0f);
    }
  }

  __device__ void store(const ProductDotsCall& call, Stored* shared_inputs, Stored* shared_weights) const {
    int k, row;
#pragma unroll
    for (int i = 0; i < kInputs; ++i) {
      place<kProductRows>(i, call.channels_innermost, k, row);
      shared_inputs[k * Tile::kInputStride + row] = inputs[i];
    }
#pragma unroll
    for (int i = 0; i < kWeights; ++i) {
      place<kProductOutputs>(i, true, k, row);
      shared_weights[k * Tile::kWeightStride + row] = weights[i];
    }
  }
};

// With two blocks on a processor asked for, a thread has 128 registers, in which float64 would spill.
template <typename T>
__global__ void __launch_bounds__(kBlockThreads, sizeof(T) == 8 ? 1 : 2)
    product_dots_kernel(const ProductDotsCall call) {
  using A = Accumulate<T>;
  using Tile = typename ProductTileOf<T, kTensorCores<T>>::type;
  using Stored = typename Tile::Stored;
  constexpr int kInputs = Tile::kDepth * Tile::kInputStride;
  constexpr int kWeights = Tile::kDepth * Tile::kWeightStride;
  // Fragments are loaded from multiples of 32 bytes.
  using Aligned = Pack<Stored, 32 / sizeof(Stored)>;
  FAMUS_SHARED(Aligned, shared_inputs, 2 * kInputs * sizeof(Stored) / sizeof(Aligned));
  FAMUS_SHARED(Aligned, shared_weights, 2 * kWeights * sizeof(Stored) / sizeof(Aligned));
  FAMUS_SHARED(Aligned, shared_stage, (Tile::kStage * sizeof(A) + sizeof(Aligned) - 1) / sizeof(Aligned));
  FAMUS_SHARED(A, row_sums, Tile::kRowSums * kProductRows);
  FAMUS_SHARED(ProductPlace, rows, kProductRows);
  FAMUS_SHARED(ProductPlace, taps, 2 * Tile::kDepth);
  Stored* const inputs = reinterpret_cast<Stored*>(shared_inputs);
  Stored* const weights = reinterpret_cast<Stored*>(shared_weights);

  const int thread = static_cast<int>(threadIdx.x);
  const ProductBlock block(call);
  const int steps = (call.tiles.channels * call.tiles.window + Tile::kDepth - 1) / Tile::kDepth;
  const auto prepare_taps = [&](int step) {
    if (thread < Tile::kDepth) {
      taps[step % 2 * Tile::kDepth + thread] = tap_place(call, step * Tile::kDepth + thread);
    }
  };
  ProductStep<T, Tile> next;
  const auto load = [&](int step) {
    next.load(call, block, rows, taps + step % 2 * Tile::kDepth, step * Tile::kDepth);
  };
  const auto store = [&](int step) { next.store(call, inputs + step % 2 * kInputs, weights + step % 2 * kWeights); };

  if (thread < kProductRows) rows[thread] = block.row_place(call, thread);
  prepare_taps(0);
  __syncthreads();
  load(0);
  store(0);
  prepare_taps(1);
  __syncthreads();
  Tile tile;
  for (int step = 0; step < steps; ++step) {
    if (step + 1 < steps) load(step + 1);
    tile.multiply(inputs + step % 2 * kInputs, weights + step % 2 * kWeights);
    if (step + 1 < steps) store(step + 1);
    prepare_taps(step + 2);
    __syncthreads();
  }

  const T* const slopes = static_cast<const T*>(call.layer.slopes);
  const T* const bias = static_cast<const T*>(call.layer.bias);
  const auto term = [&](int row, int output, A y_dot) {
    const long long offset = block.slopes_offset(call, row);
    if (offset < 0 || output >= block.outputs) return A(0);
    const A shift = bias ? static_cast<A>(bias[block.first_output + output]) : A(0);
    return static_cast<A>(slopes[offset + output * call.layer.slopes_strides.channel]) * (y_dot + shift);
  };
  tile.row_dots(term, reinterpret_cast<A*>(shared_stage), row_sums);
  __syncthreads();
  const int tile_rows = call.tiles.rows;
  for (int e = thread / kWarp; e < call.tiles.examples && block.first_example + e < call.examples; e += kBlockWarps) {
    double sum = 0;
    for (int i = e * tile_rows + lane_index(); i < (e + 1) * tile_rows; i += kWarp) {
      for (int j = 0; j < Tile::kRowSums; ++j) sum += static_cast<double>(row_sums[j * kProductRows + i]);
    }
    sum = warp_sum(sum);
    if (lane_index() == 0) call.partials[(block.first_example + e) * call.tiles.parts + block.part] = sum;
  }
}

}  // namespace famus
