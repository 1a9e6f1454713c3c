// Runs launchers on cases from a file and writes their results to another. Everything is in the machine's byte order.
//
// A case: int64 op (0 virtual_step, 1 layer_dots), dtype, layers, count; then for each tensor int64 rows, inner, offset
// and float64 lr (layer_dots takes the first for the layer and the second for the size), and its two operands' entries.
// `offset` is the number of entries by which addresses are off those that malloc returns. The results are w_hat and
// g_bar of each tensor in turn, or out. Every array has a block of memory of its own, of exactly its size.
#include <cuda_runtime_api.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "arrays.h"
#include "layer_dots.h"
#include "virtual_step.h"

cudaError_t cudaGetLastError() { return cudaSuccess; }

namespace {

using namespace famus;
using namespace shim;

struct Header {
  std::int64_t op, dtype, layers, count;
};

struct Tensor {
  std::int64_t rows, inner, offset;
  double lr;
};

struct Operands {
  Tensor tensor;
  Array first, second;
};

void run_virtual_step(std::FILE* results, DType dtype, const std::vector<Operands>& operands) {
  VirtualStepParams params{dtype, {}, nullptr};
  std::vector<Array> outputs;
  for (const auto& [tensor, w, g] : operands) {
    outputs.emplace_back(w.bytes, tensor.offset * size_of(dtype));
    outputs.emplace_back(tensor.rows * (dtype == DType::kFloat64 ? 8 : 4));
    params.tensors.push_back(
        {w.data, g.data, outputs[outputs.size() - 2].data, outputs.back().data, tensor.rows, tensor.inner, tensor.lr});
  }
  const Array workspace(virtual_step_workspace(params) * sizeof(double));
  params.workspace = reinterpret_cast<double*>(workspace.data);
  if (virtual_step_cuda(params, nullptr) != 0) std::abort();
  for (const Array& output : outputs) write(results, output);
}

void run_layer_dots(std::FILE* results, DType dtype, std::int64_t layers, const std::vector<Operands>& operands) {
  const Array out(layers * (dtype == DType::kFloat64 ? 8 : 4));
  LayerDotsParams params{dtype, {}, layers, out.data, nullptr};
  for (const auto& [tensor, a, b] : operands) params.pairs.push_back({a.data, b.data, tensor.inner, tensor.rows});
  const Array workspace(layer_dots_workspace(params) * sizeof(double));
  params.workspace = reinterpret_cast<double*>(workspace.data);
  if (layer_dots_cuda(params, nullptr) != 0) std::abort();
  write(results, out);
}

}  // namespace

int main(int, char** arguments) {
  std::FILE* cases = std::fopen(arguments[1], "rb");
  std::FILE* results = std::fopen(arguments[2], "wb");
  for (Header header; read(cases, header);) {
    const DType dtype = static_cast<DType>(header.dtype);
    std::vector<Operands> operands;
    for (std::int64_t t = 0; t < header.count; ++t) {
      Tensor tensor;
      if (!read(cases, tensor)) return 1;
      const std::int64_t entries = header.op == 0 ? tensor.rows * tensor.inner : tensor.inner;
      const std::int64_t size = size_of(dtype);
      operands.push_back(
          {tensor, Array(entries * size, tensor.offset * size), Array(entries * size, tensor.offset * size)});
      read_entries(cases, operands.back().first);
      read_entries(cases, operands.back().second);
    }
    header.op == 0 ? run_virtual_step(results, dtype, operands)
                   : run_layer_dots(results, dtype, header.layers, operands);
  }
  std::fclose(results);
  std::fclose(cases);
}
