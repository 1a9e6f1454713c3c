// Runs the launcher of virtual_step on cases from a file and writes its results to another.
//
// A case: int64 dtype, count, offset; then for each tensor int64 rows, inner, float64 lr, and the entries of w and g.
// `offset` is the number of entries by which addresses are off those that malloc returns. The results are w_hat and
// g_bar of each tensor in turn.
#include "virtual_step/virtual_step.h"

#include <cstdint>
#include <cstdlib>
#include <vector>

#include "arrays.h"

namespace {

using namespace famus;
using namespace shim;

struct Header {
  std::int64_t dtype, count, offset;
};

struct Shape {
  std::int64_t rows, inner;
  double lr;
};

struct Tensor {
  Shape shape;
  Array w, g, w_hat, g_bar;
};

Tensor read_tensor(std::FILE* file, DType dtype, std::size_t offset) {
  Shape shape;
  if (!read(file, shape)) std::abort();
  const std::size_t bytes = shape.rows * shape.inner * size_of(dtype);
  Array w = filled(file, bytes, offset), g = filled(file, bytes, offset);
  return {shape, std::move(w), std::move(g), Array(bytes, offset), Array(shape.rows * sum_size_of(dtype))};
}

void run(std::FILE* cases, std::FILE* results, const Header& header) {
  const DType dtype = static_cast<DType>(header.dtype);
  VirtualStepParams params{dtype, {}, nullptr};
  std::vector<Tensor> tensors;
  for (std::int64_t t = 0; t < header.count; ++t) {
    tensors.push_back(read_tensor(cases, dtype, header.offset * size_of(dtype)));
    const auto& [shape, w, g, w_hat, g_bar] = tensors.back();
    params.tensors.push_back({w.data, g.data, w_hat.data, g_bar.data, shape.rows, shape.inner, shape.lr});
  }
  const Array workspace(virtual_step_workspace(params) * sizeof(double));
  params.workspace = reinterpret_cast<double*>(workspace.data);
  if (virtual_step_cuda(params, nullptr) != 0) std::abort();
  for (const Tensor& tensor : tensors) {
    write(results, tensor.w_hat);
    write(results, tensor.g_bar);
  }
}

}  // namespace

int main(int, char** arguments) { return run_cases(arguments, run); }
