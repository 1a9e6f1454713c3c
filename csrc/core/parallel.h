// A loop over independent tasks on a given number of threads.
#pragma once

#include <cstdint>

namespace famus {

// Calls task(i) for i in [0, count). With one thread no OpenMP region is entered: a region in a forked child of a
// process that has run one before hangs, and data loaders' workers, which are such children, are told to use one
// thread.
template <typename Task>
inline void parallel_for(int threads, std::int64_t count, Task task) {
  if (threads <= 1 || count <= 1) {
    for (std::int64_t i = 0; i < count; ++i) task(i);
    return;
  }
#pragma omp parallel for schedule(dynamic) num_threads(threads)
  for (std::int64_t i = 0; i < count; ++i) task(i);
}

}  // namespace famus
