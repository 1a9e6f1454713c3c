// The one product that pairwise_gradient_dots is made of on the CPU: a block of 8 rows by a vector of columns, kept in
// registers over a walk through memory.
//
// A vector is 64 bytes. Where the processor has shorter ones the block is computed a few rows at a time; every entry is
// the same sum in the same order, so bits do not depend on the processor.
#pragma once

#include <cstdint>

#if defined(__x86_64__) && defined(__GNUC__)
#define FAMUS_X86
#endif

namespace famus {

constexpr int kPanelRows = 8;
constexpr int kVectorBytes = 64;
template <typename A>
constexpr int kPanelColumns = kVectorBytes / static_cast<int>(sizeof(A));

// Steps through `left`: `outer` times `inner` of them, in entries.
struct Walk {
  int outer;
  int inner;
  std::int64_t outer_step;
  std::int64_t inner_step;
};

template <typename A, int vector_bytes, int rows>
__attribute__((always_inline)) inline void outer_product_rows(const Walk& walk, const A* left,
                                                              const std::int64_t* offsets, const A* right,
                                                              std::int64_t right_step, A* out) {
  typedef A Vector __attribute__((vector_size(vector_bytes), aligned(sizeof(A)), may_alias));
  constexpr int kVectors = kVectorBytes / vector_bytes;
  constexpr int kLength = vector_bytes / static_cast<int>(sizeof(A));
  Vector sums[rows][kVectors] = {};
  for (int o = 0; o < walk.outer; ++o) {
    const A* at = left + o * walk.outer_step;
    for (int i = 0; i < walk.inner; ++i, at += walk.inner_step, right += right_step) {
#pragma GCC unroll 8
      for (int v = 0; v < kVectors; ++v) {
        const Vector column = *reinterpret_cast<const Vector*>(right + v * kLength);
#pragma GCC unroll 8
        for (int r = 0; r < rows; ++r) sums[r][v] += at[offsets[r]] * column;
      }
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) {
      *reinterpret_cast<Vector*>(out + r * kPanelColumns<A> + v * kLength) = sums[r][v];
    }
  }
}

template <typename A, int vector_bytes, int rows>
__attribute__((always_inline)) inline void outer_product_block(const Walk& walk, const A* left,
                                                               const std::int64_t* offsets, const A* right,
                                                               std::int64_t right_step, A* out) {
  for (int r = 0; r < kPanelRows; r += rows) {
    outer_product_rows<A, vector_bytes, rows>(walk, left, offsets + r, right, right_step, out + r * kPanelColumns<A>);
  }
}

// Rows at a time: as many as leave registers for the factors.
#ifdef FAMUS_X86
template <typename A>
__attribute__((target("avx512f"))) void outer_products_avx512(const Walk& walk, const A* left,
                                                              const std::int64_t* offsets, const A* right,
                                                              std::int64_t right_step, A* out) {
  outer_product_block<A, 64, 8>(walk, left, offsets, right, right_step, out);
}

template <typename A>
__attribute__((target("avx2"))) void outer_products_avx2(const Walk& walk, const A* left, const std::int64_t* offsets,
                                                         const A* right, std::int64_t right_step, A* out) {
  outer_product_block<A, 32, 4>(walk, left, offsets, right, right_step, out);
}
#endif

template <typename A>
void outer_products_any(const Walk& walk, const A* left, const std::int64_t* offsets, const A* right,
                        std::int64_t right_step, A* out) {
  outer_product_block<A, 16, 2>(walk, left, offsets, right, right_step, out);
}

// out [8, columns] = sum over the steps s of left[offsets[r] + s] * right[s * right_step + c].
template <typename A>
using OuterProducts = void (*)(const Walk& walk, const A* left, const std::int64_t* offsets, const A* right,
                               std::int64_t right_step, A* out);

// The fastest for this processor.
template <typename A>
OuterProducts<A> outer_products() {
#ifdef FAMUS_X86
  if (__builtin_cpu_supports("avx512f")) return outer_products_avx512<A>;
  if (__builtin_cpu_supports("avx2")) return outer_products_avx2<A>;
#endif
  return outer_products_any<A>;
}

}  // namespace famus
