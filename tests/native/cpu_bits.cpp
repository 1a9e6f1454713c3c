// Prints every byte that kernels for the CPU leave for some tensors, of all dtypes.
#include <cstdio>
#include <cstring>
#include <vector>

#include "core/half.h"
#include "layer_dots/layer_dots.h"
#include "norm_pushforward/norm_pushforward.h"
#include "virtual_step/virtual_step.h"

namespace {

using namespace famus;

template <typename T>
void print(const std::vector<T>& entries) {
  std::vector<unsigned char> bytes(entries.size() * sizeof(T));
  std::memcpy(bytes.data(), entries.data(), bytes.size());
  for (const unsigned char byte : bytes) std::printf("%02x", byte);
  std::printf("\n");
}

// Entries of every magnitude and sign, drawn by a linear congruential generator.
template <typename T>
std::vector<T> drawn(std::int64_t count, std::uint32_t state) {
  std::vector<T> entries;
  for (std::int64_t i = 0; i < count; ++i) {
    state = state * 1664525u + 1013904223u;
    const float value = (static_cast<float>(state >> 8) - 8388608.0f) / static_cast<float>(1u << (state % 25u));
    entries.push_back(static_cast<T>(value / 256.0f));
  }
  return entries;
}

template <typename T>
void print_step(DType dtype, std::int64_t rows, std::int64_t inner) {
  const std::vector<T> w = drawn<T>(rows * inner, 1), g = drawn<T>(rows * inner, 2);
  std::vector<T> w_hat(rows * inner);
  std::vector<Accumulate<T>> g_bar(rows);
  virtual_step_cpu({dtype, {{w.data(), g.data(), w_hat.data(), g_bar.data(), rows, inner, 0.37}}, nullptr}, 1);
  print(w_hat);
  print(g_bar);
}

template <typename T>
void print_dot(DType dtype, std::int64_t size) {
  const std::vector<T> a = drawn<T>(size, 1), b = drawn<T>(size, 2);
  std::vector<Accumulate<T>> out(1);
  LayerDotsParams params{dtype, {{a.data(), b.data(), size, 0}}, 1, out.data(), nullptr};
  std::vector<double> workspace(layer_dots_workspace(params));
  params.workspace = workspace.data();
  layer_dots_cpu(params, 1);
  print(out);
}

template <typename T>
void print_norm(DType dtype, std::int64_t rows, std::int64_t channels, std::int64_t inner) {
  const std::int64_t size = rows * channels * inner;
  const std::vector<T> x = drawn<T>(size, 1), x_dot = drawn<T>(size, 2), relu = drawn<T>(size, 3);
  const std::vector<Accumulate<T>> vector = drawn<Accumulate<T>>(channels, 4);
  std::vector<T> out(size);
  std::vector<double> workspace(norm_pushforward_workspace(rows, channels, inner));
  norm_pushforward_cpu({dtype, x.data(), x_dot.data(), relu.data(), out.data(), vector.data(), vector.data(),
                        vector.data(), vector.data(), vector.data(), rows, channels, inner, true, workspace.data()},
                       1);
  print(out);
}

template <typename T>
void print_all(DType dtype) {
  const std::int64_t shapes[][2] = {{1, 5}, {3, 15}, {3, 32}, {2, 513}, {1, 4999}, {1111, 1}};
  for (const auto& [rows, inner] : shapes) {
    print_step<T>(dtype, rows, inner);
    print_dot<T>(dtype, rows * inner);
    print_norm<T>(dtype, rows, 3, inner);
  }
}

}  // namespace

int main() {
  print_all<Float16>(DType::kFloat16);
  print_all<BFloat16>(DType::kBFloat16);
  print_all<float>(DType::kFloat32);
  print_all<double>(DType::kFloat64);
}
