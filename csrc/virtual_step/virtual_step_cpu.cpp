// virtual_step on the CPU. Formula and layout: virtual_step.h.
//
// Bytes: reads w and g, writes w_hat, once each. Mapping: a task is a run of whole rows with about kTaskEntries
// entries; a single row is never split between threads. Deterministic: a row's sum depends on nothing but the row.
#include "virtual_step/virtual_step.h"

#include "core/blocked_sum.h"
#include "core/multiversion.h"
#include "core/parallel.h"
#include "core/piece.h"

namespace famus {
namespace {

constexpr std::int64_t kTaskEntries = 1 << 16;

struct Task {
  const VirtualStepTensor* tensor;
  std::int64_t begin, end;  // rows
};

// w_hat of `count` entries from `offset` on; the sum of g over them.
template <typename T>
double step_piece(const VirtualStepTensor& tensor, std::int64_t offset, int count) {
  using A = Accumulate<T>;
  Piece<T> w_piece, g_piece;
  WrittenPiece<T> w_hat_piece(tensor.w_hat, offset);
  const A lr = static_cast<A>(tensor.lr);
  const A* const w = w_piece.of(tensor.w, offset, count);
  const A* const g = g_piece.of(tensor.g, offset, count);
  A* const w_hat = w_hat_piece.data();
  const double sum = blocked_sum<A>(count, [=](std::int64_t i) {
    w_hat[i] = w[i] - lr * g[i];
    return g[i];
  });
  w_hat_piece.round(count);
  return sum;
}

template <typename T>
FAMUS_MULTIVERSION void step_rows(const Task& task) {
  using A = Accumulate<T>;
  const VirtualStepTensor& tensor = *task.tensor;
  for (std::int64_t row = task.begin; row < task.end; ++row) {
    double sum = 0;
    for_pieces(tensor.inner,
               [&](std::int64_t begin, int count) { sum += step_piece<T>(tensor, row * tensor.inner + begin, count); });
    static_cast<A*>(tensor.g_bar)[row] = static_cast<A>(sum / static_cast<double>(tensor.inner));
  }
}

template <typename T>
FAMUS_MULTIVERSION void step_vector(const Task& task) {
  using A = Accumulate<T>;
  const VirtualStepTensor& tensor = *task.tensor;
  const T* g = static_cast<const T*>(tensor.g);
  for_pieces(task.end - task.begin,
             [&](std::int64_t begin, int count) { step_piece<T>(tensor, task.begin + begin, count); });
  for (std::int64_t i = task.begin; i < task.end; ++i) static_cast<A*>(tensor.g_bar)[i] = static_cast<A>(g[i]);
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
