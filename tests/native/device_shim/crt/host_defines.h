// CUDA's qualifiers. A toolkit has this header; the package of the runtime's headers lacks it.
#pragma once

#define __host__
#define __device__
#define __global__
#define __constant__
#define __launch_bounds__(...)
#define __device_builtin__
#define __cudart_builtin__
#define __device_builtin_texture_type__
#define __device_builtin_surface_type__
#define __forceinline__ inline
#define __align__(n) __attribute__((aligned(n)))
#define __builtin_align__(n) __align__(n)
#define CUDARTAPI
