// pairwise_gradient_dots on the CPU by Gram matrices: blocks of kGramRows by kGramRows of their entries.
//
// Bytes: a block reads kGramRows rows of x and y' of each batch, a row being what one place sees of one example.
// Mapping: a task is a block of out, one example at least, and all rows of its examples.
#pragma once

#include <memory>
#include <vector>

#include "core/parallel.h"
#include "pairwise_gradient_dots/packing.h"

namespace famus {

constexpr int kGramRows = 64;
constexpr int kGramTerms = 256;  // that are added up in float32 one after another

// What a tap sees: how far from the first tap, in entries and along each axis.
struct Tap {
  std::int64_t offset;
  int along[kSpatial];
};

// The taps of a group's channels, [K].
inline std::vector<Tap> taps_of(const PairwiseBatch& batch, std::int64_t channels) {
  const ConvolutionAxis* axes = batch.axes;
  std::vector<Tap> found;
  found.reserve(channels * taps(batch));
  for (std::int64_t c = 0; c < channels; ++c) {
    for (int d = 0; d < axes[0].kernel; ++d) {
      for (int h = 0; h < axes[1].kernel; ++h) {
        for (int w = 0; w < axes[2].kernel; ++w) {
          Tap tap{c * batch.x_strides[1], {d * axes[0].dilation, h * axes[1].dilation, w * axes[2].dilation}};
          for (int axis = 0; axis < kSpatial; ++axis) tap.offset += tap.along[axis] * batch.x_strides[2 + axis];
          found.push_back(tap);
        }
      }
    }
  }
  return found;
}

// Rows of one batch: places of an example one after another, and the examples one after another.
template <typename T>
class GramRows {
 public:
  using A = Accumulate<T>;

  GramRows(const PairwiseBatch& batch, const PairwiseGradientDotsParams& params)
      : batch_(batch),
        taps_(taps_of(batch, params.channels / params.groups)),
        places_(places(batch)),
        channels_(params.channels / params.groups),
        outputs_(params.outputs / params.groups) {}

  std::int64_t example(std::int64_t row) const { return row / places_; }

  // Calls put(r, k, entry) for `count` rows from `row` on, and the taps from `begin` up to `end` of a group.
  template <typename Put>
  void x(std::int64_t group, std::int64_t row, int count, std::int64_t begin, std::int64_t end, Put put) const {
    for (int r = 0; r < count; ++r) {
      const Place place = place_of(row + r);
      std::int64_t corner[kSpatial];
      std::int64_t first = place.example * batch_.x_strides[0] + group * channels_ * batch_.x_strides[1];
      for (int axis = 0; axis < kSpatial; ++axis) {
        corner[axis] = place.at[axis] * batch_.axes[axis].stride - batch_.axes[axis].padding;
        first += corner[axis] * batch_.x_strides[2 + axis];
      }
      for (std::int64_t k = begin; k < end; ++k) {
        bool inside = true;
        for (int axis = 0; axis < kSpatial; ++axis) {
          const std::int64_t at = corner[axis] + taps_[k].along[axis];
          inside &= at >= 0 && at < batch_.axes[axis].input;
        }
        put(r, k - begin, inside ? static_cast<A>(static_cast<const T*>(batch_.x)[first + taps_[k].offset]) : A(0));
      }
    }
  }

  // The same of the slopes and the outputs.
  template <typename Put>
  void slopes(std::int64_t group, std::int64_t row, int count, std::int64_t begin, std::int64_t end, Put put) const {
    const std::int64_t* strides = batch_.slope_strides;
    for (int r = 0; r < count; ++r) {
      const Place place = place_of(row + r);
      std::int64_t first = place.example * strides[0] + group * outputs_ * strides[1];
      for (int axis = 0; axis < kSpatial; ++axis) first += place.at[axis] * strides[2 + axis];
      for (std::int64_t o = begin; o < end; ++o) {
        put(r, o - begin, static_cast<A>(static_cast<const T*>(batch_.slopes)[first + o * strides[1]]));
      }
    }
  }

 private:
  struct Place {
    std::int64_t example;
    std::int64_t at[kSpatial];
  };

  Place place_of(std::int64_t row) const {
    const std::int64_t place = row % places_, last = batch_.axes[2].output, middle = batch_.axes[1].output;
    return {row / places_, {place / last / middle, place / last % middle, place % last}};
  }

  const PairwiseBatch& batch_;
  const std::vector<Tap> taps_;
  const std::int64_t places_, channels_, outputs_;
};

template <typename T>
class GramProducts {
 public:
  using A = Accumulate<T>;

  explicit GramProducts(const PairwiseGradientDotsParams& params)
      : params_(params),
        training_(params.training, params),
        meta_(params.meta, params),
        product_(outer_products<A>()) {}

