// gumbel_gates on the CPU, forward and backward. Formulas: gumbel_gates.h.
//
// Bytes: forward reads η once; backward reads x and V, and W where grad x is asked for, and writes grad η once.
// Mapping: a task is a layer. Deterministic: a layer's sums depend on nothing but the layer.
#include "gumbel_gates/gumbel_gates.h"

#include <algorithm>
#include <cmath>

#include "core/blocked_sum.h"
#include "core/half.h"
#include "core/multiversion.h"
#include "core/parallel.h"

namespace famus {
namespace {

template <typename A>
A prelu(A h, A a) {
  return h > 0 ? h : a * h;
}

// h [H] of a layer.
template <typename T>
FAMUS_MULTIVERSION void preactivations(const GumbelGate& gate, std::int64_t hidden, Accumulate<T>* h) {
  using A = Accumulate<T>;
  const A* const x = static_cast<const A*>(gate.x);
  const T* const b = static_cast<const T*>(gate.b);
  for (std::int64_t row = 0; row < hidden; ++row) {
    const T* const W = static_cast<const T*>(gate.W) + row * gate.size;
    const double sum = blocked_sum<A>(gate.size, [=](std::int64_t i) { return static_cast<A>(W[i]) * x[i]; });
    h[row] = static_cast<A>(sum + static_cast<double>(static_cast<A>(b[row])));
  }
}

template <typename T>
void sample(const GumbelGatesParams& params, std::int64_t layer) {
  using A = Accumulate<T>;
  const GumbelGate& gate = params.gates[layer];
  const std::int64_t hidden = params.hidden;
  A* h = static_cast<A*>(params.h) + layer * hidden;
  preactivations<T>(gate, hidden, h);

  const A a = static_cast<A>(*static_cast<const T*>(gate.a));
  const T* V = static_cast<const T*>(gate.V);
  const T* c = static_cast<const T*>(gate.c);
  const A* noise = static_cast<const A*>(params.noise) + 2 * layer;
  const double sum = blocked_sum<A>(
      hidden, [=](std::int64_t i) { return (static_cast<A>(V[hidden + i]) - static_cast<A>(V[i])) * prelu(h[i], a); });
  const A d = static_cast<A>(sum) + static_cast<A>(c[1]) - static_cast<A>(c[0]) + noise[1] - noise[0];
  const A temperature = static_cast<A>(params.temperature);
  const A e = std::exp(-std::abs(d) / temperature);  // s (1 - s) = e / (1 + e)^2 keeps its precision at both ends
  static_cast<A*>(params.ds_dd)[layer] = e / ((1 + e) * (1 + e)) / temperature;
  static_cast<A*>(params.r)[layer] = std::isnan(d) ? d : static_cast<A>(d > 0);
}

// Everything but grad W and grad x.
template <typename T>
void hidden_gradients(const GradGumbelGatesParams& params, std::int64_t layer) {
  using A = Accumulate<T>;
  const GradGumbelGate& gate = params.gates[layer];
  const std::int64_t hidden = params.hidden;
  const A delta = static_cast<const A*>(params.cotangent)[layer] * static_cast<const A*>(params.ds_dd)[layer];
  const A* h = static_cast<const A*>(params.h) + layer * hidden;
  A* grad_h = static_cast<A*>(params.grad_h) + layer * hidden;
  const A a = static_cast<A>(*static_cast<const T*>(gate.a));
  const T* V = static_cast<const T*>(gate.V);
  T* grad_b = static_cast<T*>(gate.grad_eta) + hidden * gate.size;
  T* grad_a = grad_b + hidden;
  T* grad_V = grad_a + 1;
  T* grad_c = grad_V + 2 * hidden;
  double slope = 0;
  for (std::int64_t i = 0; i < hidden; ++i) {
    const A grad_p = delta * (static_cast<A>(V[hidden + i]) - static_cast<A>(V[i]));
    const A grad_V_1 = delta * prelu(h[i], a);
    slope += h[i] > 0 ? 0.0 : static_cast<double>(grad_p) * static_cast<double>(h[i]);
    grad_h[i] = h[i] > 0 ? grad_p : a * grad_p;
    grad_b[i] = static_cast<T>(grad_h[i]);
    grad_V[i] = static_cast<T>(-grad_V_1);
    grad_V[hidden + i] = static_cast<T>(grad_V_1);
  }
  *grad_a = static_cast<T>(static_cast<A>(slope));
  grad_c[0] = static_cast<T>(-delta);
  grad_c[1] = static_cast<T>(delta);
}

// grad W, and grad x where it is asked for.
template <typename T>
FAMUS_MULTIVERSION void outer_gradients(const GradGumbelGate& gate, std::int64_t hidden, const Accumulate<T>* grad_h) {
  using A = Accumulate<T>;
  const A* const x = static_cast<const A*>(gate.x);
  A* const grad_x = static_cast<A*>(gate.grad_x);
  if (grad_x != nullptr) std::fill_n(grad_x, gate.size, A(0));
  for (std::int64_t row = 0; row < hidden; ++row) {
    const A scale = grad_h[row];
    T* const grad_W = static_cast<T*>(gate.grad_eta) + row * gate.size;
#pragma omp simd
    for (std::int64_t i = 0; i < gate.size; ++i) grad_W[i] = scale * x[i];
    if (grad_x == nullptr) continue;
    const T* const W = static_cast<const T*>(gate.W) + row * gate.size;
#pragma omp simd
    for (std::int64_t i = 0; i < gate.size; ++i) grad_x[i] += scale * static_cast<A>(W[i]);
  }
}

template <typename T>
void backward(const GradGumbelGatesParams& params, std::int64_t layer) {
  hidden_gradients<T>(params, layer);
  const auto* grad_h = static_cast<const Accumulate<T>*>(params.grad_h) + layer * params.hidden;
  outer_gradients<T>(params.gates[layer], params.hidden, grad_h);
}

}  // namespace

void gumbel_gates_cpu(const GumbelGatesParams& params, int threads) {
  dispatch<Float16, BFloat16>(params.dtype, [&](auto type) {
    parallel_for(threads, static_cast<std::int64_t>(params.gates.size()),
                 [&](std::int64_t layer) { sample<typename decltype(type)::type>(params, layer); });
  });
}

void grad_gumbel_gates_cpu(const GradGumbelGatesParams& params, int threads) {
  dispatch<Float16, BFloat16>(params.dtype, [&](auto type) {
    parallel_for(threads, static_cast<std::int64_t>(params.gates.size()),
                 [&](std::int64_t layer) { backward<typename decltype(type)::type>(params, layer); });
  });
}

}  // namespace famus
