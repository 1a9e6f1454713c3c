// virtual_step on the CPU. Formula and layout: virtual_step.h.
//
// Bytes: reads w and g, writes w_hat, once each. Mapping: a task is a run of whole rows with about kTaskEntries
// entries; a single row is never split between threads. Deterministic: a row's sum depends on nothing but the row.
#include "virtual_step/virtual_step.h"

#include "core/blocked_sum.h"
#include "core/half.h"
#include "core/parallel.h"

namespace famus {
namespace {

constexpr std::int64_t kTaskEntries = 1 << 16;

struct Task {
  const VirtualStepTensor* tensor;
  std::int64_t begin, end;  // rows
};

template <typename T>
void step_rows(const Task& task) {
  using A = Accumulate<T>;
  const VirtualStepTensor& tensor = *task.tensor;
  const A lr = static_cast<A>(tensor.lr);
  for (std::int64_t row = task.begin; row < task.end; ++row) {
    const std::int64_t offset = row * tensor.inner;
    const T* __restrict__ w = static_cast<const T*>(tensor.w) + offset;
    const T* __restrict__ g = static_cast<const T*>(tensor.g) + offset;
    T* __restrict__ w_hat = static_cast<T*>(tensor.w_hat) + offset;
    const double sum = blocked_sum<A>(tensor.inner, [=](std::int64_t i) {
      const A gradient = static_cast<A>(g[i]);
      w_hat[i] = static_cast<T>(static_cast<A>(w[i]) - lr * gradient);
      return gradient;
    });
    static_cast<A*>(tensor.g_bar)[row] = static_cast<A>(sum / static_cast<double>(tensor.inner));
  }
}

template <typename T>
void step_vector(const Task& task) {
  using A = Accumulate<T>;
  const VirtualStepTensor& tensor = *task.tensor;
  const A lr = static_cast<A>(tensor.lr);
  const T* __restrict__ w = static_cast<const T*>(tensor.w);
  const T* __restrict__ g = static_cast<const T*>(tensor.g);
  T* __restrict__ w_hat = static_cast<T*>(tensor.w_hat);
  A* __restrict__ g_bar = static_cast<A*>(tensor.g_bar);
  for (std::int64_t i = task.begin; i < task.end; ++i) {
    g_bar[i] = static_cast<A>(g[i]);
    w_hat[i] = static_cast<T>(static_cast<A>(w[i]) - lr * g_bar[i]);
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
