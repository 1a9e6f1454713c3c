// The binding of layer_dots. It checks addresses; famus_ext/ops checks what is a user's.
#include "layer_dots/layer_dots.h"

#include "core/binding.h"
#include "core/operands.h"

namespace famus {
namespace {

// a, b, size, layer
using LayerDotsRow = std::tuple<Address, Address, std::int64_t, std::int64_t>;

LayerDotsParams layer_dots_params(int dtype, const std::vector<LayerDotsRow>& table, std::int64_t layers, Address out,
                                  Address workspace) {
  LayerDotsParams params{static_cast<DType>(dtype), {}, layers, pointer(out), static_cast<double*>(pointer(workspace))};
  params.pairs.reserve(table.size());
  for (const auto& [a, b, size, layer] : table) params.pairs.push_back({pointer(a), pointer(b), size, layer});
  return params;
}

void check(const LayerDotsParams& params) {
  const std::int64_t size = entry_size(params.dtype);
  Operands operands;
  std::int64_t least = 0;
  for (const LayerDotsPair& pair : params.pairs) {
    expect_at_least(1, pair.size, "size");
    expect_at_least(least, pair.layer, "layer");
    least = pair.layer;
    operands.reads("a", pair.a, {pair.size}, size);
    operands.reads("b", pair.b, {pair.size}, size);
  }
  if (!params.pairs.empty()) expect_at_least(least + 1, params.layers, "layers");
  operands.writes("out", params.out, {params.layers}, sum_size(params.dtype));
  operands.writes("workspace", params.workspace, {layer_dots_workspace(params)}, sizeof(double));
  operands.expect_outputs_apart();
}

}  // namespace

void bind_layer_dots(py::module_& module) {
  module.attr("DOT_CHUNK") = kDotChunk;
  module.def("layer_dots_workspace", [](const std::vector<LayerDotsRow>& table) {
    return layer_dots_workspace(layer_dots_params(0, table, 0, 0, 0));
  });
  module.def("layer_dots_cpu", [](int dtype, const std::vector<LayerDotsRow>& table, std::int64_t layers, Address out,
                                  Address workspace, int threads) {
    const auto params = layer_dots_params(dtype, table, layers, out, workspace);
    check(params);
    expect_threads(threads);
    py::gil_scoped_release release;
    layer_dots_cpu(params, threads);
  });
#ifdef FAMUS_CUDA
  module.def("layer_dots_cuda", [](int dtype, const std::vector<LayerDotsRow>& table, std::int64_t layers, Address out,
                                   Address workspace, Address stream) {
    const auto params = layer_dots_params(dtype, table, layers, out, workspace);
    check(params);
    raise_on_error("layer_dots", layer_dots_cuda(params, reinterpret_cast<Stream>(stream)));
  });
#endif
}

}  // namespace famus
