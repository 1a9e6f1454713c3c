// float16 and bfloat16 on the CPU: storage types with conversions to and from float32, rounding to nearest even.
// Without branches, so that the compiler turns loops over them into vector instructions of any instruction set.
#pragma once

#include <cstdint>
#include <cstring>

namespace famus {

inline std::uint32_t float_bits(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

inline float bits_float(std::uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

// 1 sign bit, 8 of exponent, 7 of fraction: the upper half of a float32.
struct BFloat16 {
  std::uint16_t bits;

  BFloat16() = default;
  explicit BFloat16(float value) {
    const std::uint32_t source = float_bits(value);
    const std::uint32_t rounded = (source + 0x7fffu + ((source >> 16) & 1u)) >> 16;
    const std::uint32_t quiet_nan = (source >> 16) | 0x40u;  // rounding could carry a NaN into infinity
    bits = static_cast<std::uint16_t>((source & 0x7fffffffu) > 0x7f800000u ? quiet_nan : rounded);
  }
  operator float() const { return bits_float(static_cast<std::uint32_t>(bits) << 16); }
};

// 1 sign bit, 5 of exponent (bias 15), 10 of fraction.
struct Float16 {
  std::uint16_t bits;

  Float16() = default;
  explicit Float16(float value) {
    const std::uint32_t source = float_bits(value);
    const std::uint32_t magnitude = source & 0x7fffffffu;
    // Normal: exponent bias 127 -> 15, 13 fraction bits rounded off. Adding may carry into the exponent, as it should.
    const std::uint32_t normal = (magnitude - (112u << 23) + 0xfffu + ((magnitude >> 13) & 1u)) >> 13;
    // Subnormal: at 0.5 the last place of float32 is 2^-24, the last place of a subnormal: one addition rounds.
    const std::uint32_t subnormal = float_bits(bits_float(magnitude) + 0.5f) - float_bits(0.5f);
    std::uint32_t result = magnitude < (113u << 23) ? subnormal : normal;
    result = magnitude >= 0x477ff000u ? 0x7c00u : result;  // 65520 and above round to infinity
    result = magnitude > 0x7f800000u ? 0x7e00u : result;   // NaN
    bits = static_cast<std::uint16_t>(result | ((source >> 16) & 0x8000u));
  }
  operator float() const {
    const std::uint32_t magnitude = bits & 0x7fffu;
    // Scaling by 2^112 moves the exponent's bias from 15 to 127 and normalises subnormals on the way.
    const float finite = bits_float(magnitude << 13) * 0x1p112f;
    const std::uint32_t result = magnitude >= 0x7c00u ? (magnitude << 13) | 0x7f800000u : float_bits(finite);
    return bits_float(result | (static_cast<std::uint32_t>(bits & 0x8000u) << 16));
  }
};

// The type sums of T are formed in.
template <typename T>
struct AccumulateOf {
  using type = float;
};
template <>
struct AccumulateOf<double> {
  using type = double;
};
template <typename T>
using Accumulate = typename AccumulateOf<T>::type;

}  // namespace famus
