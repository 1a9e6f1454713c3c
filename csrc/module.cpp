// The Python module famus_ext._C: what was built, and every op's binding.
#include <utility>

#include "core/binding.h"

namespace famus {

void bind_gradient_dots(py::module_& module);
void bind_gumbel_gates(py::module_& module);
void bind_layer_dots(py::module_& module);
void bind_norm_pushforward(py::module_& module);
void bind_pairwise_gradient_dots(py::module_& module);
void bind_virtual_step(py::module_& module);

namespace {

void describe_build(py::module_& module) {
  module.attr("version") = FAMUS_VERSION;
  module.attr("cxx_compiler") = FAMUS_CXX_COMPILER;
  py::dict dtypes;
  dtypes["float16"] = static_cast<int>(DType::kFloat16);
  dtypes["bfloat16"] = static_cast<int>(DType::kBFloat16);
  dtypes["float32"] = static_cast<int>(DType::kFloat32);
  dtypes["float64"] = static_cast<int>(DType::kFloat64);
  module.attr("dtypes") = dtypes;
#ifdef FAMUS_CUDA
  module.attr("cuda_compiler") = FAMUS_CUDA_COMPILER;
  module.attr("cuda_version") = cuda_runtime_version();
  module.attr("cuda_architectures") = py::tuple(py::cast(std::vector<int>{FAMUS_CUDA_ARCHITECTURES}));
  module.def("cuda_status", [] {
    const CudaStatus status = cuda_status();
    return std::make_pair(status.devices, status.reason);
  });
#else
  module.attr("cuda_compiler") = py::none();
  module.attr("cuda_version") = py::none();
  module.attr("cuda_architectures") = py::tuple();
  module.def("cuda_status", [] { return std::make_pair(0, std::string("built without CUDA")); });
#endif
}

}  // namespace
}  // namespace famus

PYBIND11_MODULE(_C, module) {
  famus::describe_build(module);
  famus::bind_gradient_dots(module);
  famus::bind_gumbel_gates(module);
  famus::bind_layer_dots(module);
  famus::bind_norm_pushforward(module);
  famus::bind_pairwise_gradient_dots(module);
  famus::bind_virtual_step(module);
}
