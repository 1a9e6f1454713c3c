// Products of every training example's gradient of a layer with every meta example's (FaMUS, Eq. 7), for a convolution
// of weight w [O, C / groups, taps] with P places of its window, of which a linear layer of P rows is one:
//
//   out[i, j] = <A_i, B_j>,  A_i[o, k] = sum over p < P of y'_i[o, p] x_i[k, p],  k < K = C / groups * taps      [N, M]
//
// where x_i[k, p] is the entry of x that the tap k sees from the place p, and y' the slope of the example's loss at the
// output; B_j is the same of the meta batch. With a bias there is one more x_i[k, p], which is 1.
//
// Two ways, for each group of channels; the one with fewer multiply-adds is taken:
//
//   gradients   N P O K + M P O K + N M O K      tiles of A and B, and their product
//   Gram        N M P P (O + K)                  <A_i, B_j> = sum over p, q of <x_i[p], x_j[q]> <y'_i[p], y'_j[q]>
//
// One row an example (P = 1) is the Gram way's, a convolution the other's. Neither forms what it is named after: only a
// tile of the weight has gradients at any time, and a Gram matrix only entries in registers or on the stack. Beyond
// inputs and out that takes O(N M) and a constant. The same input gives the same bits.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/ceil_div.h"
#include "core/convolution.h"
#include "core/dtype.h"
#include "core/stream.h"

namespace famus {

// Strides are in entries, and may be anything: of the examples, the channels, and the three axes.
struct PairwiseBatch {
  const void* x;       // [N, C, ...]
  const void* slopes;  // y' [N, O, ...]
  std::int64_t examples;
  std::int64_t x_strides[2 + kSpatial];
  std::int64_t slope_strides[2 + kSpatial];
  ConvolutionAxis axes[kSpatial];  // the batches may differ in their sizes
};

struct PairwiseGradientDotsParams {
  DType dtype;             // of x and y' of both batches
  PairwiseBatch training;  // N examples, at least 1
  PairwiseBatch meta;      // M examples, at least 1
  std::int64_t channels;   // C; may be 0
  std::int64_t outputs;    // O
  std::int64_t groups;
  bool bias;
  void* out;  // [N, M], float32, for float64 float64
  void* workspace;
};

enum class PairwiseWay { kGradients, kGram };

// P: the places of the window.
inline std::int64_t places(const PairwiseBatch& batch) {
  return static_cast<std::int64_t>(batch.axes[0].output) * batch.axes[1].output * batch.axes[2].output;
}

inline std::int64_t taps(const PairwiseBatch& batch) {
  return static_cast<std::int64_t>(batch.axes[0].kernel) * batch.axes[1].kernel * batch.axes[2].kernel;
}

// K without the bias.
inline std::int64_t taps_in_group(const PairwiseGradientDotsParams& params) {
  return params.channels / params.groups * taps(params.training);
}

inline PairwiseWay pairwise_way(const PairwiseGradientDotsParams& params) {
  const double rows = static_cast<double>(params.training.examples) * places(params.training);
  const double meta_rows = static_cast<double>(params.meta.examples) * places(params.meta);
  const double pairs = static_cast<double>(params.training.examples) * params.meta.examples;
  const double inputs = static_cast<double>(taps_in_group(params)) + params.bias;
  const double outputs = static_cast<double>(params.outputs / params.groups);
  const double gradients = (rows + meta_rows + pairs) * outputs * inputs;
  const double gram = rows * meta_rows * (outputs + inputs);
  return gram < gradients ? PairwiseWay::kGram : PairwiseWay::kGradients;
}

// Bytes that the launchers need in workspace, whole float64 numbers.
std::int64_t pairwise_gradient_dots_workspace_cpu(const PairwiseGradientDotsParams& params);
std::int64_t pairwise_gradient_dots_workspace_cuda(const PairwiseGradientDotsParams& params);

void pairwise_gradient_dots_cpu(const PairwiseGradientDotsParams& params, int threads);
Status pairwise_gradient_dots_cuda(const PairwiseGradientDotsParams& params, Stream stream);

}  // namespace famus
