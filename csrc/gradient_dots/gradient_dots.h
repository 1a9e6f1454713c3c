// Products of every example's own gradient with one direction v of a layer's parameters (FaMUS, Eq. 7, summed over the
// meta examples), where y'_i is the derivative of L_i at the layer's output:
//
//   out[i] = <dL_i/dw, v> = sum over the entries of y'_i * y_dot_i                                            [N]
//
// and y_dot_i is what the layer makes of example i with v for its parameters:
//
//   ProductDots   y_dot[o, q] = sum over c, k of v[o, c, k] * x[c, q * stride + k * dilation - padding] + v_b[o]
//   RowDots       y_dot[r, d] = table[indices[r], d]
//   NormDots      y_dot = (x - μ) σ⁻¹ v_γ + v_β
//
// Neither a gradient of one example nor y_dot is ever in memory. Two stages without atomics: float64 partial sums of
// parts of every example in the workspace, [N, parts], then those of an example in order. The same input gives the same
// bits.
#pragma once

#include <algorithm>
#include <cstdint>
#include <variant>

#include "core/ceil_div.h"
#include "core/dtype.h"
#include "core/stream.h"
#include "gradient_dots/layers.h"

namespace famus {

struct GradientDotsParams {
  DType dtype;            // of x, y', v, v_b and the table
  std::int64_t examples;  // N, at least 1, as is every other size
  std::variant<ProductDots, RowDots, NormDots> layer;
  void* out;          // [N], float32, for float64 float64
  double* workspace;  // gradient_dots_workspace entries
};

inline bool channels_innermost(const ProductDots& layer) { return layer.x_strides.channel == 1; }

inline ProductTiles cut(const ProductDots& layer) {
  const Convolution& geometry = layer.geometry;
  ProductTiles tiles = {1, 1, geometry.channels / geometry.groups, geometry.outputs / geometry.groups, 1, 1, 1, 1, 1};
  for (const ConvolutionAxis& axis : geometry.axes) {
    tiles.positions *= axis.output;
    tiles.window *= axis.kernel;
  }
  tiles.rows = std::min(tiles.positions, kProductRows);
  tiles.examples = kProductRows / tiles.rows;
  tiles.row_tiles = static_cast<int>(ceil_div(tiles.positions, tiles.rows));
  tiles.output_tiles = static_cast<int>(ceil_div(tiles.outputs, kProductOutputs));
  tiles.parts = tiles.row_tiles * tiles.output_tiles * geometry.groups;
  return tiles;
}

template <typename Layer>
RowParts cut(const Layer& layer) {
  const long long length = std::min(layer.width, kRowPart);
  const long long rows = std::min(layer.rows, kRowPart / length);
  const long long segments = ceil_div(layer.width, length);
  return {rows, length, segments, ceil_div(layer.rows, rows) * segments};
}

inline std::int64_t part_count(const ProductTiles& tiles) { return tiles.parts; }
inline std::int64_t part_count(const RowParts& parts) { return parts.count; }

// Number of float64 entries that both launchers need in workspace.
inline std::int64_t gradient_dots_workspace(const GradientDotsParams& params) {
  return params.examples * std::visit([](const auto& layer) { return part_count(cut(layer)); }, params.layer);
}

void gradient_dots_cpu(const GradientDotsParams& params, int threads);
Status gradient_dots_cuda(const GradientDotsParams& params, Stream stream);

}  // namespace famus
