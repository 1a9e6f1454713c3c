// The binding of gradient_dots. It checks addresses; famus_ext/ops checks what is a user's.
#include "gradient_dots/gradient_dots.h"

#include <array>

#include "core/binding.h"
#include "core/operands.h"

namespace famus {
namespace {

// input, output, kernel, stride, padding, dilation
using AxisRow = std::array<int, 6>;
// axes; C, O, groups
using ConvolutionRow = std::tuple<std::array<AxisRow, kSpatial>, int, int, int>;
// example, channel, position
using StridesRow = std::array<std::int64_t, 3>;
// geometry; x, y', v, v_b; strides of x and of y'
using ProductRow = std::tuple<ConvolutionRow, std::array<Address, 4>, StridesRow, StridesRow>;
// table, y', indices; rows, width, rows of the table, padding
using LookUpRow = std::tuple<std::array<Address, 3>, std::int64_t, std::int64_t, std::int64_t, std::int64_t>;
// x, y', mean, inverse_std, scale, shift; rows, width; strides of the statistics and of the parameters
using NormRow = std::tuple<std::array<Address, 6>, std::int64_t, std::int64_t, std::array<std::int64_t, 3>,
                           std::array<std::int64_t, 2>>;
using LayerRow = std::variant<ProductRow, LookUpRow, NormRow>;

ProductDots layer_of(const ProductRow& row) {
  const auto& [geometry, addresses, x, slopes] = row;
  const auto& [axes, channels, outputs, groups] = geometry;
  Convolution convolution = {{}, channels, outputs, groups};
  for (int i = 0; i < kSpatial; ++i) {
    const auto [input, output, kernel, stride, padding, dilation] = axes[i];
    convolution.axes[i] = {input, output, kernel, stride, padding, dilation};
  }
  return {convolution,
          pointer(addresses[0]),
          pointer(addresses[1]),
          pointer(addresses[2]),
          pointer(addresses[3]),
          {x[0], x[1], x[2]},
          {slopes[0], slopes[1], slopes[2]}};
}

RowDots layer_of(const LookUpRow& row) {
  const auto& [addresses, rows, width, table_rows, padding] = row;
  return {pointer(addresses[0]),
          pointer(addresses[1]),
          static_cast<const long long*>(pointer(addresses[2])),
          rows,
          width,
          table_rows,
          padding};
}

NormDots layer_of(const NormRow& row) {
  const auto& [addresses, rows, width, statistics, parameters] = row;
  return {pointer(addresses[0]),
          pointer(addresses[1]),
          pointer(addresses[2]),
          pointer(addresses[3]),
          pointer(addresses[4]),
          pointer(addresses[5]),
          rows,
          width,
          {statistics[0], statistics[1], statistics[2]},
          {parameters[0], parameters[1]}};
}

GradientDotsParams gradient_dots_params(int dtype, std::int64_t examples, const LayerRow& layer, Address out,
                                        Address workspace) {
  using Layer = decltype(GradientDotsParams::layer);
  return {static_cast<DType>(dtype), examples, std::visit([](const auto& row) { return Layer(layer_of(row)); }, layer),
          pointer(out), static_cast<double*>(pointer(workspace))};
}

// From the first to the last entry of a strided tensor.
std::int64_t extent(const ProductStrides& strides, std::int64_t examples, std::int64_t channels,
                    std::int64_t positions) {
  expect_at_least(0, strides.example, "stride");
  expect_at_least(0, strides.channel, "stride");
  expect_at_least(0, strides.position, "stride");
  return 1 + (examples - 1) * strides.example + (channels - 1) * strides.channel + (positions - 1) * strides.position;
}

void check(const Convolution& geometry) {
  expect_at_least(1, geometry.groups, "groups");
  for (const auto& [name, count] : {std::pair("C", geometry.channels), std::pair("O", geometry.outputs)}) {
    expect_at_least(1, count, name);
    if (count % geometry.groups) refuse(name, "a multiple of the groups", std::to_string(count));
  }
  for (const ConvolutionAxis& axis : geometry.axes) {
    expect_at_least(1, axis.input, "input");
    expect_at_least(1, axis.kernel, "kernel");
    expect_at_least(1, axis.stride, "stride");
    expect_at_least(0, axis.padding, "padding");
    expect_at_least(1, axis.dilation, "dilation");
    expect_at_least(1, axis.output, "output");
  }
}

void check_sizes(const ProductDots& layer) { check(layer.geometry); }

template <typename Layer>
void check_sizes(const Layer& layer) {
  expect_at_least(1, layer.rows, "rows");
  expect_at_least(1, layer.width, "width");
}

void add(Operands& operands, const ProductDots& layer, std::int64_t examples, DType dtype) {
  const std::int64_t size = entry_size(dtype);
  const ProductTiles tiles = cut(layer);
  std::int64_t positions = 1;
  for (const ConvolutionAxis& axis : layer.geometry.axes) positions *= axis.input;
  operands.reads("x", layer.x, {extent(layer.x_strides, examples, layer.geometry.channels, positions)}, size);
  const std::int64_t slopes = extent(layer.slopes_strides, examples, layer.geometry.outputs, tiles.positions);
  operands.reads("slopes", layer.slopes, {slopes}, size);
  operands.reads("v", layer.v, {layer.geometry.outputs, tiles.channels, tiles.window}, size);
  operands.may_read("bias", layer.bias, {layer.geometry.outputs}, size);
}

void add(Operands& operands, const RowDots& layer, std::int64_t examples, DType dtype) {
  const std::int64_t size = entry_size(dtype);
  const std::int64_t table_rows = layer.indices ? layer.table_rows : examples * layer.rows;
  operands.reads("table", layer.table, {table_rows, layer.width}, size);
  operands.reads("slopes", layer.slopes, {examples, layer.rows, layer.width}, size);
  operands.may_read("indices", layer.indices, {examples, layer.rows}, sizeof(std::int64_t));
}

void add(Operands& operands, const NormDots& layer, std::int64_t examples, DType dtype) {
  const std::int64_t size = entry_size(dtype), sum = sum_size(dtype);
  const auto& [by_example, by_row, by_column] = layer.statistic_strides;
  const std::int64_t statistics = extent({by_example, by_row, by_column}, examples, layer.rows, layer.width);
  const std::int64_t parameters =
      extent({0, layer.parameter_strides[0], layer.parameter_strides[1]}, 1, layer.rows, layer.width);
  operands.reads("x", layer.x, {examples, layer.rows, layer.width}, size);
  operands.reads("slopes", layer.slopes, {examples, layer.rows, layer.width}, size);
  operands.reads("mean", layer.mean, {statistics}, sum);
  operands.reads("inverse_std", layer.inverse_std, {statistics}, sum);
  operands.may_read("scale", layer.scale, {parameters}, sum);
  operands.may_read("shift", layer.shift, {parameters}, sum);
}

// Refuses sizes that cannot be cut into parts.
void check_sizes(const GradientDotsParams& params) {
  expect_at_least(1, params.examples, "N");
  std::visit([](const auto& layer) { check_sizes(layer); }, params.layer);
}

void check(const GradientDotsParams& params) {
  check_sizes(params);
  Operands operands;
  std::visit([&](const auto& layer) { add(operands, layer, params.examples, params.dtype); }, params.layer);
  operands.writes("out", params.out, {params.examples}, sum_size(params.dtype));
  operands.writes("workspace", params.workspace, {gradient_dots_workspace(params)}, sizeof(double));
  operands.expect_outputs_apart();
}

}  // namespace

void bind_gradient_dots(py::module_& module) {
  module.def("gradient_dots_workspace", [](std::int64_t examples, const LayerRow& layer) {
    const auto params = gradient_dots_params(0, examples, layer, 0, 0);
    check_sizes(params);
    return gradient_dots_workspace(params);
  });
  module.def("gradient_dots_cpu",
             [](int dtype, std::int64_t examples, const LayerRow& layer, Address out, Address workspace, int threads) {
               const auto params = gradient_dots_params(dtype, examples, layer, out, workspace);
               check(params);
               expect_threads(threads);
               py::gil_scoped_release release;
               gradient_dots_cpu(params, threads);
             });
#ifdef FAMUS_CUDA
  module.def("gradient_dots_cuda", [](int dtype, std::int64_t examples, const LayerRow& layer, Address out,
                                      Address workspace, Address stream) {
    const auto params = gradient_dots_params(dtype, examples, layer, out, workspace);
    check(params);
    raise_on_error("gradient_dots", gradient_dots_cuda(params, reinterpret_cast<Stream>(stream)));
  });
#endif
}

}  // namespace famus
