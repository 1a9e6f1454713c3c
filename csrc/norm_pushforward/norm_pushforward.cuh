// norm_pushforward on a GPU: the tangent of batch normalisation. Formula and stages: norm_pushforward.h.
//
// Bytes: reads x and x_dot twice, relu once, writes out once; the partial sums are less than a hundredth of that.
// Mapping: a block a chunk (norm_walk.cuh) for the sums, a warp a channel for the coefficients, a block a chunk again
// for the result: three launches, two for constant statistics.
// Latency (unproven on a GPU): a thread has 2 kBatch loads of 16 bytes under way for the sums, 3 kTriples for the
// result. At the most registers that a kernel takes, 117, a processor holds two blocks, 64 and 48 KB under way;
// bandwidth times latency is 25 KB for that of an H200.
// Determinism: no atomics. Every order of addition depends on the sizes and on the alignment of the tensors alone.
#pragma once

#include "norm_pushforward/norm_walk.cuh"

namespace famus {

template <typename A>
__device__ inline A entry(const void* vector, long long channel, A absent) {
  return vector ? static_cast<const A*>(vector)[channel] : absent;
}

// A thread's sums of x_dot and (x - μ) x_dot, for each entry of a pack.
template <int size, typename A>
struct NormThreadSums {
  A tangents[size];
  A products[size];
};

template <int size, typename T>
__device__ inline NormThreadSums<size, Accumulate<T>> norm_thread_sums(const NormPushforwardCall& call,
                                                                       const NormWalk<size>& walk) {
  using A = Accumulate<T>;
  const T* x = static_cast<const T*>(call.x);
  const T* x_dot = static_cast<const T*>(call.x_dot);
  NormThreadSums<size, A> sums = {};
  if (walk.begin >= walk.end) return sums;
  A means[size];
#pragma unroll
  for (int j = 0; j < size; ++j) means[j] = entry<A>(call.mean, walk.channel + (call.inner == 1 ? j : 0), 0);
#pragma unroll 1
  for (int begin = walk.begin; begin < walk.end; begin += kBatch * walk.step) {
    Pack<T, size> values[kBatch];
    Pack<T, size> moves[kBatch];
#pragma unroll
    for (int k = 0; k < kBatch; ++k) {
      const int position = begin + k * walk.step;
      if (position < walk.end) {
        const long long address = walk.address(position);
        values[k] = load_pack<size>(x + address);
        moves[k] = load_pack<size>(x_dot + address);
      }
    }
#pragma unroll
    for (int k = 0; k < kBatch; ++k) {
      if (begin + k * walk.step < walk.end) {
#pragma unroll
        for (int j = 0; j < size; ++j) {
          const A tangent = static_cast<A>(moves[k].values[j]);
          sums.tangents[j] += tangent;
          sums.products[j] += (static_cast<A>(values[k].values[j]) - means[j]) * tangent;
        }
      }
    }
  }
  return sums;
}

// The partial sums of a chunk: those of threads with the same channels, added up in a tree. `shared` has room for two
// of each entry of a pack and each thread.
template <int size, typename T>
__device__ inline void norm_sums(const NormPushforwardCall& call, Accumulate<T>* shared) {
  const NormWalk<size> walk(call);
  NormThreadSums<size, Accumulate<T>> sums = norm_thread_sums<size, T>(call, walk);
  const bool is_matrix = call.inner == 1;
  const int thread = static_cast<int>(threadIdx.x);
  const int count = is_matrix ? 2 * size : 2;
#pragma unroll
  for (int j = 1; j < size; ++j) {
    if (!is_matrix) {
      sums.tangents[0] += sums.tangents[j];
      sums.products[0] += sums.products[j];
    }
  }
#pragma unroll
  for (int j = 0; j < size; ++j) {
    if (2 * j < count) {
      shared[2 * j * kBlockThreads + thread] = sums.tangents[j];
      shared[(2 * j + 1) * kBlockThreads + thread] = sums.products[j];
    }
  }
  const int line = thread / walk.width;
  const int lines = kBlockThreads / walk.width;
  for (int half = kBlockThreads / 2; half > 0; half /= 2) {
    __syncthreads();
    if (line < half && line + half < lines) {
      for (int i = 0; i < count; ++i) {
        shared[i * kBlockThreads + thread] += shared[i * kBlockThreads + thread + half * walk.width];
      }
    }
  }
  if (line > 0 || walk.begin >= walk.end) return;
  for (int i = 0; i < count; ++i) {
    call.partials[2 * ((walk.channel + i / 2) * call.chunks + walk.chunk) + i % 2] =
        static_cast<double>(shared[i * kBlockThreads + thread]);
  }
}

// With two blocks on a processor asked for, the compiler does not spill registers to make room for a fourth.
template <typename T>
__global__ void __launch_bounds__(kBlockThreads, 2) norm_sums_kernel(const NormPushforwardCall call) {
  FAMUS_SHARED(Accumulate<T>, shared, 2 * kPackSize<T> * kBlockThreads);
  is_packed<T>(call) ? norm_sums<kPackSize<T>, T>(call, shared) : norm_sums<1, T>(call, shared);
}

// Scale, slope and shift of every channel.
template <typename A>
__global__ void __launch_bounds__(kBlockThreads) norm_coefficients_kernel(const NormPushforwardCall call) {
  const long long channel = warp_index();
  if (channel >= call.channels) return;
  double tangents = 0;
  double products = 0;
  if (call.partials) {
    const double* partials = call.partials + 2 * channel * call.chunks;
    for (unsigned chunk = lane_index(); chunk < call.chunks; chunk += kWarp) {
      tangents += partials[2 * chunk];
      products += partials[2 * chunk + 1];
    }
  }
  tangents = warp_sum(tangents);
  products = warp_sum(products);
  if (lane_index() != 0) return;
  const double inverse_std = entry<A>(call.inverse_std, channel, 1);
  const double scale = inverse_std * entry<A>(call.weight, channel, 1);
  const double slope = entry<A>(call.weight_dot, channel, 0) - scale * inverse_std * products * call.share;
  A* coefficients = static_cast<A*>(call.coefficients);
  coefficients[channel] = static_cast<A>(scale);
  coefficients[call.channels + channel] = static_cast<A>(slope * inverse_std);
  coefficients[2 * call.channels + channel] =
      static_cast<A>(entry<A>(call.bias_dot, channel, 0) - scale * tangents * call.share);
}

// Entries of x, x_dot and relu that a thread has in flight: with more, wide packs leave room for one block on a
// processor.
constexpr int kTriples = 2;

// out of a chunk.
template <int size, typename T>
__device__ inline void norm_result(const NormPushforwardCall& call) {
  using A = Accumulate<T>;
  const NormWalk<size> walk(call);
  if (walk.begin >= walk.end) return;
  const T* x = static_cast<const T*>(call.x);
  const T* x_dot = static_cast<const T*>(call.x_dot);
  const T* relu = static_cast<const T*>(call.relu);
  const A* coefficients = static_cast<const A*>(call.coefficients);
  A means[size], scales[size], slopes[size], shifts[size];
#pragma unroll
  for (int j = 0; j < size; ++j) {
    const long long channel = walk.channel + (call.inner == 1 ? j : 0);
    means[j] = entry<A>(call.mean, channel, 0);
    scales[j] = coefficients[channel];
    slopes[j] = coefficients[call.channels + channel];
    shifts[j] = coefficients[2 * call.channels + channel];
  }
#pragma unroll 1
  for (int begin = walk.begin; begin < walk.end; begin += kTriples * walk.step) {
    Pack<T, size> values[kTriples];
    Pack<T, size> moves[kTriples];
    Pack<T, size> outputs[kTriples];
#pragma unroll
    for (int k = 0; k < kTriples; ++k) {
      const int position = begin + k * walk.step;
      if (position < walk.end) {
        const long long address = walk.address(position);
        if (x) values[k] = load_pack<size>(x + address);
        if (x_dot) moves[k] = load_pack<size>(x_dot + address);
        if (relu) outputs[k] = load_pack<size>(relu + address);
      }
    }
#pragma unroll
    for (int k = 0; k < kTriples; ++k) {
      const int position = begin + k * walk.step;
      if (position < walk.end) {
        Pack<T, size> result;
#pragma unroll
        for (int j = 0; j < size; ++j) {
          A value = shifts[j];
          if (x) value += slopes[j] * (static_cast<A>(values[k].values[j]) - means[j]);
          if (x_dot) value += scales[j] * static_cast<A>(moves[k].values[j]);
          if (relu && static_cast<A>(outputs[k].values[j]) <= 0) value = 0;
          result.values[j] = static_cast<T>(value);
        }
        store_pack<size>(static_cast<T*>(call.out) + walk.address(position), result);
      }
    }
  }
}

template <typename T>
__global__ void __launch_bounds__(kBlockThreads) norm_result_kernel(const NormPushforwardCall call) {
  is_packed<T>(call) ? norm_result<kPackSize<T>, T>(call) : norm_result<1, T>(call);
}

}  // namespace famus
