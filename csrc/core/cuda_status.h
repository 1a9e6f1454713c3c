// Whether this build's CUDA runtime can use a GPU here.
#pragma once

#include <string>

#include "core/stream.h"

namespace famus {

struct CudaStatus {
  int devices;         // 0 where the driver is missing or too old
  std::string reason;  // why there are none; empty where there are some
};

CudaStatus cuda_status();
std::string cuda_error(Status status);
std::string cuda_runtime_version();

}  // namespace famus
