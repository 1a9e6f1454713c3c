// What the kernels of pairwise_gradient_dots are called with, and where entries of x and y' are.
#pragma once

#include "core/convolution.h"
#include "core/scalar.cuh"

namespace famus {

// As PairwiseBatch in pairwise_gradient_dots.h.
struct PairwiseBatchCall {
  const void* x;       // [N, C, ...]
  const void* slopes;  // [N, O, ...]
  long long examples;
  long long x_strides[2 + kSpatial];
  long long slope_strides[2 + kSpatial];
  ConvolutionAxis axes[kSpatial];
};

struct PairwiseCall {
  PairwiseBatchCall training;
  PairwiseBatchCall meta;
  int channels;  // of a group; the next two as well
  int outputs;
  int inputs;  // channels times taps
  int groups;
  int bias;         // 0 or 1
  unsigned across;  // blocks of meta examples
  unsigned slices;  // blocks that share the tiles of the weight
  void* partials;   // [slices, N, M] in the type of sums
  void* out;        // [N, M]
};

__device__ inline int places(const PairwiseBatchCall& batch) {
  return batch.axes[0].output * batch.axes[1].output * batch.axes[2].output;
}

// An offset, and how far along each axis it leads.
struct Place {
  long long offset;
  int along[kSpatial];
};

// A place of the window: its corner in x, as if there were no padding.
__device__ inline Place place_of(const PairwiseBatchCall& batch, int place) {
  Place found = {};
  for (int axis = kSpatial - 1; axis >= 0; --axis) {
    found.along[axis] = place % batch.axes[axis].output * batch.axes[axis].stride - batch.axes[axis].padding;
    found.offset += found.along[axis] * batch.x_strides[2 + axis];
    place /= batch.axes[axis].output;
  }
  return found;
}

__device__ inline long long slope_offset(const PairwiseBatchCall& batch, int place) {
  long long offset = 0;
  for (int axis = kSpatial - 1; axis >= 0; --axis) {
    offset += place % batch.axes[axis].output * batch.slope_strides[2 + axis];
    place /= batch.axes[axis].output;
  }
  return offset;
}

// A tap of a group's channels, from the corner of the window.
__device__ inline Place tap_of(const PairwiseBatchCall& batch, int tap) {
  Place found = {};
  for (int axis = kSpatial - 1; axis >= 0; --axis) {
    const ConvolutionAxis& along = batch.axes[axis];
    if (along.kernel == 1) continue;  // spares the divisions of a linear layer
    found.along[axis] = tap % along.kernel * along.dilation;
    found.offset += found.along[axis] * batch.x_strides[2 + axis];
    tap /= along.kernel;
  }
  found.offset += tap * batch.x_strides[1];
  return found;
}

// Whether what a tap sees from a place is inside x.
__device__ inline bool is_inside(const PairwiseBatchCall& batch, const Place& place, const Place& tap) {
  bool inside = true;
#pragma unroll
  for (int axis = 0; axis < kSpatial; ++axis) {
    inside &=
        static_cast<unsigned>(place.along[axis] + tap.along[axis]) < static_cast<unsigned>(batch.axes[axis].input);
  }
  return inside;
}

}  // namespace famus
