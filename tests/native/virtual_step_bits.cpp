// Prints every byte that virtual_step leaves on the CPU for some tensors, of all dtypes.
#include <cstdio>
#include <cstring>
#include <vector>

#include "core/half.h"
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
void step(DType dtype, std::int64_t rows, std::int64_t inner) {
  const std::vector<T> w = drawn<T>(rows * inner, 1), g = drawn<T>(rows * inner, 2);
  std::vector<T> w_hat(rows * inner);
  std::vector<Accumulate<T>> g_bar(rows);
  virtual_step_cpu({dtype, {{w.data(), g.data(), w_hat.data(), g_bar.data(), rows, inner, 0.37}}, nullptr}, 1);
  print(w_hat);
  print(g_bar);
}

}  // namespace

int main() {
  const std::int64_t shapes[][2] = {{1, 5}, {3, 15}, {3, 16}, {2, 513}, {1, 4999}, {1111, 1}};
  for (const auto& [rows, inner] : shapes) {
    step<Float16>(DType::kFloat16, rows, inner);
    step<BFloat16>(DType::kBFloat16, rows, inner);
    step<float>(DType::kFloat32, rows, inner);
    step<double>(DType::kFloat64, rows, inner);
  }
}
