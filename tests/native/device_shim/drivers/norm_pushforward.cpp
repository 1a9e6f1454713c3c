// Runs the launcher of norm_pushforward on cases from a file and writes its results to another.
//
// A case: int64 dtype, rows, channels, inner, offset, batch_statistics; x; mean and inverse_std; then an int64 that
// says whether it is there, and if so the entries, of x_dot, relu, weight, weight_dot and bias_dot. `offset` is the
// number of entries by which the tensors' addresses are off those that malloc returns.
#include <cstdint>
#include <cstdlib>
#include <optional>

#include "arrays.h"
#include "norm_pushforward/norm_pushforward.h"

namespace {

using namespace famus;
using namespace shim;

struct Header {
  std::int64_t dtype, rows, channels, inner, offset, batch_statistics;
};

std::optional<Array> filled_if_there(std::FILE* file, std::size_t bytes, std::size_t offset = 0) {
  std::int64_t is_there;
  if (!read(file, is_there)) std::abort();
  return is_there ? std::optional<Array>(filled(file, bytes, offset)) : std::nullopt;
}

const void* address(const std::optional<Array>& array) { return array ? array->data : nullptr; }

void run(std::FILE* cases, std::FILE* results, const Header& header) {
  const auto [code, rows, channels, inner, entries_off, batch_statistics] = header;
  const DType dtype = static_cast<DType>(code);
  const std::size_t offset = entries_off * size_of(dtype);
  const std::size_t bytes = rows * channels * inner * size_of(dtype);
  const std::size_t vector_bytes = channels * sum_size_of(dtype);
  const Array x = filled(cases, bytes, offset);
  const Array mean = filled(cases, vector_bytes);
  const Array inverse_std = filled(cases, vector_bytes);
  const auto x_dot = filled_if_there(cases, bytes, offset);
  const auto relu = filled_if_there(cases, bytes, offset);
  const auto weight = filled_if_there(cases, vector_bytes);
  const auto weight_dot = filled_if_there(cases, vector_bytes);
  const auto bias_dot = filled_if_there(cases, vector_bytes);
  const Array out(bytes, offset);
  const Array workspace(norm_pushforward_workspace(rows, channels, inner) * sizeof(double));
  const NormPushforwardParams params{
      dtype,     x.data,           address(x_dot),  address(relu),         out.data,
      mean.data, inverse_std.data, address(weight), address(weight_dot),   address(bias_dot),
      rows,      channels,         inner,           batch_statistics != 0, reinterpret_cast<double*>(workspace.data)};
  if (norm_pushforward_cuda(params, nullptr) != 0) std::abort();
  write(results, out);
}

}  // namespace

int main(int, char** arguments) { return run_cases(arguments, run); }
