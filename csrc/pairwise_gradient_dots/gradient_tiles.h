// pairwise_gradient_dots on the CPU by gradients: a tile of the weight at a time.
//
// Bytes: reads x and y' once for every tile that needs them; the tile of every example's gradient, at most about
// kTileBytes, stays in the cache. Mapping: first a task an example, which computes its gradient of the tile, then a
// task a block of out, which gains the products of the tile. Every entry of out is one thread's, tile by tile.
#pragma once

#include <vector>

#include "core/parallel.h"
#include "pairwise_gradient_dots/packing.h"

namespace famus {

constexpr std::int64_t kTileBytes = 16 << 20;  // of both batches' gradients
constexpr std::int64_t kTileOutputs = 64;
constexpr std::int64_t kPackedBytes = 192 << 10;  // of one example's x and y'
constexpr int kTerms = 256;                       // that are added up in float32 one after another
constexpr std::int64_t kBlockExamples = 64;       // training examples in a block of out

// How the weights of a group are cut: tiles of `rows` rows, numbered by channel and tap, by `width` outputs.
struct GradientTiles {
  std::int64_t outputs, output_tiles;  // in a tile but the last, and their number
  std::int64_t width;                  // outputs rounded up to whole vectors
  std::int64_t rows, row_tiles;
  std::int64_t entries;  // in the most that a tile has, the bias among them
};

template <typename A>
inline GradientTiles gradient_tiles(const PairwiseGradientDotsParams& params) {
  const std::int64_t outputs = params.outputs / params.groups, inputs = taps_in_group(params);
  const std::int64_t examples = params.training.examples + params.meta.examples;
  GradientTiles tiles;
  tiles.output_tiles = ceil_div(outputs, kTileOutputs);
  tiles.outputs = ceil_div(outputs, tiles.output_tiles);
  tiles.width = ceil_div(tiles.outputs, kPanelColumns<A>) * kPanelColumns<A>;
  const std::int64_t most = kTileBytes / (examples * tiles.width * static_cast<std::int64_t>(sizeof(A)));
  tiles.row_tiles = std::max<std::int64_t>(ceil_div(inputs, std::max<std::int64_t>(most, kPanelRows)), 1);
  tiles.rows = std::min(ceil_div(ceil_div(inputs, tiles.row_tiles), kPanelRows) * kPanelRows, inputs);
  tiles.entries = (tiles.rows + params.bias) * tiles.width;
  return tiles;
}

// float64 sums [N, M], then the gradients of a tile of the training examples and the meta examples, [N + M, entries].
template <typename A>
inline std::int64_t gradient_tiles_workspace(const PairwiseGradientDotsParams& params) {
  const std::int64_t n = params.training.examples, m = params.meta.examples;
  return n * m * static_cast<std::int64_t>(sizeof(double)) +
         (n + m) * gradient_tiles<A>(params).entries * static_cast<std::int64_t>(sizeof(A));
}

template <typename T>
class GradientProducts {
 public:
  using A = Accumulate<T>;

  explicit GradientProducts(const PairwiseGradientDotsParams& params)
      : params_(params),
        tiles_(gradient_tiles<A>(params)),
        product_(outer_products<A>()),
        sums_(static_cast<double*>(params.workspace)),
        training_(reinterpret_cast<A*>(sums_ + params.training.examples * params.meta.examples)),
        meta_(training_ + params.training.examples * tiles_.entries) {}

  void run(int threads) {
    const std::int64_t pairs = params_.training.examples * params_.meta.examples;
    std::fill_n(sums_, pairs, 0.0);
    for (std::int64_t group = 0; group < params_.groups; ++group) {
      for (std::int64_t o = 0; o < tiles_.output_tiles; ++o) {
        for (std::int64_t r = 0; r < tiles_.row_tiles; ++r) add_tile(tile(group, o, r), threads);
      }
    }
    std::transform(sums_, sums_ + pairs, static_cast<A*>(params_.out), [](double sum) { return static_cast<A>(sum); });
  }

 private:
  struct Tile {
    std::int64_t channel;    // of the first row, in x
    std::int64_t row, rows;  // the first counted from that channel's first tap
    std::int64_t output;
    int outputs;
    bool bias;

    std::int64_t channels(std::int64_t taps) const { return rows ? (row + rows - 1) / taps + 1 : 0; }
  };

  Tile tile(std::int64_t group, std::int64_t o, std::int64_t r) const {
    const std::int64_t outputs = params_.outputs / params_.groups, kernel = taps(params_.training);
    const std::int64_t row = r * tiles_.rows, output = o * tiles_.outputs;
    const std::int64_t rows = std::clamp<std::int64_t>(taps_in_group(params_) - row, 0, tiles_.rows);
    return {group * (params_.channels / params_.groups) + row / kernel,
            row % kernel,
            rows,
            group * outputs + output,
            static_cast<int>(std::min(tiles_.outputs, outputs - output)),
            params_.bias && r == 0};
  }

