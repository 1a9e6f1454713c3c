// gumbel_gates on a GPU, forward and backward (FaMUS, Eq. 8). Formulas: gumbel_gates.h.
//
// Bytes: forward reads η once; backward reads x and V, and W where grad x is asked for, and writes grad η once.
// Mapping: a block a layer. Forward, a warp takes kGateRows rows of W at a time, so that it has kGateRows kBatch loads
// under way. Backward, a warp writes a row of grad W at a time and a thread sums up columns of W. One launch each way
// for 62 layers, where a loop over layers has about ten for each (unproven on a GPU: that this is ten times faster).
// Determinism: no atomics. Every order of addition depends on D and H alone.
#pragma once

#include "core/scalar.cuh"
#include "core/table.cuh"
#include "core/warp.cuh"

namespace famus {

// Rows of W that a warp reads at a time.
constexpr int kGateRows = 4;

struct GumbelGateEntry {
  const void* x;
  const void* W;
  const void* b;
  const void* a;
  const void* V;
  const void* c;
  long long size;  // D
  long long first_unit;
};

struct GradGumbelGateEntry {
  const void* x;
  const void* W;
  const void* a;
  const void* V;
  void* grad_eta;
  void* grad_x;
  long long size;  // D
  long long first_unit;
};

using GumbelGateTable = Table<GumbelGateEntry, 62>;
using GradGumbelGateTable = Table<GradGumbelGateEntry, 62>;
static_assert(sizeof(GumbelGateTable) <= 4096 - 48, "a launch has 4 KB for its arguments");
static_assert(sizeof(GradGumbelGateTable) <= 4096 - 48, "a launch has 4 KB for its arguments");

template <typename A>
__device__ inline A prelu(A h, A a) {
  return h > 0 ? h : a * h;
}

// Sum over the threads of the block, in the first of them. All threads must call it.
template <typename A>
__device__ inline A block_sum(A value) {
  FAMUS_SHARED(A, sums, kBlockWarps);
  const A sum = warp_sum(value);
  if (lane_index() == 0) sums[threadIdx.x / kWarp] = sum;
  __syncthreads();
  A total = 0;
  if (threadIdx.x == 0) {
    for (int warp = 0; warp < kBlockWarps; ++warp) total += sums[warp];
  }
  return total;
}

// h of `count` rows, kGateRows at most, from `row` on: a warp's work. In place of rows past the last, the last is read
// again.
template <typename T>
__device__ inline void preactivations(const GumbelGateEntry& gate, int row, int count, Accumulate<T>* h) {
  using A = Accumulate<T>;
  const A* x = static_cast<const A*>(gate.x);
  const T* W = static_cast<const T*>(gate.W) + row * gate.size;
  const T* rows[kGateRows];
#pragma unroll
  for (int k = 0; k < kGateRows; ++k) rows[k] = W + (k < count ? k : count - 1) * gate.size;
  A sums[kGateRows] = {};
#pragma unroll kBatch
  for (long long i = lane_index(); i < gate.size; i += kWarp) {
    const A entry = x[i];
#pragma unroll
    for (int k = 0; k < kGateRows; ++k) {
      sums[k] += static_cast<A>(rows[k][i]) * entry;
    }
  }
#pragma unroll
  for (int k = 0; k < kGateRows; ++k) {
    const A sum = warp_sum(sums[k]);
    if (lane_index() == 0 && k < count) h[row + k] = sum + static_cast<A>(static_cast<const T*>(gate.b)[row + k]);
  }
}

// noise [L, 2], r [L], h [L, H], ds_dd [L] of the table's layers.
template <typename T>
__global__ void __launch_bounds__(kBlockThreads)
    gumbel_gates_kernel(const GumbelGateTable table, int hidden, Accumulate<T> temperature, const Accumulate<T>* noise,
                        Accumulate<T>* r, Accumulate<T>* h, Accumulate<T>* ds_dd) {
  using A = Accumulate<T>;
  const long long layer = blockIdx.x;
  const GumbelGateEntry& gate = table.entries[layer];
  const int thread = static_cast<int>(threadIdx.x);
  h += layer * hidden;
#pragma unroll 1
  for (int row = thread / kWarp * kGateRows; row < hidden; row += kBlockWarps * kGateRows) {
    preactivations<T>(gate, row, hidden - row < kGateRows ? hidden - row : kGateRows, h);
  }
  __syncthreads();

  const A a = static_cast<A>(*static_cast<const T*>(gate.a));
  const T* V = static_cast<const T*>(gate.V);
  const T* c = static_cast<const T*>(gate.c);
  A sum = 0;
  for (int i = thread; i < hidden; i += kBlockThreads) {
    sum += (static_cast<A>(V[hidden + i]) - static_cast<A>(V[i])) * prelu(h[i], a);
  }
  sum = block_sum(sum);
  if (thread != 0) return;
  const A d = sum + static_cast<A>(c[1]) - static_cast<A>(c[0]) + noise[2 * layer + 1] - noise[2 * layer];
  const A e = exp((d < 0 ? d : -d) / temperature);  // s (1 - s) = e / (1 + e)^2 keeps its precision at both ends
  ds_dd[layer] = e / ((1 + e) * (1 + e)) / temperature;
  r[layer] = d > 0 ? A(1) : d <= 0 ? A(0) : d;
}

// grad b, a, V, c and the workspace grad_h [H] of a layer: a block's work.
template <typename T>
__device__ inline void hidden_gradients(const GradGumbelGateEntry& gate, int hidden, Accumulate<T> delta,
                                        const Accumulate<T>* h, Accumulate<T>* grad_h) {
  using A = Accumulate<T>;
  const int thread = static_cast<int>(threadIdx.x);
  const A a = static_cast<A>(*static_cast<const T*>(gate.a));
  const T* V = static_cast<const T*>(gate.V);
  T* grad_b = static_cast<T*>(gate.grad_eta) + hidden * gate.size;
  T* grad_a = grad_b + hidden;
  T* grad_V = grad_a + 1;
  T* grad_c = grad_V + 2 * hidden;
  A slope = 0;
  for (int i = thread; i < hidden; i += kBlockThreads) {
    const A grad_p = delta * (static_cast<A>(V[hidden + i]) - static_cast<A>(V[i]));
    const A grad_V_1 = delta * prelu(h[i], a);
    slope += h[i] > 0 ? A(0) : grad_p * h[i];
    grad_h[i] = h[i] > 0 ? grad_p : a * grad_p;
    grad_b[i] = static_cast<T>(grad_h[i]);
    grad_V[i] = static_cast<T>(-grad_V_1);
    grad_V[hidden + i] = static_cast<T>(grad_V_1);
  }
  slope = block_sum(slope);
  if (thread != 0) return;
  *grad_a = static_cast<T>(slope);
  grad_c[0] = static_cast<T>(-delta);
  grad_c[1] = static_cast<T>(delta);
}

// cotangent [L], h [L, H], ds_dd [L], grad_h [L, H] of the table's layers.
template <typename T>
__global__ void __launch_bounds__(kBlockThreads)
    grad_gumbel_gates_kernel(const GradGumbelGateTable table, int hidden, const Accumulate<T>* cotangent,
                             const Accumulate<T>* h, const Accumulate<T>* ds_dd, Accumulate<T>* grad_h) {
  using A = Accumulate<T>;
  const long long layer = blockIdx.x;
  const GradGumbelGateEntry& gate = table.entries[layer];
  const int thread = static_cast<int>(threadIdx.x);
  grad_h += layer * hidden;
  hidden_gradients<T>(gate, hidden, cotangent[layer] * ds_dd[layer], h + layer * hidden, grad_h);
  __syncthreads();

  const A* x = static_cast<const A*>(gate.x);
#pragma unroll 1
  for (int row = thread / kWarp; row < hidden; row += kBlockWarps) {
    T* grad_W = static_cast<T*>(gate.grad_eta) + row * gate.size;
    const A scale = grad_h[row];
    for (long long i = lane_index(); i < gate.size; i += kWarp) grad_W[i] = static_cast<T>(scale * x[i]);
  }
  if (gate.grad_x == nullptr) return;
  for (long long i = thread; i < gate.size; i += kBlockThreads) {
    const T* W = static_cast<const T*>(gate.W) + i;
    A sum = 0;
    for (int row = 0; row < hidden; ++row) sum += static_cast<A>(W[row * gate.size]) * grad_h[row];
    static_cast<A*>(gate.grad_x)[i] = sum;
  }
}

}  // namespace famus
