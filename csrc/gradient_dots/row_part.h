// gradient_dots on the CPU: a part of an example for rows that are looked up and for normalisation. Formula:
// gradient_dots.h.
#pragma once

#include <cmath>
#include <type_traits>

#include "core/blocked_sum.h"
#include "core/multiversion.h"
#include "core/piece.h"
#include "gradient_dots/gradient_dots.h"

namespace famus {

// What `count` entries of a row, from column `begin` on, add; at most kPiece.
template <typename T>
inline double piece_dot(const RowDots& layer, std::int64_t example, std::int64_t row, std::int64_t begin, int count) {
  using A = Accumulate<T>;
  const std::int64_t place = example * layer.rows + row;
  const std::int64_t index = layer.indices ? layer.indices[place] : place;
  if (layer.indices && (index < 0 || index >= layer.table_rows)) return std::nan("");
  if (layer.indices && index == layer.padding) return 0;
  Piece<T> slopes_piece, table_piece;
  const A* const slopes = slopes_piece.of(layer.slopes, place * layer.width + begin, count);
  const A* const values = table_piece.of(layer.table, index * layer.width + begin, count);
  return blocked_sum<A>(count, [=](std::int64_t i) { return slopes[i] * values[i]; });
}

// Calls function(std::true_type) or function(std::false_type): a loop is compiled for each.
template <typename Function>
inline double choose(bool value, Function function) {
  return value ? function(std::true_type{}) : function(std::false_type{});
}

template <typename T>
inline double piece_dot(const NormDots& layer, std::int64_t example, std::int64_t row, std::int64_t begin, int count) {
  using A = Accumulate<T>;
  const auto& statistic = layer.statistic_strides;
  const auto& parameter = layer.parameter_strides;
  const std::int64_t offset = (example * layer.rows + row) * layer.width + begin;
  const std::int64_t first_statistic = example * statistic[0] + row * statistic[1] + begin * statistic[2];
  const std::int64_t first_parameter = row * parameter[0] + begin * parameter[1];
  Piece<T> slopes_piece, x_piece;
  const A* const slopes = slopes_piece.of(layer.slopes, offset, count);
  double sum = 0;
  if (layer.scale) {
    const A* const x = x_piece.of(layer.x, offset, count);
    const A* const mean = static_cast<const A*>(layer.mean) + first_statistic;
    const A* const inverse_std = static_cast<const A*>(layer.inverse_std) + first_statistic;
    const A* const scale = static_cast<const A*>(layer.scale) + first_parameter;
    sum += choose(statistic[2], [&](auto statistics_vary) {
      return choose(parameter[1], [&](auto parameters_vary) {
        return blocked_sum<A>(count, [=](std::int64_t i) {
          const std::int64_t s = statistics_vary ? i : 0;
          return slopes[i] * ((x[i] - mean[s]) * inverse_std[s] * scale[parameters_vary ? i : 0]);
        });
      });
    });
  }
  if (layer.shift) {
    const A* const shift = static_cast<const A*>(layer.shift) + first_parameter;
    sum += choose(parameter[1], [&](auto parameters_vary) {
      return blocked_sum<A>(count, [=](std::int64_t i) { return slopes[i] * shift[parameters_vary ? i : 0]; });
    });
  }
  return sum;
}

template <typename T, typename Layer>
FAMUS_MULTIVERSION double row_part_dot(const Layer& layer, const RowParts& parts, std::int64_t example,
                                       std::int64_t part) {
  const std::int64_t first = part / parts.segments * parts.rows;
  const std::int64_t begin = part % parts.segments * parts.length;
  const std::int64_t length = std::min<std::int64_t>(parts.length, layer.width - begin);
  double sum = 0;
  for (std::int64_t row = first; row < std::min<std::int64_t>(first + parts.rows, layer.rows); ++row) {
    for_pieces(length, [&](std::int64_t offset, int count) {
      sum += piece_dot<T>(layer, example, row, begin + offset, count);
    });
  }
  return sum;
}

}  // namespace famus
