// Sums on the CPU whose error does not grow with their length, and whose bits depend on the length alone.
//
// Terms go round kLanes sums of type A, which are vector registers; every kBlock terms the lanes are folded into a
// float64 total. No lane ever holds more than kBlock / kLanes = 128 terms, so a float32 sum of any length keeps a
// relative error (to the sum of magnitudes) of about 1e-6.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/prefetch.h"

namespace famus {

// The widest register holds as many entries of 16 bits: a term may convert them, in the same loop.
constexpr int kLanes = 32;
constexpr std::int64_t kBlock = 4096;

// The sum of all lanes, in float64: of every kFolded-th, side by side, then of these one after another.
template <typename A>
inline double folded(const A (&lanes)[kLanes]) {
  constexpr int kFolded = 8;
  double sums[kFolded] = {};
  for (int first = 0; first < kLanes; first += kFolded) {
#pragma omp simd
    for (int i = 0; i < kFolded; ++i) sums[i] += static_cast<double>(lanes[first + i]);
  }
  double total = 0;
  for (const double sum : sums) total += sum;
  return total;
}

// Σ_{i < n} term(i), where term returns A. term is called once for each i, in order. Streams are what it reads at i, to
// be fetched ahead.
template <typename A, typename Term, typename... Stream>
inline double blocked_sum(std::int64_t n, Term term, const Stream*... streams) {
  double total = 0;
  for (std::int64_t begin = 0; begin < n; begin += kBlock) {
    const std::int64_t end = std::min(begin + kBlock, n);
    A lanes[kLanes] = {};
    std::int64_t i = begin;
    for (; i + kLanes <= end; i += kLanes) {
      (prefetch<kLanes>(streams + i), ...);
#pragma omp simd
      for (int lane = 0; lane < kLanes; ++lane) lanes[lane] += term(i + lane);
    }
    for (int lane = 0; i < end; ++i, ++lane) lanes[lane] += term(i);
    total += folded(lanes);
  }
  return total;
}

}  // namespace famus
