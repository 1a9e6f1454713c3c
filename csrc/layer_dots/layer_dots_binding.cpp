// The binding of layer_dots. It checks nothing; famus_ext/ops does.
#include "layer_dots/layer_dots.h"

#include "core/binding.h"

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

}  // namespace

void bind_layer_dots(py::module_& module) {
  module.attr("DOT_CHUNK") = kDotChunk;
  module.def("layer_dots_workspace", [](const std::vector<LayerDotsRow>& table) {
    return layer_dots_workspace(layer_dots_params(0, table, 0, 0, 0));
  });
  module.def("layer_dots_cpu", [](int dtype, const std::vector<LayerDotsRow>& table, std::int64_t layers, Address out,
                                  Address workspace, int threads) {
    const auto params = layer_dots_params(dtype, table, layers, out, workspace);
    py::gil_scoped_release release;
    layer_dots_cpu(params, threads);
  });
#ifdef FAMUS_CUDA
  module.def("layer_dots_cuda", [](int dtype, const std::vector<LayerDotsRow>& table, std::int64_t layers, Address out,
                                   Address workspace, Address stream) {
    const auto params = layer_dots_params(dtype, table, layers, out, workspace);
    raise_on_error("layer_dots", layer_dots_cuda(params, reinterpret_cast<Stream>(stream)));
  });
#endif
}

}  // namespace famus
