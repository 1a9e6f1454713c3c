#include "core/cuda_status.h"

#include <cuda_runtime_api.h>

namespace famus {

std::string cuda_error(Status status) { return cudaGetErrorString(static_cast<cudaError_t>(status)); }

CudaStatus cuda_status() {
  int devices = 0;
  const cudaError_t status = cudaGetDeviceCount(&devices);
  if (status == cudaSuccess && devices > 0) return {devices, ""};
  cudaGetLastError();  // the error is reported here and must not surface in a later launch
  return {0, status == cudaSuccess ? "no CUDA device" : cuda_error(status)};
}

std::string cuda_runtime_version() {
  return std::to_string(CUDART_VERSION / 1000) + "." + std::to_string(CUDART_VERSION % 1000 / 10);
}

}  // namespace famus