  void run(int threads) const {
    const std::int64_t n = params_.training.examples, m = params_.meta.examples;
    const std::int64_t height = examples_in_block(params_.training), width = examples_in_block(params_.meta);
    const std::int64_t across = ceil_div(m, width);
    parallel_for(threads, ceil_div(n, height) * across, [&](std::int64_t task) {
      const std::int64_t i = task / across * height, j = task % across * width;
      write_block(i, std::min(height, n - i), j, std::min(width, m - j));
    });
  }

 private:
  using Entries = double[kGramRows][kGramRows];
  static constexpr int kColumns = kPanelColumns<A>;

  // What a task works in.
  struct Scratch {
    Entries inputs, slopes, sums;
    A left[kGramRows * kGramTerms];                         // [rows, terms]
    A right[kGramRows / kColumns * kGramTerms * kColumns];  // [panels, terms, columns]
  };

  static std::int64_t examples_in_block(const PairwiseBatch& batch) {
    return std::max<std::int64_t>(kGramRows / places(batch), 1);
  }

  void write_block(std::int64_t i, std::int64_t height, std::int64_t j, std::int64_t width) const {
    const auto scratch = std::make_unique<Scratch>();
    for (auto& row : scratch->sums) std::fill_n(row, kGramRows, 0.0);
    const std::int64_t p = places(params_.training), q = places(params_.meta);
    for (std::int64_t group = 0; group < params_.groups; ++group) {
      for (std::int64_t row = i * p; row < (i + height) * p; row += kGramRows) {
        for (std::int64_t column = j * q; column < (j + width) * q; column += kGramRows) {
          const int rows = static_cast<int>(std::min<std::int64_t>(kGramRows, (i + height) * p - row));
          const int columns = static_cast<int>(std::min<std::int64_t>(kGramRows, (j + width) * q - column));
          gram_entries(group, row, rows, column, columns, *scratch);
          for (int r = 0; r < rows; ++r) {
            double* const sums = scratch->sums[training_.example(row + r) - i];
            for (int c = 0; c < columns; ++c) {
              sums[meta_.example(column + c) - j] += (scratch->inputs[r][c] + params_.bias) * scratch->slopes[r][c];
            }
          }
        }
      }
    }
    A* const out = static_cast<A*>(params_.out) + i * params_.meta.examples + j;
    for (std::int64_t r = 0; r < height; ++r) {
      for (std::int64_t c = 0; c < width; ++c) {
        out[r * params_.meta.examples + c] = static_cast<A>(scratch->sums[r][c]);
      }
    }
  }

  // A block of both Gram matrices.
  void gram_entries(std::int64_t group, std::int64_t row, int rows, std::int64_t column, int columns,
                    Scratch& scratch) const {
    multiply(taps_in_group(params_), rows, columns, scratch, scratch.inputs,
             [&](auto& side, bool is_left, std::int64_t begin, std::int64_t end, auto put) {
               side.x(group, is_left ? row : column, is_left ? rows : columns, begin, end, put);
             });
    multiply(params_.outputs / params_.groups, rows, columns, scratch, scratch.slopes,
             [&](auto& side, bool is_left, std::int64_t begin, std::int64_t end, auto put) {
               side.slopes(group, is_left ? row : column, is_left ? rows : columns, begin, end, put);
             });
  }

  // entries = left right^T over `terms` terms, which `read` gives.
  template <typename Read>
  void multiply(std::int64_t terms, int rows, int columns, Scratch& scratch, Entries& entries, Read read) const {
    for (auto& row : entries) std::fill_n(row, kGramRows, 0.0);
    for (std::int64_t begin = 0; begin < terms; begin += kGramTerms) {
      const std::int64_t end = std::min(begin + kGramTerms, terms);
      read(training_, true, begin, end,
           [&](int r, std::int64_t k, A value) { scratch.left[r * kGramTerms + k] = value; });
      read(meta_, false, begin, end, [&](int c, std::int64_t k, A value) {
        scratch.right[(c / kColumns * kGramTerms + k) * kColumns + c % kColumns] = value;
      });
      for (int r = 0; r < rows; r += kPanelRows) {
        for (int c = 0; c < columns; c += kColumns) {
          add_panel(static_cast<int>(end - begin), r, std::min(kPanelRows, rows - r), c, scratch, entries);
        }
      }
    }
  }

  void add_panel(int terms, int row, int rows, int column, const Scratch& scratch, Entries& entries) const {
    std::int64_t offsets[kPanelRows];
    for (int r = 0; r < kPanelRows; ++r)
      offsets[r] = static_cast<std::int64_t>(row + std::min(r, rows - 1)) * kGramTerms;
    A block[kPanelRows * kColumns];
    product_({1, terms, 0, 1}, scratch.left, offsets, scratch.right + column * kGramTerms, kColumns, block);
    for (int r = 0; r < rows; ++r) {
      for (int c = 0; c < kColumns; ++c) entries[row + r][column + c] += block[r * kColumns + c];
    }
  }

  const PairwiseGradientDotsParams& params_;
  const GramRows<T> training_, meta_;
  const OuterProducts<A> product_;
};

}  // namespace famus
