// Runs of a tensor's entries in the type they are computed in. Those of 16 bits are converted piece by piece, within
// the first-level cache and in loops of their own: together with arithmetic they would not become vector instructions.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "core/half.h"

namespace famus {

constexpr int kPiece = 512;  // entries

// Calls function(begin, count) for every piece of n entries, in order.
template <typename Function>
inline void for_pieces(std::int64_t n, Function function) {
  for (std::int64_t begin = 0; begin < n; begin += kPiece) {
    function(begin, static_cast<int>(std::min<std::int64_t>(kPiece, n - begin)));
  }
}

// Up to kPiece entries to read: themselves if they are of the type, or a converted copy.
template <typename T>
class Piece {
 public:
  const Accumulate<T>* of(const void* tensor, std::int64_t offset, int count) {
    const T* const entries = static_cast<const T*>(tensor) + offset;
    if constexpr (std::is_same_v<T, Accumulate<T>>) {
      return entries;
    } else {
      for (int i = 0; i < count; ++i) copy_[i] = static_cast<Accumulate<T>>(entries[i]);
      return copy_;
    }
  }

 private:
  Accumulate<T> copy_[kPiece];
};

// Up to kPiece entries to write: themselves if they are of the type, or a buffer that round() copies to them.
template <typename T>
class WrittenPiece {
 public:
  WrittenPiece(void* tensor, std::int64_t offset) : entries_(static_cast<T*>(tensor) + offset) {}

  Accumulate<T>* data() {
    if constexpr (std::is_same_v<T, Accumulate<T>>) {
      return entries_;
    } else {
      return buffer_;
    }
  }

  void round(int count) {
    if constexpr (!std::is_same_v<T, Accumulate<T>>) {
      for (int i = 0; i < count; ++i) entries_[i] = static_cast<T>(buffer_[i]);
    }
  }

 private:
  T* entries_;
  Accumulate<T> buffer_[kPiece];
};

}  // namespace famus
