// norm_pushforward on the CPU: a channel's coefficients, and the result of a run of entries. Formula:
// norm_pushforward.h.
#pragma once

#include <type_traits>

#include "core/multiversion.h"
#include "core/piece.h"
#include "norm_pushforward/norm_pushforward.h"

namespace famus {

// Of one channel, or of a piece of it.
struct NormSums {
  double tangent = 0;  // Σ x_dot
  double product = 0;  // Σ (x - μ) x_dot
};

// The coefficients of entry i: the same for all, or those of a channel each.
template <typename A>
struct OneChannel {
  A scale_, slope_, shift_, mean_;
  A scale(int) const { return scale_; }
  A slope(int) const { return slope_; }
  A shift(int) const { return shift_; }
  A mean(int) const { return mean_; }
  OneChannel from(std::int64_t) const { return *this; }
};

template <typename A>
struct EachChannel {
  const A *scale_, *slope_, *shift_, *mean_;
  A scale(int i) const { return scale_[i]; }
  A slope(int i) const { return slope_[i]; }
  A shift(int i) const { return shift_[i]; }
  A mean(int i) const { return mean_[i]; }
  EachChannel from(std::int64_t i) const { return {scale_ + i, slope_ + i, shift_ + i, mean_ + i}; }
};

template <typename A>
OneChannel<A> norm_coefficients(const NormPushforwardParams& params, std::int64_t channel, const NormSums& sums) {
  const auto entry = [channel](const void* vector, A absent) {
    return vector ? static_cast<const A*>(vector)[channel] : absent;
  };
  const double inverse_std = entry(params.inverse_std, 1);
  const double scale = inverse_std * entry(params.weight, 1);
  const double count = static_cast<double>(params.rows) * static_cast<double>(params.inner);
  const double slope = entry(params.weight_dot, 0) - scale * inverse_std * sums.product / count;
  const double shift = entry(params.bias_dot, 0) - scale * sums.tangent / count;
  return {static_cast<A>(scale), static_cast<A>(slope * inverse_std), static_cast<A>(shift), entry(params.mean, 0)};
}

// Calls function(std::true_type) or function(std::false_type): a loop is compiled for each choice of what is there.
template <typename Function>
void choose(bool value, Function function) {
  value ? function(std::true_type{}) : function(std::false_type{});
}

template <typename T, typename Channel>
void norm_result_of_piece(const NormPushforwardParams& params, std::int64_t offset, int count, const Channel channel) {
  using A = Accumulate<T>;
  Piece<T> x_piece, x_dot_piece, relu_piece;
  WrittenPiece<T> out(params.out, offset);
  A* const result = out.data();
  choose(needs_x(params), [&](auto has_x) {
    choose(params.x_dot, [&](auto has_x_dot) {
      choose(params.relu, [&](auto has_relu) {
        const A* const x = has_x ? x_piece.of(params.x, offset, count) : nullptr;
        const A* const x_dot = has_x_dot ? x_dot_piece.of(params.x_dot, offset, count) : nullptr;
        const A* const relu = has_relu ? relu_piece.of(params.relu, offset, count) : nullptr;
#pragma omp simd
        for (int i = 0; i < count; ++i) {
          A value = channel.shift(i);
          if constexpr (has_x) value += channel.slope(i) * (x[i] - channel.mean(i));
          if constexpr (has_x_dot) value += channel.scale(i) * x_dot[i];
          if constexpr (has_relu) value = relu[i] <= 0 ? 0 : value;
          result[i] = value;
        }
      });
    });
  });
  out.round(count);
}

// out of `count` entries from `offset` on; `channel` counts from their first.
template <typename T, typename Channel>
FAMUS_MULTIVERSION void norm_result(const NormPushforwardParams& params, std::int64_t offset, std::int64_t count,
                                    const Channel& channel) {
  for_pieces(count, [&](std::int64_t begin, int size) {
    norm_result_of_piece<T>(params, offset + begin, size, channel.from(begin));
  });
}

}  // namespace famus
