// Runs the launcher of layer_dots on cases from a file and writes its results to another.
//
// A case: int64 dtype, layers, count, offset; then for each pair int64 layer, size, and the entries of a and b.
// `offset` is the number of entries by which addresses are off those that malloc returns. The result is out.
#include "layer_dots/layer_dots.h"

#include <cstdint>
#include <cstdlib>
#include <vector>

#include "arrays.h"

namespace {

using namespace famus;
using namespace shim;

struct Header {
  std::int64_t dtype, layers, count, offset;
};

struct Place {
  std::int64_t layer, size;
};

struct Pair {
  Place place;
  Array a, b;
};

Pair read_pair(std::FILE* file, std::int64_t entry_size, std::int64_t offset) {
  Place place;
  if (!read(file, place)) std::abort();
  Array a = filled(file, place.size * entry_size, offset * entry_size);
  return {place, std::move(a), filled(file, place.size * entry_size, offset * entry_size)};
}

void run(std::FILE* cases, std::FILE* results, const Header& header) {
  const DType dtype = static_cast<DType>(header.dtype);
  const Array out(header.layers * sum_size_of(dtype));
  LayerDotsParams params{dtype, {}, header.layers, out.data, nullptr};
  std::vector<Pair> pairs;
  for (std::int64_t t = 0; t < header.count; ++t) {
    pairs.push_back(read_pair(cases, size_of(dtype), header.offset));
    const auto& [place, a, b] = pairs.back();
    params.pairs.push_back({a.data, b.data, place.size, place.layer});
  }
  const Array workspace(layer_dots_workspace(params) * sizeof(double));
  params.workspace = reinterpret_cast<double*>(workspace.data);
  if (layer_dots_cuda(params, nullptr) != 0) std::abort();
  write(results, out);
}

}  // namespace

int main(int, char** arguments) { return run_cases(arguments, run); }
