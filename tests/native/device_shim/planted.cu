// A block-wide sum with one bug, chosen on the command line: what the shim and its sanitizers must find.
#include <cstdlib>
#include <string>
#include <vector>

#include "core/launch.h"

enum Bug { kNone, kMissingBarrier, kRaceBetweenBlocks, kSharedTooSmall, kPastTheEnd, kDivergentBarrier, kEarlyReturn };

__global__ void sum(const float* x, float* out, int bug) {
  using famus::kBlockThreads;
  FAMUS_SHARED(float, sums, bug == kSharedTooSmall ? kBlockThreads - 1 : kBlockThreads);
  const int thread = static_cast<int>(threadIdx.x);
  sums[thread] = x[thread + (bug == kPastTheEnd ? 1 : 0)];
  if (bug != kMissingBarrier && !(bug == kDivergentBarrier && thread == 7)) __syncthreads();
  const float other = sums[kBlockThreads - 1 - thread];
  if (bug == kEarlyReturn && thread % famus::kWarp == 3) return;
  const float total = famus::warp_sum(other);
  if (thread == 0) out[bug == kRaceBetweenBlocks ? 0 : blockIdx.x] = total;
}

cudaError_t cudaGetLastError() { return cudaSuccess; }

int main(int, char** arguments) {
  const std::vector<std::string> names = {
      "none",         "missing_barrier",   "race_between_blocks",  "shared_array_too_small",
      "past_the_end", "divergent_barrier", "return_before_shuffle"};
  int bug = 0;
  while (names.at(bug) != arguments[1]) ++bug;
  const std::vector<float> x(famus::kBlockThreads, 1.0f);
  std::vector<float> out(2);
  FAMUS_LAUNCH((sum), 2, famus::kBlockThreads, nullptr, x.data(), out.data(), bug);
  return out[0] == 32.0f && out[1] == 32.0f ? EXIT_SUCCESS : EXIT_FAILURE;
}
