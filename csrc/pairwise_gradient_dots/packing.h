// What an example's gradient is made of, for a rectangle of places, in the type that sums are formed in: dense, and
// with zeros where the window leaves x.
#pragma once

#include <algorithm>

#include "core/half.h"
#include "pairwise_gradient_dots/outer_products.h"
#include "pairwise_gradient_dots/pairwise_gradient_dots.h"

namespace famus {

// Places of the window that differ in the last two axes.
struct Region {
  int depth;
  int row, rows;
  int column, columns;

  int size() const { return rows * columns; }
};

// Calls task(region) for regions of at most `places` places, which together are all of the batch's.
template <typename Task>
inline void each_region(const PairwiseBatch& batch, int places, Task task) {
  const ConvolutionAxis* axes = batch.axes;
  const int columns = std::min(places, axes[2].output);
  const int rows = std::clamp(places / columns, 1, axes[1].output);
  for (int depth = 0; depth < axes[0].output; ++depth) {
    for (int row = 0; row < axes[1].output; row += rows) {
      for (int column = 0; column < axes[2].output; column += columns) {
        task(Region{depth, row, std::min(rows, axes[1].output - row), column,
                    std::min(columns, axes[2].output - column)});
      }
    }
  }
}

// Entries along an axis that `count` places next to each other see.
inline std::int64_t extent(const ConvolutionAxis& axis, int count) {
  return static_cast<std::int64_t>(count - 1) * axis.stride +
         static_cast<std::int64_t>(axis.kernel - 1) * axis.dilation + 1;
}

// The entries of x that a region sees: [channels, kernel of the first axis, rows, columns].
template <typename T>
class SeenInput {
 public:
  using A = Accumulate<T>;

  SeenInput(const PairwiseBatch& batch, const Region& region)
      : batch_(batch),
        region_(region),
        rows_(extent(batch.axes[1], region.rows)),
        columns_(extent(batch.axes[2], region.columns)) {}

  std::int64_t size(std::int64_t channels) const { return channels * batch_.axes[0].kernel * rows_ * columns_; }

  // From the first place of the region to the others.
  Walk walk() const { return {region_.rows, region_.columns, batch_.axes[1].stride * columns_, batch_.axes[2].stride}; }

  // What the first place sees through a tap; taps are numbered through the channels.
  std::int64_t offset(std::int64_t tap) const {
    const ConvolutionAxis &middle = batch_.axes[1], &last = batch_.axes[2];
    const std::int64_t column = tap % last.kernel * last.dilation;
    const std::int64_t row = tap / last.kernel % middle.kernel * middle.dilation;
    return (tap / last.kernel / middle.kernel * rows_ + row) * columns_ + column;
  }

  void copy(std::int64_t example, std::int64_t channel, std::int64_t channels, A* out) const {
    const auto* x = static_cast<const T*>(batch_.x) + example * batch_.x_strides[0] + channel * batch_.x_strides[1];
    const ConvolutionAxis* axes = batch_.axes;
    const std::int64_t first_row = static_cast<std::int64_t>(region_.row) * axes[1].stride - axes[1].padding;
    // Where channels are innermost, those of a cache line at a time.
    const std::int64_t line = batch_.x_strides[1] == 1 ? kVectorBytes / static_cast<std::int64_t>(sizeof(T)) : 1;
    const std::int64_t plane = axes[0].kernel * rows_ * columns_;
    for (std::int64_t c = 0; c < channels; c += line, x += line * batch_.x_strides[1], out += line * plane) {
      A* to = out;
      for (int tap = 0; tap < axes[0].kernel; ++tap) {
        const std::int64_t depth = static_cast<std::int64_t>(region_.depth) * axes[0].stride - axes[0].padding +
                                   static_cast<std::int64_t>(tap) * axes[0].dilation;
        for (std::int64_t row = first_row; row < first_row + rows_; ++row, to += columns_) {
          const bool inside = depth >= 0 && depth < axes[0].input && row >= 0 && row < axes[1].input;
          const T* const from = inside ? x + depth * batch_.x_strides[2] + row * batch_.x_strides[3] : nullptr;
          copy_row(from, std::min(line, channels - c), plane, to);
        }
      }
    }
  }

 private:
  // A row of x, null where it is outside, of a few channels, which are `plane` entries apart.
  void copy_row(const T* row, std::int64_t channels, std::int64_t plane, A* out) const {
    const ConvolutionAxis& axis = batch_.axes[2];
    const std::int64_t first = static_cast<std::int64_t>(region_.column) * axis.stride - axis.padding;
    const std::int64_t begin = row ? std::clamp<std::int64_t>(-first, 0, columns_) : columns_;
    const std::int64_t end = row ? std::clamp<std::int64_t>(axis.input - first, begin, columns_) : columns_;
    const std::int64_t step = batch_.x_strides[4];
    for (std::int64_t c = 0; c < channels; ++c) {
      std::fill_n(out + c * plane, begin, A(0));
      std::fill(out + c * plane + end, out + c * plane + columns_, A(0));
    }
    if (channels == 1) {
      for (std::int64_t i = begin; i < end; ++i) out[i] = static_cast<A>(row[(first + i) * step]);
    } else {
      for (std::int64_t i = begin; i < end; ++i) {
        for (std::int64_t c = 0; c < channels; ++c) out[c * plane + i] = static_cast<A>(row[(first + i) * step + c]);
      }
    }
  }

  const PairwiseBatch& batch_;
  const Region& region_;
  std::int64_t rows_, columns_;
};

// The slopes of a region, [places, width], where outputs beyond the last are zero.
template <typename T>
inline void copy_slopes(const PairwiseBatch& batch, const Region& region, std::int64_t example, std::int64_t output,
                        int outputs, int width, Accumulate<T>* out) {
  using A = Accumulate<T>;
  const std::int64_t* strides = batch.slope_strides;
  const auto* slopes = static_cast<const T*>(batch.slopes) + example * strides[0] + output * strides[1] +
                       region.depth * strides[2] + region.row * strides[3] + region.column * strides[4];
  for (int row = 0; row < region.rows; ++row, slopes += strides[3], out += region.columns * width) {
    if (strides[1] == 1) {
      for (int column = 0; column < region.columns; ++column) {
        for (int o = 0; o < outputs; ++o) out[column * width + o] = static_cast<A>(slopes[column * strides[4] + o]);
      }
    } else {
      for (int o = 0; o < outputs; ++o) {
        const T* of_output = slopes + o * strides[1];
        for (int column = 0; column < region.columns; ++column) {
          out[column * width + o] = static_cast<A>(of_output[column * strides[4]]);
        }
      }
    }
    for (int o = outputs; o < width; ++o) {
      for (int column = 0; column < region.columns; ++column) out[column * width + o] = 0;
    }
  }
}

}  // namespace famus
