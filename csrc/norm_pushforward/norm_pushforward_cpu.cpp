// norm_pushforward on the CPU. Formula, stages and layout: norm_pushforward.h.
//
// Bytes: reads x and x_dot twice (the second time from the cache where a channel fits it), relu once, writes out once.
// Mapping: a task is a channel, in all its stages; of a matrix, a chunk, stage by stage. Deterministic, whatever the
// number of threads: chunks are cut by position alone and added up in order.
#include "norm_pushforward/norm_pushforward.h"

#include <vector>

#include "core/blocked_sum.h"
#include "core/parallel.h"
#include "norm_pushforward/norm_result.h"

namespace famus {
namespace {

constexpr std::int64_t kLine = 512;  // entries of a matrix that meet their channels' coefficients in one loop

// The sums of a chunk of one channel: `rows` stretches of `length` entries, the first of them at `offset`.
template <typename T>
FAMUS_MULTIVERSION NormSums chunk_sums(const NormPushforwardParams& params, std::int64_t offset, std::int64_t rows,
                                       std::int64_t length, Accumulate<T> mean) {
  using A = Accumulate<T>;
  A tangents[kLanes] = {};
  A products[kLanes] = {};
  for (std::int64_t row = 0; row < rows; ++row, offset += params.channels * params.inner) {
    const T* const x = static_cast<const T*>(params.x) + offset;
    const T* const x_dot = static_cast<const T*>(params.x_dot) + offset;
    const auto add = [&](std::int64_t i, int lane) {
      const A tangent = static_cast<A>(x_dot[i]);
      tangents[lane] += tangent;
      products[lane] += (static_cast<A>(x[i]) - mean) * tangent;
    };
    std::int64_t i = 0;
    for (; i + kLanes <= length; i += kLanes) {
#pragma omp simd
      for (int lane = 0; lane < kLanes; ++lane) add(i + lane, lane);
    }
    for (int lane = 0; i < length; ++i, ++lane) add(i, lane);
  }
  return {folded(tangents), folded(products)};
}

template <typename T>
NormSums channel_sums(const NormPushforwardParams& params, const NormChunks& chunks, std::int64_t channel) {
  const auto mean = static_cast<const Accumulate<T>*>(params.mean)[channel];
  NormSums sums;
  for (std::int64_t row = 0; row < params.rows; row += chunks.rows) {
    for (std::int64_t begin = 0; begin < params.inner; begin += chunks.length) {
      const std::int64_t offset = (row * params.channels + channel) * params.inner + begin;
      const NormSums part = chunk_sums<T>(params, offset, std::min(chunks.rows, params.rows - row),
                                          std::min(chunks.length, params.inner - begin), mean);
      sums.tangent += part.tangent;
      sums.product += part.product;
    }
  }
  return sums;
}

template <typename T>
void pushforward_channel(const NormPushforwardParams& params, const NormChunks& chunks, std::int64_t channel) {
  const NormSums sums = needs_sums(params) ? channel_sums<T>(params, chunks, channel) : NormSums{};
  const auto one = norm_coefficients<Accumulate<T>>(params, channel, sums);
  for (std::int64_t row = 0; row < params.rows; ++row) {
    norm_result<T>(params, (row * params.channels + channel) * params.inner, params.inner, one);
  }
}

// The sums of a chunk of a matrix, [C].
template <typename T>
FAMUS_MULTIVERSION void matrix_sums(const NormPushforwardParams& params, const NormChunks& chunks, std::int64_t chunk,
                                    NormSums* sums) {
  using A = Accumulate<T>;
  const std::int64_t end = std::min((chunk + 1) * chunks.rows, params.rows);
  for (std::int64_t begin = 0; begin < params.channels; begin += chunks.tile) {
    const int width = static_cast<int>(std::min(chunks.tile, params.channels - begin));
    const A* const mean = static_cast<const A*>(params.mean) + begin;
    A tangents[kNormTile] = {};
    A products[kNormTile] = {};
    for (std::int64_t row = chunk * chunks.rows; row < end; ++row) {
      const T* const x = static_cast<const T*>(params.x) + row * params.channels + begin;
      const T* const x_dot = static_cast<const T*>(params.x_dot) + row * params.channels + begin;
#pragma omp simd
      for (int i = 0; i < width; ++i) {
        const A tangent = static_cast<A>(x_dot[i]);
        tangents[i] += tangent;
        products[i] += (static_cast<A>(x[i]) - mean[i]) * tangent;
      }
    }
    for (int i = 0; i < width; ++i) {
      sums[begin + i] = {static_cast<double>(tangents[i]), static_cast<double>(products[i])};
    }
  }
}

template <typename T>
void pushforward_matrix(const NormPushforwardParams& params, const NormChunks& chunks, int threads) {
  using A = Accumulate<T>;
  const std::int64_t columns = params.channels;
  const std::int64_t count = needs_sums(params) ? chunks.count : 0;
  NormSums* const partials = reinterpret_cast<NormSums*>(params.workspace);  // [count, C]
  parallel_for(threads, count, [&](std::int64_t i) { matrix_sums<T>(params, chunks, i, partials + i * columns); });

  // A line is a few rows: one of few channels alone would be too short for a loop.
  const std::int64_t line = std::clamp<std::int64_t>(kLine / columns, 1, chunks.rows) * columns;
  std::vector<A> scale(line), slope(line), shift(line), mean(line);
  for (std::int64_t channel = 0; channel < columns; ++channel) {
    NormSums sums;
    for (std::int64_t i = 0; i < count; ++i) {
      sums.tangent += partials[i * columns + channel].tangent;
      sums.product += partials[i * columns + channel].product;
    }
    const OneChannel<A> one = norm_coefficients<A>(params, channel, sums);
    for (std::int64_t i = channel; i < line; i += columns) {
      scale[i] = one.scale_, slope[i] = one.slope_, shift[i] = one.shift_, mean[i] = one.mean_;
    }
  }
  const EachChannel<A> each{scale.data(), slope.data(), shift.data(), mean.data()};
  parallel_for(threads, chunks.count, [&](std::int64_t chunk) {
    const std::int64_t end = std::min((chunk + 1) * chunks.rows, params.rows) * columns;
    for (std::int64_t begin = chunk * chunks.rows * columns; begin < end; begin += line) {
      norm_result<T>(params, begin, std::min(line, end - begin), each);
    }
  });
}

template <typename T>
void pushforward(const NormPushforwardParams& params, int threads) {
  const NormChunks chunks = norm_chunks(params.rows, params.channels, params.inner);
  if (params.inner == 1) return pushforward_matrix<T>(params, chunks, threads);
  parallel_for(threads, params.channels, [&](std::int64_t c) { pushforward_channel<T>(params, chunks, c); });
}

}  // namespace

void norm_pushforward_cpu(const NormPushforwardParams& params, int threads) {
  return dispatch<Float16, BFloat16>(
      params.dtype, [&](auto type) { return pushforward<typename decltype(type)::type>(params, threads); });
}

}  // namespace famus
