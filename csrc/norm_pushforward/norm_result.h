// norm_pushforward on the CPU: a channel's coefficients, and the result of a run of entries. Formula:
// norm_pushforward.h.
#pragma once

#include <type_traits>

#include "core/half.h"
#include "core/multiversion.h"
#include "norm_pushforward/norm_pushforward.h"

namespace famus {

// Of one channel, or of a part of it.
struct NormSums {
  double tangent = 0;  // Σ x_dot
  double product = 0;  // Σ (x - μ) x_dot
};

// The coefficients of entry i: the same for all, or those of a channel each.
template <typename A>
struct OneChannel {
  A scale_, slope_, shift_, mean_;
  A scale(std::int64_t) const { return scale_; }
  A slope(std::int64_t) const { return slope_; }
  A shift(std::int64_t) const { return shift_; }
  A mean(std::int64_t) const { return mean_; }
};

template <typename A>
struct EachChannel {
  const A *scale_, *slope_, *shift_, *mean_;
  A scale(std::int64_t i) const { return scale_[i]; }
  A slope(std::int64_t i) const { return slope_[i]; }
  A shift(std::int64_t i) const { return shift_[i]; }
  A mean(std::int64_t i) const { return mean_[i]; }
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

// out of `count` entries from `offset` on; `channel` counts from their first.
template <typename T, typename Channel>
FAMUS_MULTIVERSION void norm_result(const NormPushforwardParams& params, std::int64_t offset, std::int64_t count,
                                    const Channel& coefficients) {
  using A = Accumulate<T>;
  const Channel channel = coefficients;  // nothing that is written can change the copy
  const auto from_offset = [=](const void* tensor) {
    return tensor ? static_cast<const T*>(tensor) + offset : nullptr;
  };
  const T* const x = from_offset(params.x);
  const T* const x_dot = from_offset(params.x_dot);
  const T* const relu = from_offset(params.relu);
  T* const out = static_cast<T*>(params.out) + offset;
  choose(needs_x(params), [=](auto has_x) {
    choose(params.x_dot, [=](auto has_x_dot) {
      choose(params.relu, [=](auto has_relu) {
#pragma omp simd
        for (std::int64_t i = 0; i < count; ++i) {
          A value = channel.shift(i);
          if constexpr (has_x) value += channel.slope(i) * (static_cast<A>(x[i]) - channel.mean(i));
          if constexpr (has_x_dot) value += channel.scale(i) * static_cast<A>(x_dot[i]);
          if constexpr (has_relu) value = static_cast<A>(relu[i]) <= 0 ? 0 : value;
          out[i] = value;
        }
      });
    });
  });
}

}  // namespace famus
