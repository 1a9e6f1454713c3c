// virtual_step on the CPU. Formula and layout: virtual_step.h.
//
// Bytes: reads w and g, writes w_hat, once each. Mapping: a task is a run of whole rows with about kTaskEntries
// entries; a single row is never split between threads. Deterministic: a row's sum depends on nothing but the row.
#include "virtual_step/virtual_step.h"

#include "core/blocked_sum.h"
#include "core/half.h"
#include "core/multiversion.h"
#include "core/parallel.h"

namespace famus {
namespace {

constexpr std::int64_t kTaskEntries = 1 << 16;

struct Task {
  const VirtualStepTensor* tensor;
  std::int64_t begin, end;  // rows
};

// One entry: w_hat, and g as it is summed.
template <typename T>
Accumulate<T> step_entry(const VirtualStepTensor& tensor, std::int64_t i) {
  using A = Accumulate<T>;
  const A g = static_cast<A>(static_cast<const T*>(tensor.g)[i]);
  const A w = static_cast<A>(static_cast<const T*>(tensor.w)[i]);
  static_cast<T*>(tensor.w_hat)[i] = w - static_cast<A>(tensor.lr) * g;
  return g;
}

template <typename T>
FAMUS_MULTIVERSION void step_rows(const Task& task) {
  using A = Accumulate<T>;
  const VirtualStepTensor tensor = *task.tensor;
  for (std::int64_t row = task.begin; row < task.end; ++row) {
    const std::int64_t first = row * tensor.inner;
    const double sum = blocked_sum<A>(
        tensor.inner, [=](std::int64_t i) { return step_entry<T>(tensor, first + i); },
        static_cast<const T*>(tensor.w) + first, static_cast<const T*>(tensor.g) + first);
    static_cast<A*>(tensor.g_bar)[row] = static_cast<A>(sum / static_cast<double>(tensor.inner));
  }
}

template <typename T>
FAMUS_MULTIVERSION void step_vector(const Task& task) {
  const VirtualStepTensor tensor = *task.tensor;
#pragma omp simd
  for (std::int64_t i = task.begin; i < task.end; ++i) {
    static_cast<Accumulate<T>*>(tensor.g_bar)[i] = step_entry<T>(tensor, i);
  }
}

template <typename T>
void step(const VirtualStepParams& params, int threads) {
  std::vector<Task> tasks;
  for (const VirtualStepTensor& tensor : params.tensors) {
    const std::int64_t rows = std::max<std::int64_t>(1, kTaskEntries / tensor.inner);
    for (std::int64_t begin = 0; begin < tensor.rows; begin += rows) {
      tasks.push_back({&tensor, begin, std::min(begin + rows, tensor.rows)});
    }
  }
  parallel_for(threads, static_cast<std::int64_t>(tasks.size()), [&](std::int64_t i) {
    tasks[i].tensor->inner == 1 ? step_vector<T>(tasks[i]) : step_rows<T>(tasks[i]);
  });
}

}  // namespace

void virtual_step_cpu(const VirtualStepParams& params, int threads) {
  return dispatch<Float16, BFloat16>(params.dtype,
                                     [&](auto type) { return step<typename decltype(type)::type>(params, threads); });
}

}  // namespace famus
