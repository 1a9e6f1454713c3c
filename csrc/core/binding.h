// What the bindings share: addresses, sizes and a stream come from Python as integers, and a failed launch goes back as
// an exception. No file outside *_binding.cpp and module.cpp sees pybind11.
#pragma once

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "core/dtype.h"
#include "core/stream.h"

#ifdef FAMUS_CUDA
#include "core/cuda_status.h"
#endif

namespace famus {

namespace py = pybind11;

using Address = std::uintptr_t;

inline void* pointer(Address address) { return reinterpret_cast<void*>(address); }

#ifdef FAMUS_CUDA
inline void raise_on_error(const char* op, Status status) {
  if (status != 0) throw std::runtime_error(std::string(op) + ": " + cuda_error(status));
}
#endif

}  // namespace famus
