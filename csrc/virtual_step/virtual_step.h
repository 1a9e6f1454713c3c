// Virtual-Train (FaMUS, Eq. 3) and the average pooling of the gradient sampler's input (Eq. 8), for many tensors at
// once:
//
//   w_hat = w - lr * g                            [D, inner]
//   g_bar[d] = (1 / inner) * sum_i g[d, i]        [D]
//
// from one read of g. Every tensor is a matrix whose D rows lie one after another; the order of the entries within a
// row is the same in w, g and w_hat and otherwise free, so channels-last weights are such matrices too.
#pragma once

#include <cstdint>
#include <vector>

#include "core/dtype.h"
#include "core/stream.h"

namespace famus {

// On a GPU a warp takes a row, or one of the equal segments of a row longer than kRowSegment entries.
constexpr std::int64_t kRowSegment = 2048;

struct VirtualStepTensor {
  const void* w;       // [D, inner]
  const void* g;       // [D, inner]
  void* w_hat;         // [D, inner]
  void* g_bar;         // [D], float32, for float64 float64
  std::int64_t rows;   // D
  std::int64_t inner;  // at least 1
  double lr;
};

struct VirtualStepParams {
  DType dtype;  // of every w, g, w_hat
  std::vector<VirtualStepTensor> tensors;
  double* workspace;  // virtual_step_workspace entries on a GPU; not used on the CPU
};

inline std::int64_t row_segments(std::int64_t inner) { return (inner + kRowSegment - 1) / kRowSegment; }

// Number of float64 entries that virtual_step_cuda needs in workspace: one for each segment of the rows that are split.
inline std::int64_t virtual_step_workspace(const VirtualStepParams& params) {
  std::int64_t entries = 0;
  for (const VirtualStepTensor& tensor : params.tensors) {
    const std::int64_t segments = row_segments(tensor.inner);
    if (segments > 1) entries += tensor.rows * segments;
  }
  return entries;
}

void virtual_step_cpu(const VirtualStepParams& params, int threads);
Status virtual_step_cuda(const VirtualStepParams& params, Stream stream);

}  // namespace famus
