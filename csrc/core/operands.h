// What a call from Python names by address, checked before a kernel touches it: a null or misaligned address, a
// negative size, and an output that overlaps another operand are refused. Whether the memory is there, and as long as
// the sizes say, cannot be seen from here; famus_ext/ops allocates it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/dtype.h"

namespace famus {

constexpr int kMaxThreads = 4096;  // a number that no machine has would end the process: OpenMP cannot start them

[[noreturn]] inline void refuse(const char* name, const std::string& expected, const std::string& got) {
  throw std::invalid_argument(std::string(name) + ": expected " + expected + ", got " + got);
}

inline void expect_at_least(std::int64_t least, std::int64_t value, const char* name) {
  if (value < least) refuse(name, "at least " + std::to_string(least), std::to_string(value));
}

inline void expect_threads(int threads) {
  if (threads < 1 || threads > kMaxThreads) {
    refuse("threads", "1 to " + std::to_string(kMaxThreads), std::to_string(threads));
  }
}

// Bytes of an entry.
inline std::int64_t entry_size(DType dtype) {
  return dispatch<std::uint16_t, std::uint16_t>(
      dtype, [](auto type) { return static_cast<std::int64_t>(sizeof(typename decltype(type)::type)); });
}

// Bytes of a sum of such entries.
inline std::int64_t sum_size(DType dtype) { return std::max<std::int64_t>(entry_size(dtype), sizeof(float)); }

class Operands {
 public:
  using Shape = std::initializer_list<std::int64_t>;

  // `size` is that of an entry in bytes, to whose multiples the address must be aligned.
  void reads(const char* name, const void* address, Shape shape, std::int64_t size) {
    add(inputs_, name, address, shape, size);
  }

  // One that may be absent.
  void may_read(const char* name, const void* address, Shape shape, std::int64_t size) {
    if (address != nullptr) reads(name, address, shape, size);
  }

  void writes(const char* name, const void* address, Shape shape, std::int64_t size) {
    add(outputs_, name, address, shape, size);
  }

  void may_write(const char* name, const void* address, Shape shape, std::int64_t size) {
    if (address != nullptr) writes(name, address, shape, size);
  }

  // Refuses an output that shares memory with an input or with another output.
  void expect_outputs_apart() {
    std::sort(outputs_.begin(), outputs_.end(), [](const Span& a, const Span& b) { return a.begin < b.begin; });
    for (std::size_t i = 1; i < outputs_.size(); ++i) expect_apart(outputs_[i], outputs_[i - 1]);
    for (const Span& input : inputs_) {
      const auto beyond = std::lower_bound(outputs_.begin(), outputs_.end(), input.end,
                                           [](const Span& output, std::uintptr_t end) { return output.begin < end; });
      if (beyond != outputs_.begin()) expect_apart(*std::prev(beyond), input);
    }
  }

 private:
  struct Span {
    const char* name;
    std::uintptr_t begin, end;  // bytes
  };

  static void add(std::vector<Span>& spans, const char* name, const void* address, Shape shape, std::int64_t size) {
    const auto begin = reinterpret_cast<std::uintptr_t>(address);
    const auto bytes = static_cast<std::uintptr_t>(byte_count(name, shape, size));
    if (bytes == 0) return;
    if (address == nullptr) refuse(name, "an address", "null");
    if (begin % static_cast<std::uintptr_t>(size) != 0) {
      refuse(name, "an address that is a multiple of " + std::to_string(size), std::to_string(begin));
    }
    if (bytes > std::numeric_limits<std::uintptr_t>::max() - begin) {
      refuse(name, "memory that ends", std::to_string(bytes) + " bytes from address " + std::to_string(begin) + " on");
    }
    spans.push_back({name, begin, begin + bytes});
  }

  static std::int64_t byte_count(const char* name, Shape shape, std::int64_t size) {
    std::int64_t count = size;
    for (const std::int64_t length : shape) {
      expect_at_least(0, length, name);
      if (length > 0 && count > std::numeric_limits<std::int64_t>::max() / length) {
        refuse(name, "fewer than 2^63 bytes", "more");
      }
      count *= length;
    }
    return count;
  }

  static void expect_apart(const Span& output, const Span& other) {
    if (output.begin < other.end && other.begin < output.end) {
      refuse(output.name, "memory of its own", std::string("some that overlaps ") + other.name);
    }
  }

  std::vector<Span> inputs_, outputs_;
};

}  // namespace famus
