// Element types that every kernel takes. Sums are formed in float32, for float64 in float64.
#pragma once

namespace famus {

enum class DType : int { kFloat16 = 0, kBFloat16 = 1, kFloat32 = 2, kFloat64 = 3 };

}  // namespace famus
