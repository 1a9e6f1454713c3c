// float16 and bfloat16 on the CPU: storage types with conversions to and from float32, rounding to nearest even.
// Without branches, so that the compiler turns loops over them into vector instructions of any instruction set; a loop
// assigns the float32 itself, since it keeps no temporary of a class in a vector register.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "core/accumulate.h"

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
  explicit BFloat16(float value) { *this = value; }
  BFloat16& operator=(float value) {
    const std::uint32_t source = float_bits(value);
    const std::uint32_t rounded = (source + 0x7fffu + ((source >> 16) & 1u)) >> 16;
    const std::uint32_t quiet_nan = (source >> 16) | 0x40u;  // rounding could carry a NaN into infinity
    bits = static_cast<std::uint16_t>(value != value ? quiet_nan : rounded);
    return *this;
  }
  operator float() const { return bits_float(static_cast<std::uint32_t>(bits) << 16); }
};

// 1 sign bit, 5 of exponent (bias 15), 10 of fraction.
struct Float16 {
  std::uint16_t bits;

  Float16() = default;
  explicit Float16(float value) { *this = value; }
  Float16& operator=(float value) {
    const std::uint32_t source = float_bits(value);
    // 2^16 and above become infinity, to which 65520 and above round.
    const std::uint32_t magnitude = std::min(source & 0x7fffffffu, 0x47800000u);
    // Normal: exponent bias 127 -> 15, 13 fraction bits rounded off. Adding may carry into the exponent, as it should.
    const std::uint32_t normal = (magnitude - (112u << 23) + 0xfffu + ((magnitude >> 13) & 1u)) >> 13;
    // Subnormal: at 0.5 the last place of float32 is 2^-24, the last place of a subnormal: one addition rounds.
    const std::uint32_t subnormal = float_bits(bits_float(magnitude) + 0.5f) - float_bits(0.5f);
    std::uint32_t result = magnitude < (113u << 23) ? subnormal : normal;
    result = value != value ? 0x7e00u : result;
    bits = static_cast<std::uint16_t>(result | ((source >> 16) & 0x8000u));
    return *this;
  }
  operator float() const {
    // Sign-extended, so that the shift leaves the sign on top. Scaling by 2^112 moves the exponent's bias from 15 to
    // 127 and normalises subnormals on the way.
    const std::uint32_t extended = static_cast<std::uint32_t>(static_cast<std::int16_t>(bits));
    const std::uint32_t finite = float_bits(bits_float((extended << 13) & 0x8fffffffu) * 0x1p112f);
    return bits_float((bits & 0x7c00u) == 0x7c00u ? finite | 0x7f800000u : finite);  // infinity, NaN
  }
};

}  // namespace famus
