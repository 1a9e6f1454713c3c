// The type that sums of T are formed in, on the host and on the device. It includes nothing, so that NVRTC compiles it.
#pragma once

namespace famus {

template <typename T>
struct AccumulateOf {
  using type = float;
};
template <>
struct AccumulateOf<double> {
  using type = double;
};
template <typename T>
using Accumulate = typename AccumulateOf<T>::type;

}  // namespace famus
