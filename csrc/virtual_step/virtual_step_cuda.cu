// The launcher of virtual_step. Formula: virtual_step.h; kernels: virtual_step.cuh.
#include <algorithm>

#include "core/launch.h"
#include "virtual_step/virtual_step.cuh"
#include "virtual_step/virtual_step.h"

namespace famus {
namespace {

constexpr long long kSegmentMultiple = 8;  // the most entries in a pack: segments then begin aligned if their row does

VirtualStepEntry entry_for(const VirtualStepTensor& tensor, double* partials) {
  const long long segments = row_segments(tensor.inner);
  const long long even = (tensor.inner + segments - 1) / segments;
  const long long segment = (even + kSegmentMultiple - 1) / kSegmentMultiple * kSegmentMultiple;
  return {tensor.w,
          tensor.g,
          tensor.w_hat,
          tensor.g_bar,
          partials,
          tensor.lr,
          1.0 / static_cast<double>(tensor.inner),
          tensor.rows,
          tensor.inner,
          0,
          static_cast<int>(segments),
          static_cast<int>(tensor.inner == 1 ? kRowSegment : segment)};
}

template <typename T>
Status launch(const VirtualStepParams& params, Stream stream) {
  const auto steps = [=](const VirtualStepTable& table, unsigned blocks) {
    FAMUS_LAUNCH((virtual_step_kernel<T>), blocks, kBlockThreads, stream, table);
  };
  const auto means = [=](const VirtualStepTable& table, unsigned blocks) {
    FAMUS_LAUNCH((virtual_step_mean_kernel<T>), blocks, kBlockThreads, stream, table);
  };
  TableLauncher<VirtualStepTable, decltype(steps)> step_launcher(steps);
  TableLauncher<VirtualStepTable, decltype(means)> mean_launcher(means);

  double* partials = params.workspace;
  std::vector<VirtualStepEntry> split;
  for (const VirtualStepTensor& tensor : params.tensors) {
    const VirtualStepEntry entry = entry_for(tensor, partials);
    const bool is_vector = tensor.inner == 1;
    step_launcher.add(entry, is_vector ? row_segments(tensor.rows) : tensor.rows * entry.segments);
    if (entry.segments > 1) {
      partials += tensor.rows * entry.segments;
      split.push_back(entry);
    }
  }
  const Status status = step_launcher.flush();
  if (status != cudaSuccess) return status;
  for (const VirtualStepEntry& entry : split) mean_launcher.add(entry, entry.rows);
  return mean_launcher.flush();
}

}  // namespace

Status virtual_step_cuda(const VirtualStepParams& params, Stream stream) {
  return dispatch<__half, __nv_bfloat16>(
      params.dtype, [&](auto type) { return launch<typename decltype(type)::type>(params, stream); });
}

}  // namespace famus