  void add_tile(const Tile& tile, int threads) {
    const std::int64_t n = params_.training.examples, m = params_.meta.examples;
    const std::int64_t workers = std::clamp<std::int64_t>(threads, 1, n + m);
    parallel_for(threads, workers, [&](std::int64_t worker) {
      std::vector<A> packed;
      for (std::int64_t e = worker; e < n + m; e += workers) {
        const PairwiseBatch& batch = e < n ? params_.training : params_.meta;
        gradient(batch, e < n ? e : e - n, tile, packed, training_ + e * tiles_.entries);
      }
    });
    const std::int64_t across = ceil_div(m, kPanelColumns<A>), entries = (tile.rows + tile.bias) * tiles_.width;
    parallel_for(threads, ceil_div(n, kBlockExamples) * across, [&](std::int64_t task) {
      add_products(task / across * kBlockExamples, task % across * kPanelColumns<A>, entries);
    });
  }

  // An example's gradient of a tile, [rows and bias, width].
  void gradient(const PairwiseBatch& batch, std::int64_t example, const Tile& tile, std::vector<A>& packed,
                A* out) const {
    const std::int64_t channels = tile.channels(taps(batch));
    const std::int64_t at_a_place = tiles_.width + channels * batch.axes[0].kernel;
    const std::int64_t most = kPackedBytes / static_cast<std::int64_t>(sizeof(A)) / at_a_place;
    bool first = true;
    each_region(batch, static_cast<int>(std::clamp<std::int64_t>(most, 16, kTerms)), [&](const Region& region) {
      const SeenInput<T> seen(batch, region);
      packed.resize(std::max<std::size_t>(packed.size(), region.size() * tiles_.width + seen.size(channels)));
      A* const slopes = packed.data();
      A* const x = slopes + region.size() * tiles_.width;
      const int width = static_cast<int>(tiles_.width);
      copy_slopes<T>(batch, region, example, tile.output, tile.outputs, width, slopes);
      seen.copy(example, tile.channel, channels, x);
      for (std::int64_t row = 0; row < tile.rows; row += kPanelRows) {
        const int rows = static_cast<int>(std::min<std::int64_t>(kPanelRows, tile.rows - row));
        std::int64_t offsets[kPanelRows];
        for (int r = 0; r < kPanelRows; ++r) offsets[r] = seen.offset(tile.row + row + std::min(r, rows - 1));
        add_rows(seen.walk(), x, offsets, slopes, rows, out + row * width, first);
      }
      if (tile.bias) {
        const A one = 1;
        const std::int64_t offsets[kPanelRows] = {};
        add_rows({1, region.size(), 0, 0}, &one, offsets, slopes, 1, out + tile.rows * width, first);
      }
      first = false;
    });
  }

  // A few rows of a gradient gain what a region adds to them.
  void add_rows(const Walk& walk, const A* x, const std::int64_t* offsets, const A* slopes, int rows, A* out,
                bool first) const {
    A block[kPanelRows * kPanelColumns<A>];
    for (std::int64_t o = 0; o < tiles_.width; o += kPanelColumns<A>) {
      product_(walk, x, offsets, slopes + o, tiles_.width, block);
      for (int r = 0; r < rows; ++r) {
        A* const row = out + r * tiles_.width + o;
        const A* const added = block + r * kPanelColumns<A>;
        for (int c = 0; c < kPanelColumns<A>; ++c) row[c] = first ? added[c] : row[c] + added[c];
      }
    }
  }

  // The sums of a block of training examples, and as many meta examples as a vector has entries, gain the products of
  // their gradients of a tile.
  void add_products(std::int64_t i, std::int64_t j, std::int64_t entries) {
    const std::int64_t n = std::min(i + kBlockExamples, params_.training.examples), m = params_.meta.examples;
    const int columns = static_cast<int>(std::min<std::int64_t>(kPanelColumns<A>, m - j));
    A panel[kTerms * kPanelColumns<A>] = {};
    A block[kPanelRows * kPanelColumns<A>];
    for (std::int64_t begin = 0; begin < entries; begin += kTerms) {
      const int count = static_cast<int>(std::min<std::int64_t>(kTerms, entries - begin));
      for (int c = 0; c < columns; ++c) {
        const A* const gradient = meta_ + (j + c) * tiles_.entries + begin;
        for (int t = 0; t < count; ++t) panel[t * kPanelColumns<A> + c] = gradient[t];
      }
      for (std::int64_t row = i; row < n; row += kPanelRows) {
        const int rows = static_cast<int>(std::min<std::int64_t>(kPanelRows, n - row));
        std::int64_t offsets[kPanelRows];
        for (int r = 0; r < kPanelRows; ++r) offsets[r] = (row + std::min(r, rows - 1)) * tiles_.entries + begin;
        product_({1, count, 0, 1}, training_, offsets, panel, kPanelColumns<A>, block);
        for (int r = 0; r < rows; ++r) {
          for (int c = 0; c < columns; ++c) sums_[(row + r) * m + j + c] += block[r * kPanelColumns<A> + c];
        }
      }
    }
  }

  const PairwiseGradientDotsParams& params_;
  const GradientTiles tiles_;
  const OuterProducts<A> product_;
  double* const sums_;
  A* const training_;
  A* const meta_;
};

}  // namespace famus
