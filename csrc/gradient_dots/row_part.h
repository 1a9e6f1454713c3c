// gradient_dots on the CPU: a part of an example for rows that are looked up and for normalisation. Formula:
// gradient_dots.h.
#pragma once

#include <cmath>
#include <type_traits>

#include "core/blocked_sum.h"
#include "core/half.h"
#include "core/multiversion.h"
#include "gradient_dots/gradient_dots.h"

namespace famus {

// What `count` entries of a row, from column `begin` on, add.
template <typename T>
inline double stretch_dot(const RowDots& layer, std::int64_t example, std::int64_t row, std::int64_t begin,
                          std::int64_t count) {
  using A = Accumulate<T>;
  const std::int64_t place = example * layer.rows + row;
  const std::int64_t index = layer.indices ? layer.indices[place] : place;
  if (layer.indices && (index < 0 || index >= layer.table_rows)) return std::nan("");
  if (layer.indices && index == layer.padding) return 0;
  const T* const slopes = static_cast<const T*>(layer.slopes) + place * layer.width + begin;
  const T* const values = static_cast<const T*>(layer.table) + index * layer.width + begin;
  return blocked_sum<A>(
      count, [=](std::int64_t i) { return static_cast<A>(slopes[i]) * static_cast<A>(values[i]); }, slopes, values);
}

// Calls function(std::true_type) or function(std::false_type): a loop is compiled for each.
template <typename Function>
inline double choose(bool value, Function function) {
  return value ? function(std::true_type{}) : function(std::false_type{});
}

template <typename T>
inline double stretch_dot(const NormDots& layer, std::int64_t example, std::int64_t row, std::int64_t begin,
                          std::int64_t count) {
  using A = Accumulate<T>;
  const auto& statistic = layer.statistic_strides;
  const auto& parameter = layer.parameter_strides;
  const std::int64_t offset = (example * layer.rows + row) * layer.width + begin;
  const std::int64_t first_statistic = example * statistic[0] + row * statistic[1] + begin * statistic[2];
  const std::int64_t first_parameter = row * parameter[0] + begin * parameter[1];
  const T* const x = static_cast<const T*>(layer.x) + offset;
  const T* const slopes = static_cast<const T*>(layer.slopes) + offset;
  const A* const mean = static_cast<const A*>(layer.mean) + first_statistic;
  const A* const inverse_std = static_cast<const A*>(layer.inverse_std) + first_statistic;
  return choose(layer.scale, [&](auto has_scale) {
    const A* const scale = has_scale ? static_cast<const A*>(layer.scale) + first_parameter : nullptr;
    return choose(layer.shift, [&](auto has_shift) {
      const A* const shift = has_shift ? static_cast<const A*>(layer.shift) + first_parameter : nullptr;
      return choose(statistic[2], [&](auto statistics_vary) {
        return choose(parameter[1], [&](auto parameters_vary) {
          const auto term = [=](std::int64_t i) {
            const std::int64_t s = statistics_vary ? i : 0, p = parameters_vary ? i : 0;
            A y_dot = 0;
            if constexpr (has_scale) y_dot = (static_cast<A>(x[i]) - mean[s]) * inverse_std[s] * scale[p];
            if constexpr (has_shift) y_dot += shift[p];
            return static_cast<A>(slopes[i]) * y_dot;
          };
          return blocked_sum<A>(count, term, x, slopes);
        });
      });
    });
  });
}

template <typename T, typename Layer>
FAMUS_MULTIVERSION double row_part_dot(const Layer& layer, const RowParts& parts, std::int64_t example,
                                       std::int64_t part) {
  const std::int64_t first = part / parts.segments * parts.rows;
  const std::int64_t begin = part % parts.segments * parts.length;
  const std::int64_t length = std::min<std::int64_t>(parts.length, layer.width - begin);
  double sum = 0;
  for (std::int64_t row = first; row < std::min<std::int64_t>(first + parts.rows, layer.rows); ++row) {
    sum += stretch_dot<T>(layer, example, row, begin, length);
  }
  return sum;
}

}  // namespace famus
