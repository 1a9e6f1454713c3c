// Runs the launcher of gradient_dots on cases from a file and writes its results to another.
//
// A case: int64 dtype, layer, examples, offset; the int64 numbers of the layer, in the order of its struct; then its
// arrays, each an int64 number of bytes and so many bytes, none for null. `offset` is the number of entries by which
// the addresses of the first two, input and slopes, are off those that malloc returns.
#include "gradient_dots/gradient_dots.h"

#include <cstdint>
#include <cstdlib>
#include <vector>

#include "arrays.h"

namespace {

using namespace famus;
using namespace shim;

struct Header {
  std::int64_t dtype, layer, examples, offset;
};

template <std::size_t count>
std::vector<std::int64_t> numbers(std::FILE* file) {
  std::vector<std::int64_t> found(count);
  for (std::int64_t& number : found) {
    if (!read(file, number)) std::abort();
  }
  return found;
}

std::vector<Array> arrays(std::FILE* file, std::size_t count, std::size_t offset) {
  std::vector<Array> found;
  for (std::size_t i = 0; i < count; ++i) {
    std::int64_t bytes;
    if (!read(file, bytes)) std::abort();
    found.push_back(filled(file, bytes, i < 2 ? offset : 0));
  }
  return found;
}

const void* address(const Array& array) { return array.bytes ? array.data : nullptr; }

ProductDots product(const std::vector<std::int64_t>& n, const std::vector<Array>& a) {
  const auto number = [&](int i) { return static_cast<int>(n[i]); };
  Convolution geometry = {{}, number(18), number(19), number(20)};
  for (int i = 0; i < kSpatial; ++i) {
    geometry.axes[i] = {number(6 * i),     number(6 * i + 1), number(6 * i + 2),
                        number(6 * i + 3), number(6 * i + 4), number(6 * i + 5)};
  }
  return {geometry,      address(a[0]),         address(a[1]),        address(a[2]),
          address(a[3]), {n[21], n[22], n[23]}, {n[24], n[25], n[26]}};
}

RowDots rows(const std::vector<std::int64_t>& n, const std::vector<Array>& a) {
  return {address(a[0]), address(a[1]), static_cast<const long long*>(address(a[2])), n[0], n[1], n[2], n[3]};
}

NormDots normalisation(const std::vector<std::int64_t>& n, const std::vector<Array>& a) {
  return {address(a[0]), address(a[1]), address(a[2]), address(a[3]),      address(a[4]),
          address(a[5]), n[0],          n[1],          {n[2], n[3], n[4]}, {n[5], n[6]}};
}

void run(std::FILE* cases, std::FILE* results, const Header& header) {
  const DType dtype = static_cast<DType>(header.dtype);
  const std::size_t offset = header.offset * size_of(dtype);
  constexpr std::size_t kArrays[] = {4, 3, 6};
  const auto n = header.layer == 0 ? numbers<27>(cases) : header.layer == 1 ? numbers<4>(cases) : numbers<7>(cases);
  const std::vector<Array> a = arrays(cases, kArrays[header.layer], offset);
  GradientDotsParams params = {dtype, header.examples, {}, nullptr, nullptr};
  if (header.layer == 0) params.layer = product(n, a);
  if (header.layer == 1) params.layer = rows(n, a);
  if (header.layer == 2) params.layer = normalisation(n, a);
  const Array out(header.examples * sum_size_of(dtype));
  const Array workspace(gradient_dots_workspace(params) * sizeof(double));
  params.out = out.data;
  params.workspace = reinterpret_cast<double*>(workspace.data);
  if (gradient_dots_cuda(params, nullptr) != 0) std::abort();
  write(results, out);
}

}  // namespace

int main(int, char** arguments) { return run_cases(arguments, run); }
