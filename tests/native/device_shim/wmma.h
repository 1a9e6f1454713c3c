// nvcuda::wmma for one shape, 16 x 16 x 16. A lane has all of a factor, and eight entries of a sum: which they are is
// its own affair, as on a GPU. Addresses and strides that a GPU would refuse end the process.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <type_traits>

#include "block.h"

namespace nvcuda {
namespace wmma {

struct matrix_a;
struct matrix_b;
struct accumulator;
struct row_major;
struct col_major;
enum layout_t { mem_row_major };

constexpr int kSide = 16;
constexpr int kOwn = 8;

template <typename Use, int m, int n, int k, typename T, typename Layout = void>
struct fragment {
  T entries[kSide][kSide];
};
template <typename T>
struct fragment<accumulator, kSide, kSide, kSide, T> {
  T own[kOwn];
};

template <typename T>
void require_aligned(const T* address, unsigned stride) {
  if (reinterpret_cast<std::uintptr_t>(address) % 32 == 0 && stride * sizeof(T) % 16 == 0) return;
  std::fprintf(stderr, "misaligned fragment\n");
  std::_Exit(3);
}

template <typename Use, typename T, typename Layout>
void load_matrix_sync(fragment<Use, kSide, kSide, kSide, T, Layout>& target, const T* source, unsigned stride) {
  require_aligned(source, stride);
  for (int i = 0; i < kSide; ++i) {
    for (int j = 0; j < kSide; ++j) {
      target.entries[i][j] = std::is_same<Layout, row_major>::value ? source[i * stride + j] : source[j * stride + i];
    }
  }
}

inline int own_entry(int i) { return static_cast<int>(shim::thread_index().x % 32) * kOwn + i; }

template <typename T>
void fill_fragment(fragment<accumulator, kSide, kSide, kSide, T>& target, T value) {
  for (T& entry : target.own) entry = value;
}

template <typename A, typename T, typename Rows, typename Columns>
void mma_sync(fragment<accumulator, kSide, kSide, kSide, A>& target,
              const fragment<matrix_a, kSide, kSide, kSide, T, Rows>& a,
              const fragment<matrix_b, kSide, kSide, kSide, T, Columns>& b,
              const fragment<accumulator, kSide, kSide, kSide, A>& c) {
  for (int i = 0; i < kOwn; ++i) {
    A sum = c.own[i];
    for (int k = 0; k < kSide; ++k) {
      sum += static_cast<A>(a.entries[own_entry(i) / kSide][k]) * static_cast<A>(b.entries[k][own_entry(i) % kSide]);
    }
    target.own[i] = sum;
  }
}

template <typename T>
void store_matrix_sync(T* target, const fragment<accumulator, kSide, kSide, kSide, T>& source, unsigned stride,
                       layout_t) {
  require_aligned(target, stride);
  for (int i = 0; i < kOwn; ++i) target[own_entry(i) / kSide * stride + own_entry(i) % kSide] = source.own[i];
}

}  // namespace wmma
}  // namespace nvcuda
