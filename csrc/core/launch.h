// How the host launches kernels: one macro for every launch, and tables of tensors cut into as many launches as they
// need.
#pragma once

#include <cuda_runtime_api.h>

#include "core/stream.h"
#include "core/table.cuh"
#include "core/warp.cuh"

// Takes the kernel in parentheses, for the commas between its template arguments.
#ifndef FAMUS_LAUNCH
#define FAMUS_LAUNCH(kernel, blocks, threads, stream, ...) \
  FAMUS_LAUNCH_NAME kernel<<<blocks, threads, 0, stream>>>(__VA_ARGS__)
#define FAMUS_LAUNCH_NAME(...) __VA_ARGS__
#endif

namespace famus {

// Collects entries and launches whenever the table is full. `launch` takes a table and its number of blocks.
template <typename Table, typename Launch>
class TableLauncher {
 public:
  explicit TableLauncher(Launch launch) : launch_(launch) {}

  // Adds an entry that is worth `units` warps.
  template <typename Entry>
  void add(Entry entry, long long units) {
    entry.first_unit = table_.units;
    table_.entries[table_.count++] = entry;
    table_.units += units;
    if (table_.count == Table::kCapacity) flush();
  }

  // Launches what has been collected; the status of the first launch that failed.
  Status flush() {
    // Empty tensors alone would make a grid without blocks, which CUDA refuses.
    if (table_.units > 0 && status_ == cudaSuccess) {
      launch_(table_, static_cast<unsigned>((table_.units + kBlockWarps - 1) / kBlockWarps));
      status_ = cudaGetLastError();
    }
    table_ = {};
    return status_;
  }

 private:
  Launch launch_;
  Table table_ = {};
  Status status_ = cudaSuccess;
};

}  // namespace famus
