// What every driver does: cases come from a file and results go to another, in the machine's byte order; arrays that
// each have a block of memory of exactly their size.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "core/dtype.h"

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

// An array of that many bytes read from the file.
inline Array filled(std::FILE* file, std::size_t bytes, std::size_t offset = 0) {
  Array array(bytes, offset);
  read_entries(file, array);
  return array;
}

inline void write(std::FILE* file, const Array& array) { std::fwrite(array.data, 1, array.bytes, file); }

inline std::int64_t size_of(famus::DType dtype) {
  return dtype == famus::DType::kFloat64 ? 8 : dtype == famus::DType::kFloat32 ? 4 : 2;
}

// Of the dtype that sums are kept in.
inline std::int64_t sum_size_of(famus::DType dtype) { return dtype == famus::DType::kFloat64 ? 8 : 4; }

// A program that reads headers up to the end of its first file, and writes what `run` makes of each to the second.
template <typename Header>
int run_cases(char** arguments, void (*run)(std::FILE* cases, std::FILE* results, const Header& header)) {
  std::FILE* cases = std::fopen(arguments[1], "rb");
  std::FILE* results = std::fopen(arguments[2], "wb");
  for (Header header; read(cases, header);) run(cases, results, header);
  std::fclose(results);
  std::fclose(cases);
  return 0;
}

}  // namespace shim

// Not inline: the launchers of the op want it too, and a program has one driver.
cudaError_t cudaGetLastError() { return cudaSuccess; }
