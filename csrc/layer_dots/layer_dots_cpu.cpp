// layer_dots on the CPU. Formula: layer_dots.h.
//
// Bytes: reads a and b once. Mapping: a task is kTaskChunks chunks of one pair. Deterministic, whatever the number of
// threads: chunks are cut by position alone and added up in order.
#include "layer_dots/layer_dots.h"

#include "core/blocked_sum.h"
#include "core/half.h"
#include "core/multiversion.h"
#include "core/parallel.h"

namespace famus {
namespace {

constexpr std::int64_t kTaskChunks = 16;

struct Task {
  const LayerDotsPair* pair;
  std::int64_t begin, end;  // chunks of the pair
  double* partials;         // of the pair's first chunk
};

template <typename T>
FAMUS_MULTIVERSION void dot_chunks_of(const Task& task) {
  using A = Accumulate<T>;
  for (std::int64_t chunk = task.begin; chunk < task.end; ++chunk) {
    const std::int64_t offset = chunk * kDotChunk;
    const T* const a = static_cast<const T*>(task.pair->a) + offset;
    const T* const b = static_cast<const T*>(task.pair->b) + offset;
    task.partials[chunk] = blocked_sum<A>(
        std::min(kDotChunk, task.pair->size - offset),
        [=](std::int64_t i) { return static_cast<A>(a[i]) * static_cast<A>(b[i]); }, a, b);
  }
}

template <typename T>
void dots(const LayerDotsParams& params, int threads) {
  using A = Accumulate<T>;
  std::vector<Task> tasks;
  double* partials = params.workspace;
  for (const LayerDotsPair& pair : params.pairs) {
    const std::int64_t chunks = dot_chunks(pair.size);
    for (std::int64_t begin = 0; begin < chunks; begin += kTaskChunks) {
      tasks.push_back({&pair, begin, std::min(begin + kTaskChunks, chunks), partials});
    }
    partials += chunks;
  }
  parallel_for(threads, static_cast<std::int64_t>(tasks.size()), [&](std::int64_t i) { dot_chunks_of<T>(tasks[i]); });

  std::vector<double> sums(params.layers, 0.0);
  partials = params.workspace;
  for (const LayerDotsPair& pair : params.pairs) {
    for (std::int64_t chunk = dot_chunks(pair.size); chunk > 0; --chunk) sums[pair.layer] += *partials++;
  }
  std::transform(sums.begin(), sums.end(), static_cast<A*>(params.out), [](double sum) { return static_cast<A>(sum); });
}

}  // namespace

void layer_dots_cpu(const LayerDotsParams& params, int threads) {
  return dispatch<Float16, BFloat16>(params.dtype,
                                     [&](auto type) { return dots<typename decltype(type)::type>(params, threads); });
}

}  // namespace famus
