// CUDA's stream and status without CUDA's headers, so that the bindings compile in a build without CUDA.
#pragma once

struct CUstream_st;

namespace famus {

using Stream = CUstream_st*;  // a cudaStream_t
using Status = int;           // 0, or the cudaError_t of the call that failed

}  // namespace famus
