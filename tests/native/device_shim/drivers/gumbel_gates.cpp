// Runs the launchers of gumbel_gates on cases from a file and writes their results to another.
//
// A case: int64 dtype, hidden, count, wants_x and float64 temperature; noise [count, 2], cotangent [count]; then for
// each layer int64 size and the entries of x, W, b, a, V, c. The results are r, and for each layer grad_eta and, if it
// is wanted, grad_x.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "arrays.h"
#include "gumbel_gates/gumbel_gates.h"

namespace {

using namespace famus;
using namespace shim;

struct Header {
  std::int64_t dtype, hidden, count, wants_x;
  double temperature;
};

struct Gate {
  std::int64_t size;
  Array x, W, b, a, V, c, grad_eta, grad_x;
};

Gate read_gate(std::FILE* file, std::int64_t hidden, std::int64_t width, std::int64_t sum_width) {
  std::int64_t size;
  if (!read(file, size)) std::abort();
  return {size,
          filled(file, size * sum_width),
          filled(file, hidden * size * width),
          filled(file, hidden * width),
          filled(file, width),
          filled(file, 2 * hidden * width),
          filled(file, 2 * width),
          Array((hidden * size + 3 * hidden + 3) * width),
          Array(size * sum_width)};
}

void run(std::FILE* cases, std::FILE* results, const Header& header) {
  const DType dtype = static_cast<DType>(header.dtype);
  const std::int64_t width = size_of(dtype);
  const std::int64_t sum_width = sum_size_of(dtype);
  const Array noise = filled(cases, 2 * header.count * sum_width);
  const Array cotangent = filled(cases, header.count * sum_width);
  const Array r(header.count * sum_width), ds_dd(header.count * sum_width);
  const Array h(header.count * header.hidden * sum_width), grad_h(header.count * header.hidden * sum_width);
  GumbelGatesParams params{dtype, {}, header.hidden, header.temperature, noise.data, r.data, h.data, ds_dd.data};
  GradGumbelGatesParams grad_params{dtype, {}, header.hidden, cotangent.data, h.data, ds_dd.data, grad_h.data};
  std::vector<Gate> gates;
  for (std::int64_t layer = 0; layer < header.count; ++layer) {
    gates.push_back(read_gate(cases, header.hidden, width, sum_width));
    const Gate& gate = gates.back();
    params.gates.push_back({gate.x.data, gate.W.data, gate.b.data, gate.a.data, gate.V.data, gate.c.data, gate.size});
    grad_params.gates.push_back({gate.x.data, gate.W.data, gate.a.data, gate.V.data, gate.grad_eta.data,
                                 header.wants_x ? gate.grad_x.data : nullptr, gate.size});
  }
  if (gumbel_gates_cuda(params, nullptr) != 0 || grad_gumbel_gates_cuda(grad_params, nullptr) != 0) std::abort();
  write(results, r);
  for (const Gate& gate : gates) {
    write(results, gate.grad_eta);
    if (header.wants_x) write(results, gate.grad_x);
  }
}

}  // namespace

int main(int, char** arguments) { return run_cases(arguments, run); }
