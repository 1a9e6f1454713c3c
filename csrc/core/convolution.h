// The geometry of a convolution of up to three spatial dimensions, without its examples and its data:
//
//   y[o, q] = sum over c, k of w[o, c, k] * x[c, q * stride + k * dilation - padding]
//
// for output channels o and input channels c of the same group; x is zero outside. A linear layer is a convolution
// whose axes all have one entry, but for one that counts the rows. For the host and the device: it includes nothing.
#pragma once

namespace famus {

// One spatial dimension. Sizes are at least 1, the padding at least 0.
struct ConvolutionAxis {
  int input;
  int output;
  int kernel;
  int stride;
  int padding;
  int dilation;
};

constexpr int kSpatial = 3;

struct Convolution {
  ConvolutionAxis axes[kSpatial];  // outermost first; one that is missing has one entry
  int channels;                    // C of x, in all groups
  int outputs;                     // O of y, in all groups
  int groups;
};

constexpr ConvolutionAxis kMissingAxis = {1, 1, 1, 1, 0, 1};

}  // namespace famus
