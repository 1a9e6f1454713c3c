// Cases and results in files, in the machine's byte order; arrays that each have a block of memory of exactly their
// size.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "dtype.h"

namespace shim {

struct Array {
  std::unique_ptr<char, decltype(&std::free)> memory;
  char* data;
  std::size_t bytes;

  explicit Array(std::size_t size, std::size_t offset = 0)
      : memory(static_cast<char*>(std::malloc(offset + size)), &std::free), data(memory.get() + offset), bytes(size) {}
};

template <typename T>
bool read(std::FILE* file, T& value) {
  return std::fread(&value, sizeof(T), 1, file) == 1;
}

inline void read_entries(std::FILE* file, const Array& array) {
  if (std::fread(array.data, 1, array.bytes, file) != array.bytes) std::abort();
}

inline void write(std::FILE* file, const Array& array) { std::fwrite(array.data, 1, array.bytes, file); }

inline std::int64_t size_of(famus::DType dtype) {
  return dtype == famus::DType::kFloat64 ? 8 : dtype == famus::DType::kFloat32 ? 4 : 2;
}

}  // namespace shim
