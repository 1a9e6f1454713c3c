// pairwise_gradient_dots on a GPU by Gram matrices: 32 by 32 of their entries at a time. Formula:
// pairwise_gradient_dots.h. A row is what one place sees of one example.
//
// Bytes: a block reads x and y' of its examples, once for every 32 rows of the other batch that it meets.
// Mapping: a block has as many examples of each batch as have 32 rows together, at least one, and all their rows. A
// thread has 2 by 2 entries, whose products over all groups and rows it sums; then the block adds up those of a pair.
// Determinism: no atomics, no partial sums: an entry of out is one block's.
#pragma once

#include "core/warp.cuh"
#include "pairwise_gradient_dots/pairwise_call.cuh"

namespace famus {

constexpr int kGramRows = 32;
constexpr int kGramTerms = 32;
constexpr int kGramPitch = kGramRows + 1;
constexpr int kGramAcross = 16;  // threads
constexpr int kGramEntries = kGramRows / kGramAcross;
constexpr int kGramLoaders = kBlockThreads / kGramRows;  // threads that load a row

// Examples of a batch whose rows a block has.
__device__ inline int examples_in_block(const PairwiseBatchCall& batch) {
  const int examples = kGramRows / places(batch);
  return examples > 1 ? examples : 1;
}

// A row that a thread loads; null where there is none.
template <typename T>
struct GramRow {
  const T* x;
  const T* slopes;
  Place place;
};

template <typename T>
__device__ inline GramRow<T> gram_row(const PairwiseCall& call, const PairwiseBatchCall& batch, int group,
                                      long long first, long long row) {
  const int count = places(batch);
  const long long example = first + row / count;
  if (example >= batch.examples || example >= first + examples_in_block(batch)) return {nullptr, nullptr, {}};
  const int p = static_cast<int>(row % count);
  const Place place = place_of(batch, p);
  const T* x = static_cast<const T*>(batch.x) + example * batch.x_strides[0] +
               static_cast<long long>(group) * call.channels * batch.x_strides[1];
  const T* slopes = static_cast<const T*>(batch.slopes) + example * batch.slope_strides[0] + slope_offset(batch, p) +
                    static_cast<long long>(group) * call.outputs * batch.slope_strides[1];
  return {x, slopes, place};
}

template <typename T>
__device__ inline Accumulate<T> seen_entry(const PairwiseBatchCall& batch, const GramRow<T>& row, int input) {
  const Place tap = tap_of(batch, input);
  if (!row.x || !is_inside(batch, row.place, tap)) return 0;
  return static_cast<Accumulate<T>>(row.x[row.place.offset + tap.offset]);
}

template <typename T>
__device__ inline Accumulate<T> slope_entry(const PairwiseBatchCall& batch, const GramRow<T>& row, int output) {
  return row.slopes ? static_cast<Accumulate<T>>(row.slopes[output * batch.slope_strides[1]]) : Accumulate<T>(0);
}

// entries = sum over the terms of left * right, where load(term, left, right) gives this thread's row at a term.
template <typename A, typename Load>
__device__ inline void gram_entries(int terms, A* left, A* right, A (*entries)[kGramEntries], Load load) {
  const int thread = static_cast<int>(threadIdx.x);
#pragma unroll 1
  for (int begin = 0; begin < terms; begin += kGramTerms) {
#pragma unroll
    for (int t = thread % kGramLoaders; t < kGramTerms; t += kGramLoaders) {
      A of_left = 0;
      A of_right = 0;
      if (begin + t < terms) load(begin + t, of_left, of_right);
      left[t * kGramPitch + thread / kGramLoaders] = of_left;
      right[t * kGramPitch + thread / kGramLoaders] = of_right;
    }
    __syncthreads();
    A sums[kGramEntries][kGramEntries] = {};
#pragma unroll 8
    for (int t = 0; t < kGramTerms; ++t) {
#pragma unroll
      for (int r = 0; r < kGramEntries; ++r) {
#pragma unroll
        for (int c = 0; c < kGramEntries; ++c) {
          sums[r][c] += left[t * kGramPitch + thread / kGramAcross + r * kGramAcross] *
                        right[t * kGramPitch + thread % kGramAcross + c * kGramAcross];
        }
      }
    }
    __syncthreads();
#pragma unroll
    for (int r = 0; r < kGramEntries; ++r) {
#pragma unroll
      for (int c = 0; c < kGramEntries; ++c) entries[r][c] += sums[r][c];
    }
  }
}

// out of a block's pairs from the products of its rows, which are in shared memory: first over the rows of each meta
// example, then over those of each training example.
template <typename A>
__device__ inline void write_pairs(const PairwiseCall& call, long long i, long long j, const A* products, A* sums) {
  const int thread = static_cast<int>(threadIdx.x);
  const int height = examples_in_block(call.training);
  const int width = examples_in_block(call.meta);
  const int columns = width > 1 ? places(call.meta) : kGramRows;
  const int rows = height > 1 ? places(call.training) : kGramRows;
  for (int index = thread; index < kGramRows * width; index += kBlockThreads) {
    A sum = 0;
    for (int c = 0; c < columns; ++c) sum += products[index / width * kGramPitch + index % width * columns + c];
    sums[index / width * kGramPitch + index % width] = sum;
  }
  __syncthreads();
  for (int index = thread; index < height * width; index += kBlockThreads) {
    A sum = 0;
    for (int r = 0; r < rows; ++r) sum += sums[(index / width * rows + r) * kGramPitch + index % width];
    const long long row = i + index / width;
    const long long column = j + index % width;
    if (row < call.training.examples && column < call.meta.examples) {
      static_cast<A*>(call.out)[row * call.meta.examples + column] = sum;
    }
  }
}

// Two blocks on a processor, and not the three that would make the compiler spill registers.
template <typename T>
__global__ void __launch_bounds__(kBlockThreads, 2) pairwise_gram_kernel(const PairwiseCall call) {
  using A = Accumulate<T>;
  FAMUS_SHARED(A, left, kGramTerms * kGramPitch);
  FAMUS_SHARED(A, right, kGramTerms * kGramPitch);
  const int thread = static_cast<int>(threadIdx.x);
  const int height = examples_in_block(call.training);
  const int width = examples_in_block(call.meta);
  const long long i = blockIdx.x / call.across * static_cast<long long>(height);
  const long long j = blockIdx.x % call.across * static_cast<long long>(width);
  A products[kGramEntries][kGramEntries] = {};
#pragma unroll 1
  for (int group = 0; group < call.groups; ++group) {
#pragma unroll 1
    for (int row = 0; row < height * places(call.training); row += kGramRows) {
#pragma unroll 1
      for (int column = 0; column < width * places(call.meta); column += kGramRows) {
        const auto own = gram_row<T>(call, call.training, group, i, row + thread / kGramLoaders);
        const auto other = gram_row<T>(call, call.meta, group, j, column + thread / kGramLoaders);
        A inputs[kGramEntries][kGramEntries] = {};
        A slopes[kGramEntries][kGramEntries] = {};
        gram_entries<A>(call.inputs, left, right, inputs, [&](int term, A& of_left, A& of_right) {
          of_left = seen_entry(call.training, own, term);
          of_right = seen_entry(call.meta, other, term);
        });
        gram_entries<A>(call.outputs, left, right, slopes, [&](int term, A& of_left, A& of_right) {
          of_left = slope_entry(call.training, own, term);
          of_right = slope_entry(call.meta, other, term);
        });
#pragma unroll
        for (int r = 0; r < kGramEntries; ++r) {
#pragma unroll
          for (int c = 0; c < kGramEntries; ++c) products[r][c] += (inputs[r][c] + A(call.bias)) * slopes[r][c];
        }
      }
    }
  }
#pragma unroll
  for (int r = 0; r < kGramEntries; ++r) {
#pragma unroll
    for (int c = 0; c < kGramEntries; ++c) {
      left[(thread / kGramAcross + r * kGramAcross) * kGramPitch + thread % kGramAcross + c * kGramAcross] =
          products[r][c];
    }
  }
  __syncthreads();
  write_pairs<A>(call, i, j, left, right);
}

}  // namespace famus
