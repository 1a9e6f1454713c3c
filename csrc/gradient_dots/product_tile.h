// gradient_dots on the CPU: a tile of y_dot for a convolution or a linear layer. Formula: gradient_dots.h.
//
// A tile is a product of two matrices, [rows, depth] by [depth, outputs], whose depth runs over the channels of a group
// and the window. Pieces of both are packed, converted to the type sums are formed in, and multiplied in registers.
#pragma once

#include <vector>

#include "core/half.h"
#include "gradient_dots/gradient_dots.h"
#include "gradient_dots/multiply_add.h"

namespace famus {

// Consecutive rows of a tile: positions of one example next to each other along the last axis.
struct ProductRun {
  int row;
  int count;
  int position;  // of y, the first
  std::int64_t example;
  int place[kSpatial];  // in x, of the first entry of the window at the first position
};

template <typename T>
class ProductTile {
 public:
  using A = Accumulate<T>;

  ProductTile(const ProductDots& layer, const ProductTiles& tiles)
      : layer_(layer),
        tiles_(tiles),
        inputs_(kProductDepth * kProductRows),
        weights_(kProductDepth * kProductOutputs),
        sums_(kProductOutputs * kProductRows) {}

  // The products of examples [begin, end), a part of each, at out[0], out[stride] and so on.
  void dots(std::int64_t begin, std::int64_t end, std::int64_t part, double* out, std::int64_t stride) {
    const int output_tile = static_cast<int>(part % tiles_.output_tiles);
    const int row_tile = static_cast<int>(part / tiles_.output_tiles % tiles_.row_tiles);
    const int group = static_cast<int>(part / tiles_.output_tiles / tiles_.row_tiles);
    first_output_ = group * tiles_.outputs + output_tile * kProductOutputs;
    outputs_ = std::min(kProductOutputs, tiles_.outputs - output_tile * kProductOutputs);
    const int first = row_tile * tiles_.rows;
    const int last = std::min(first + tiles_.rows, tiles_.positions);
    find_runs(begin, end, first, last);
    fill(group * tiles_.channels);
    A row_dots[kProductRows] = {};
    add_products(row_dots);
    for (std::int64_t example = begin, row = 0; example < end; ++example) {
      double sum = 0;
      for (int i = first; i < last; ++i) sum += static_cast<double>(row_dots[row++]);
      out[(example - begin) * stride] = sum;
    }
  }

 private:
  void find_runs(std::int64_t begin, std::int64_t end, int first, int last) {
    const ConvolutionAxis(&axes)[kSpatial] = layer_.geometry.axes;
    const int width = axes[2].output;
    runs_.clear();
    rows_ = 0;
    for (std::int64_t example = begin; example < end; ++example) {
      for (int position = first; position < last;) {
        const int column = position % width;
        const int count = std::min(width - column, last - position);
        const int line = position / width;
        const int at[kSpatial] = {line / axes[1].output, line % axes[1].output, column};
        ProductRun run = {rows_, count, position, example, {}};
        for (int i = 0; i < kSpatial; ++i) run.place[i] = at[i] * axes[i].stride - axes[i].padding;
        runs_.push_back(run);
        rows_ += count;
        position += count;
      }
    }
  }

  // y_dot of the tile, without the bias, in sums_.
  void fill(int first_channel) {
    std::fill(sums_.begin(), sums_.end(), A(0));
    const int depth = tiles_.channels * tiles_.window;
    for (int begin = 0; begin < depth; begin += kProductDepth) {
      const int count = std::min(kProductDepth, depth - begin);
      for (int k = 0; k < count; ++k) {
        const bool innermost = channels_innermost(layer_);
        const int channel = innermost ? (begin + k) % tiles_.channels : (begin + k) / tiles_.window;
        const int tap = innermost ? (begin + k) / tiles_.channels : (begin + k) % tiles_.window;
        pack_inputs(first_channel + channel, tap, inputs_.data() + k * kProductRows);
      }
      const T* const v = static_cast<const T*>(layer_.v) + static_cast<std::int64_t>(first_output_) * depth + begin;
      for (int o = 0; o < outputs_; ++o) {
        for (int k = 0; k < count; ++k) {
          weights_[k * kProductOutputs + o] = static_cast<A>(v[static_cast<std::int64_t>(o) * depth + k]);
        }
      }
      multiply_add(inputs_.data(), weights_.data(), count, rows_, outputs_, sums_.data());
    }
  }

  // The entry of x that every row multiplies with one entry of the window; zero outside x.
  void pack_inputs(int channel, int tap, A* rows) const {
    const ConvolutionAxis(&axes)[kSpatial] = layer_.geometry.axes;
    const int window[kSpatial] = {tap / (axes[1].kernel * axes[2].kernel), tap / axes[2].kernel % axes[1].kernel,
                                  tap % axes[2].kernel};
    const ConvolutionAxis& last = axes[2];
    const std::int64_t step = last.stride * layer_.x_strides.position;
    for (const ProductRun& run : runs_) {
      int place[kSpatial];
      for (int i = 0; i < kSpatial; ++i) place[i] = run.place[i] + window[i] * axes[i].dilation;
      const bool inside = place[0] >= 0 && place[0] < axes[0].input && place[1] >= 0 && place[1] < axes[1].input;
      const int begin = inside ? std::min<int>(run.count, ceil_div(std::max(-place[2], 0), last.stride)) : run.count;
      const int end =
          std::max(begin, std::min<int>(run.count, ceil_div(std::max(last.input - place[2], 0), last.stride)));
      A* const target = rows + run.row;
      for (int i = 0; i < begin; ++i) target[i] = 0;
      const std::int64_t line = static_cast<std::int64_t>(place[0]) * axes[1].input + place[1];
      const std::int64_t offset = run.example * layer_.x_strides.example + channel * layer_.x_strides.channel +
                                  (line * last.input + place[2]) * layer_.x_strides.position;
      const T* const source = static_cast<const T*>(layer_.x) + (begin < end ? offset : 0);
      if (step == 1) {
        for (int i = begin; i < end; ++i) target[i] = static_cast<A>(source[i]);
      } else {
        for (int i = begin; i < end; ++i) target[i] = static_cast<A>(source[i * step]);
      }
      for (int i = end; i < run.count; ++i) target[i] = 0;
    }
  }

  // row_dots[row] += sum over the outputs of y' (y_dot + v_b).
  void add_products(A* row_dots) const {
    const T* const bias = static_cast<const T*>(layer_.bias);
    const std::int64_t step = layer_.slopes_strides.position;
    for (int o = 0; o < outputs_; ++o) {
      const A shift = bias ? static_cast<A>(bias[first_output_ + o]) : A(0);
      const A* const y_dot = sums_.data() + o * kProductRows;
      for (const ProductRun& run : runs_) {
        const T* const slopes = static_cast<const T*>(layer_.slopes) + run.example * layer_.slopes_strides.example +
                                (first_output_ + o) * layer_.slopes_strides.channel + run.position * step;
        for (int i = 0; i < run.count; ++i) {
          row_dots[run.row + i] += static_cast<A>(slopes[i * step]) * (y_dot[run.row + i] + shift);
        }
      }
    }
  }

  const ProductDots& layer_;
  const ProductTiles& tiles_;
  std::vector<A> inputs_;   // [kProductDepth, kProductRows]
  std::vector<A> weights_;  // [kProductDepth, kProductOutputs]
  std::vector<A> sums_;     // [kProductOutputs, kProductRows]
  std::vector<ProductRun> runs_;
  int rows_ = 0;
  int outputs_ = 0;
  int first_output_ = 0;
};

}  // namespace famus
