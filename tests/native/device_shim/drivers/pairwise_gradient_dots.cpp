// Runs the launcher of pairwise_gradient_dots on cases from a file and writes its results to another.
//
// A case: int64 dtype, C, O, groups, bias; then for each batch int64 examples and six numbers for each of three axes,
// as ConvolutionAxis has them, and for x and for y' five int64 strides, the number of entries and the entries. The
// result is out.
#include "pairwise_gradient_dots/pairwise_gradient_dots.h"

#include <cstdint>
#include <cstdlib>

#include "arrays.h"

namespace {

using namespace famus;
using namespace shim;

struct Header {
  std::int64_t dtype, channels, outputs, groups, bias;
};

struct Sizes {
  std::int64_t examples;
  std::int64_t axes[kSpatial][6];
};

struct Layout {
  std::int64_t strides[2 + kSpatial];
  std::int64_t entries;
};

struct Batch {
  PairwiseBatch batch;
  Array x, slopes;
};

Array read_tensor(std::FILE* cases, DType dtype, std::int64_t* strides) {
  Layout layout;
  if (!read(cases, layout)) std::abort();
  std::copy_n(layout.strides, 2 + kSpatial, strides);
  return filled(cases, layout.entries * size_of(dtype));
}

Batch read_batch(std::FILE* cases, DType dtype) {
  Sizes sizes;
  if (!read(cases, sizes)) std::abort();
  PairwiseBatch batch = {};
  batch.examples = sizes.examples;
  for (int axis = 0; axis < kSpatial; ++axis) {
    const auto [input, output, kernel, stride, padding, dilation] = sizes.axes[axis];
    batch.axes[axis] = {static_cast<int>(input),  static_cast<int>(output),  static_cast<int>(kernel),
                        static_cast<int>(stride), static_cast<int>(padding), static_cast<int>(dilation)};
  }
  Array x = read_tensor(cases, dtype, batch.x_strides);
  Array slopes = read_tensor(cases, dtype, batch.slope_strides);
  batch.x = x.data;
  batch.slopes = slopes.data;
  return {batch, std::move(x), std::move(slopes)};
}

void run(std::FILE* cases, std::FILE* results, const Header& header) {
  const auto [code, channels, outputs, groups, bias] = header;
  const DType dtype = static_cast<DType>(code);
  const Batch training = read_batch(cases, dtype);
  const Batch meta = read_batch(cases, dtype);
  const Array out(training.batch.examples * meta.batch.examples * sum_size_of(dtype));
  PairwiseGradientDotsParams params{dtype,  training.batch, meta.batch, channels, outputs,
                                    groups, bias != 0,      out.data,   nullptr};
  const Array workspace(pairwise_gradient_dots_workspace_cuda(params));
  params.workspace = workspace.data;
  if (pairwise_gradient_dots_cuda(params, nullptr) != 0) std::abort();
  write(results, out);
}

}  // namespace

int main(int, char** arguments) { return run_cases(arguments, run); }
