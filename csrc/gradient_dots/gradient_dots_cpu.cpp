// gradient_dots on the CPU. Formula and stages: gradient_dots.h.
//
// Bytes: reads x once for each kProductOutputs outputs, and y', the rows and the statistics once. Mapping: a task is a
// part of an example, or of the few examples that a tile holds. Deterministic, whatever the number of threads: parts
// are cut by position alone and added up in order.
#include "gradient_dots/gradient_dots.h"

#include "core/parallel.h"
#include "gradient_dots/product_tile.h"
#include "gradient_dots/row_part.h"

namespace famus {
namespace {

template <typename T>
void partial_dots(const GradientDotsParams& params, const ProductDots& layer, int threads) {
  const ProductTiles tiles = cut(layer);
  const std::int64_t parts = tiles.parts;
  const std::int64_t blocks = ceil_div(params.examples, tiles.examples);
  parallel_for(threads, blocks * parts, [&](std::int64_t task) {
    const std::int64_t begin = task / parts * tiles.examples;
    const std::int64_t end = std::min(begin + tiles.examples, params.examples);
    ProductTile<T>(layer, tiles).dots(begin, end, task % parts, params.workspace + begin * parts + task % parts, parts);
  });
}

template <typename T, typename Layer>
void partial_dots(const GradientDotsParams& params, const Layer& layer, int threads) {
  const RowParts parts = cut(layer);
  parallel_for(threads, params.examples * parts.count, [&](std::int64_t task) {
    params.workspace[task] = row_part_dot<T>(layer, parts, task / parts.count, task % parts.count);
  });
}

template <typename T>
void dots(const GradientDotsParams& params, int threads) {
  std::visit([&](const auto& layer) { partial_dots<T>(params, layer, threads); }, params.layer);
  const std::int64_t parts = gradient_dots_workspace(params) / params.examples;
  for (std::int64_t i = 0; i < params.examples; ++i) {
    double sum = 0;
    for (std::int64_t part = 0; part < parts; ++part) sum += params.workspace[i * parts + part];
    static_cast<Accumulate<T>*>(params.out)[i] = static_cast<Accumulate<T>>(sum);
  }
}

}  // namespace

void gradient_dots_cpu(const GradientDotsParams& params, int threads) {
  return dispatch<Float16, BFloat16>(params.dtype,
                                     [&](auto type) { return dots<typename decltype(type)::type>(params, threads); });
}

}  // namespace famus
