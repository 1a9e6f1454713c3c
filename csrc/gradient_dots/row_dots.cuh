// gradient_dots on a GPU: rows of a table, normalisation, and the sums of all parts. Formula and stages:
// gradient_dots.h.
//
// Bytes: reads x or the rows once, and y' once.
// Mapping: a warp a part of an example, then a warp an example.
// Determinism: no atomics. Every order of addition depends on the sizes and on the alignment of the tensors alone.
#pragma once

#include "core/scalar.cuh"
#include "core/warp.cuh"
#include "gradient_dots/layers.h"

namespace famus {

struct RowDotsCall {
  RowDots layer;
  RowParts parts;
  long long examples;
  double* partials;  // [N, parts]
};

struct NormDotsCall {
  NormDots layer;
  RowParts parts;
  long long examples;
  double* partials;  // [N, parts]
};

struct GradientDotsSums {
  const double* partials;  // [N, parts]
  void* out;               // [N]
  long long examples;
  long long parts;
};

// The sum of term(example, row, column) over the packs of `size` entries of this warp's part.
template <int size, typename A, typename Call, typename Term>
__device__ inline A part_sum(const Call& call, const Term& term) {
  const RowParts& parts = call.parts;
  const long long example = warp_index() / parts.count;
  const long long part = warp_index() - example * parts.count;
  const long long first = part / parts.segments * parts.rows;
  const long long begin = part % parts.segments * parts.length;
  // A part is 32 bits long.
  const int rows = static_cast<int>(min(parts.rows, call.layer.rows - first));
  const int length = static_cast<int>(min(parts.length, call.layer.width - begin));
  A sum = 0;
  for (int i = lane_index() * size; i < rows * length; i += kWarp * size) {
    const int row = i / length;
    sum += term(example, first + row, begin + (i - row * length));
  }
  return sum;
}

template <typename Call, typename A>
__device__ inline void store_part(const Call& call, A sum) {
  sum = warp_sum(sum);
  if (lane_index() == 0) call.partials[warp_index()] = static_cast<double>(sum);
}

template <int size, typename T>
__device__ inline Accumulate<T> row_part(const RowDotsCall& call) {
  using A = Accumulate<T>;
  const RowDots& layer = call.layer;
  return part_sum<size, A>(call, [&](long long example, long long row, long long column) {
    const long long place = example * layer.rows + row;
    const long long index = layer.indices ? layer.indices[place] : place;
    if (layer.indices && (index < 0 || index >= layer.table_rows)) return static_cast<A>(nanf(""));
    if (layer.indices && index == layer.padding) return A(0);
    const auto slopes = load_pack<size>(static_cast<const T*>(layer.slopes) + place * layer.width + column);
    const auto values = load_pack<size>(static_cast<const T*>(layer.table) + index * layer.width + column);
    A sum = 0;
#pragma unroll
    for (int j = 0; j < size; ++j) sum += static_cast<A>(slopes.values[j]) * static_cast<A>(values.values[j]);
    return sum;
  });
}

template <int size, typename T>
__device__ inline Accumulate<T> norm_part(const NormDotsCall& call) {
  using A = Accumulate<T>;
  const NormDots& layer = call.layer;
  const A* const mean = static_cast<const A*>(layer.mean);
  const A* const inverse_std = static_cast<const A*>(layer.inverse_std);
  const A* const scale = static_cast<const A*>(layer.scale);
  const A* const shift = static_cast<const A*>(layer.shift);
  return part_sum<size, A>(call, [&](long long example, long long row, long long column) {
    const long long offset = (example * layer.rows + row) * layer.width + column;
    const auto slopes = load_pack<size>(static_cast<const T*>(layer.slopes) + offset);
    Pack<T, size> x = {};
    if (scale) x = load_pack<size>(static_cast<const T*>(layer.x) + offset);
    A sum = 0;
#pragma unroll
    for (int j = 0; j < size; ++j) {
      const long long statistic = example * layer.statistic_strides[0] + row * layer.statistic_strides[1] +
                                  (column + j) * layer.statistic_strides[2];
      const long long parameter = row * layer.parameter_strides[0] + (column + j) * layer.parameter_strides[1];
      A y_dot = shift ? shift[parameter] : A(0);
      if (scale) y_dot += (static_cast<A>(x.values[j]) - mean[statistic]) * inverse_std[statistic] * scale[parameter];
      sum += static_cast<A>(slopes.values[j]) * y_dot;
    }
    return sum;
  });
}

// Whether rows consist of aligned packs.
template <typename T, typename Layer>
__device__ inline bool is_packed(const Layer& layer, const void* other) {
  return layer.width % kPackSize<T> == 0 && is_pack_aligned(static_cast<const T*>(layer.slopes)) &&
         is_pack_aligned(static_cast<const T*>(other));
}

template <typename T>
__global__ void __launch_bounds__(kBlockThreads) row_dots_kernel(const RowDotsCall call) {
  if (warp_index() >= call.examples * call.parts.count) return;
  const bool packed = is_packed<T>(call.layer, call.layer.table);
  store_part(call, packed ? row_part<kPackSize<T>, T>(call) : row_part<1, T>(call));
}

template <typename T>
__global__ void __launch_bounds__(kBlockThreads) norm_dots_kernel(const NormDotsCall call) {
  if (warp_index() >= call.examples * call.parts.count) return;
  const bool packed = is_packed<T>(call.layer, call.layer.x);
  store_part(call, packed ? norm_part<kPackSize<T>, T>(call) : norm_part<1, T>(call));
}

template <typename A>
__global__ void __launch_bounds__(kBlockThreads) gradient_dots_sum_kernel(const GradientDotsSums sums) {
  const long long example = warp_index();
  if (example >= sums.examples) return;
  double sum = 0;
  for (long long part = lane_index(); part < sums.parts; part += kWarp)
    sum += sums.partials[example * sums.parts + part];
  sum = warp_sum(sum);
  if (lane_index() == 0) static_cast<A*>(sums.out)[example] = static_cast<A>(sum);
}

}  // namespace famus
