// pairwise_gradient_dots on the CPU. Formula and the two ways: pairwise_gradient_dots.h.
//
// Deterministic, whatever the number of threads and the processor: tiles and blocks are cut by the sizes alone.
#include "pairwise_gradient_dots/pairwise_gradient_dots.h"

#include "pairwise_gradient_dots/gradient_tiles.h"
#include "pairwise_gradient_dots/gram_blocks.h"

namespace famus {

std::int64_t pairwise_gradient_dots_workspace_cpu(const PairwiseGradientDotsParams& params) {
  if (pairwise_way(params) == PairwiseWay::kGram) return 0;
  return dispatch<Float16, BFloat16>(params.dtype, [&](auto type) {
    return gradient_tiles_workspace<Accumulate<typename decltype(type)::type>>(params);
  });
}

void pairwise_gradient_dots_cpu(const PairwiseGradientDotsParams& params, int threads) {
  dispatch<Float16, BFloat16>(params.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    if (pairwise_way(params) == PairwiseWay::kGram) {
      GramProducts<T>(params).run(threads);
    } else {
      GradientProducts<T>(params).run(threads);
    }
  });
}

}  // namespace famus
