// What gradient_dots is given of a layer, and how its work is cut into parts of every example. Formula:
// gradient_dots.h. For the host and the device: it includes nothing of either. Strides are in entries.
#pragma once

#include "core/convolution.h"

namespace famus {

// Of a tensor [N, channels, positions].
struct ProductStrides {
  long long example;
  long long channel;
  long long position;
};

// A convolution, or a linear layer as convolution.h has it.
struct ProductDots {
  Convolution geometry;
  const void* x;       // [N, C, input positions]
  const void* slopes;  // y' [N, O, output positions]
  const void* v;       // [O, C / groups, window]; [O, window, C / groups] if the channels of x are innermost
  const void* bias;    // v_b [O], or null for zero
  ProductStrides x_strides;
  ProductStrides slopes_strides;
};

// Rows of a table that are looked up, or rows in order.
struct RowDots {
  const void* table;         // [table_rows, width]; without indices [N, rows, width]
  const void* slopes;        // y' [N, rows, width]
  const long long* indices;  // [N, rows], or null; one that is out of range makes the product NaN
  long long rows;
  long long width;
  long long table_rows;
  long long padding;  // an index whose row counts as zero; -1 for none
};

// x and y' are [N, rows, width]; the others float32, for float64 float64. The last stride of both kinds is 0 or 1.
struct NormDots {
  const void* x;
  const void* slopes;       // y'
  const void* mean;         // μ, and σ⁻¹, at example e, row r and column d: e strides[0] + r strides[1] + d strides[2]
  const void* inverse_std;  // σ⁻¹
  const void* scale;        // v_γ, and v_β, at row r and column d: r strides[0] + d strides[1]; null for zero
  const void* shift;        // v_β, or null for zero
  long long rows;
  long long width;
  long long statistic_strides[3];
  long long parameter_strides[2];
};

// A tile of y_dot: its rows are positions of one example, or all positions of several, its columns outputs of a group.
constexpr int kProductRows = 128;
constexpr int kProductOutputs = 64;

struct ProductTiles {
  int positions;     // of y
  int window;        // entries of a channel's kernel
  int channels;      // in a group
  int outputs;       // in a group
  int examples;      // in a tile
  int rows;          // of each of them in a tile
  int row_tiles;     // that the positions are cut into
  int output_tiles;  // that the outputs of a group are cut into
  int parts;         // of an example
};

// A part of [rows, width]: a warp's work on a GPU.
constexpr long long kRowPart = 4096;  // entries

struct RowParts {
  long long rows;      // in a part
  long long length;    // entries of a row in a part
  long long segments;  // that a row is cut into
  long long count;     // parts of an example
};

}  // namespace famus
