// Element types that every kernel takes. Sums are formed in float32, for float64 in float64.
#pragma once

#include <stdexcept>

namespace famus {

enum class DType : int { kFloat16 = 0, kBFloat16 = 1, kFloat32 = 2, kFloat64 = 3 };

template <typename T>
struct Type {
  using type = T;
};

// Calls function(Type<T>{}) for the T that dtype stands for; the 16-bit types differ between the host and a GPU.
template <typename Float16, typename BFloat16, typename Function>
auto dispatch(DType dtype, Function function) {
  switch (dtype) {
    case DType::kFloat16:
      return function(Type<Float16>{});
    case DType::kBFloat16:
      return function(Type<BFloat16>{});
    case DType::kFloat32:
      return function(Type<float>{});
    case DType::kFloat64:
      return function(Type<double>{});
  }
  throw std::invalid_argument("dtype: expected 0 to 3, as DType numbers them");
}

}  // namespace famus
