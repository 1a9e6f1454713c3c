// gradient_dots on a GPU: where a block's rows, outputs and channels of a convolution or a linear layer are in memory.
// How outputs are cut into tiles: layers.h.
#pragma once

#include "core/convolution.h"
#include "gradient_dots/layers.h"

namespace famus {

struct ProductDotsCall {
  ProductDots layer;
  ProductTiles tiles;
  long long examples;
  double* partials;  // [N, parts]
  bool channels_innermost;
};

// Where the window of a row of the tile begins in x, or how far an entry of the window is from there.
struct ProductPlace {
  long long offset;  // entries
  int at[kSpatial];  // coordinates
};
constexpr int kNowhere = -(1 << 30);  // a coordinate that is outside x, also with another added

__device__ inline bool is_inside(const Convolution& geometry, const ProductPlace& row, const ProductPlace& tap) {
  bool inside = true;
#pragma unroll
  for (int i = 0; i < kSpatial; ++i) {
    const int at = row.at[i] + tap.at[i];
    inside = inside && at >= 0 && at < geometry.axes[i].input;
  }
  return inside;
}

// Which rows, outputs and channels a block has.
struct ProductBlock {
  unsigned part;
  long long first_example;
  int first_position;
  int first_output;   // of all groups
  int outputs;        // that are there
  int first_channel;  // of all groups

  __device__ explicit ProductBlock(const ProductDotsCall& call) {
    const ProductTiles& tiles = call.tiles;
    const unsigned examples = blockIdx.x / tiles.parts;
    part = blockIdx.x - examples * tiles.parts;
    const int output_tile = static_cast<int>(part) % tiles.output_tiles;
    const int row_tile = static_cast<int>(part) / tiles.output_tiles % tiles.row_tiles;
    const int group = static_cast<int>(part) / tiles.output_tiles / tiles.row_tiles;
    first_example = static_cast<long long>(examples) * tiles.examples;
    first_position = row_tile * tiles.rows;
    first_output = group * tiles.outputs + output_tile * kProductOutputs;
    outputs = min(kProductOutputs, tiles.outputs - output_tile * kProductOutputs);
    first_channel = group * tiles.channels;
  }

  // The entry of y' for a row and the first output; -1 for a row that is not there.
  __device__ long long slopes_offset(const ProductDotsCall& call, int row) const {
    const long long example = first_example + row / call.tiles.rows;
    const int position = first_position + row % call.tiles.rows;
    if (row / call.tiles.rows >= call.tiles.examples || example >= call.examples || position >= call.tiles.positions) {
      return -1;
    }
    const ProductStrides& strides = call.layer.slopes_strides;
    return example * strides.example + first_output * strides.channel + position * strides.position;
  }

  __device__ ProductPlace row_place(const ProductDotsCall& call, int row) const {
    if (slopes_offset(call, row) < 0) return {0, {kNowhere, 0, 0}};
    const ConvolutionAxis(&axes)[kSpatial] = call.layer.geometry.axes;
    const ProductStrides& strides = call.layer.x_strides;
    const int position = first_position + row % call.tiles.rows;
    const int line = position / axes[2].output;
    const int at[kSpatial] = {line / axes[1].output, line % axes[1].output, position % axes[2].output};
    ProductPlace place;
    long long index = 0;
#pragma unroll
    for (int i = 0; i < kSpatial; ++i) {
      place.at[i] = at[i] * axes[i].stride - axes[i].padding;
      index = index * axes[i].input + place.at[i];
    }
    const long long example = first_example + row / call.tiles.rows;
    place.offset = example * strides.example + first_channel * strides.channel + index * strides.position;
    return place;
  }
};

// The entry k of the sum over channels and window.
__device__ inline ProductPlace tap_place(const ProductDotsCall& call, int k) {
  const ProductTiles& tiles = call.tiles;
  if (k >= tiles.channels * tiles.window) return {0, {kNowhere, 0, 0}};
  const int channel = call.channels_innermost ? k % tiles.channels : k / tiles.window;
  const int tap = call.channels_innermost ? k / tiles.channels : k % tiles.window;
  const ConvolutionAxis(&axes)[kSpatial] = call.layer.geometry.axes;
  const int line = tap / axes[2].kernel;
  const int at[kSpatial] = {line / axes[1].kernel, line % axes[1].kernel, tap % axes[2].kernel};
  ProductPlace place;
  long long index = 0;
#pragma unroll
  for (int i = 0; i < kSpatial; ++i) {
    place.at[i] = at[i] * axes[i].dilation;
    index = index * axes[i].input + place.at[i];
  }
  place.offset = channel * call.layer.x_strides.channel + index * call.layer.x_strides.position;
  return place;
}

}  // namespace famus
