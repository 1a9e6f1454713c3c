// The gradient sampler's gates r_l = Γ(ḡ_l; η_l) of all layers at once (FaMUS, Eq. 8), η_l = (W, b, a, V, c):
//
//   h = W x + b                          first fully connected layer                        [H]
//   p = h where h > 0, a h elsewhere     PReLU                                              [H]
//   d = (V_1 - V_0) p + c_1 - c_0 + noise_1 - noise_0
//   r = 1 where d > 0, 0 elsewhere       hard sample of the Gumbel-softmax
//
// and the gradient straight through it, that of the soft sample s = 1 / (1 + exp(-d / temperature)):
//
//   delta = cotangent ds/dd              ds/dd = s (1 - s) / temperature
//   grad V_1 = delta p = -grad V_0       grad c_1 = delta = -grad c_0
//   grad p = delta (V_1 - V_0)           grad a = sum of grad p h where h <= 0
//   grad h = grad p PReLU'(h)            grad b = grad h
//   grad W = grad h x^T                  grad x = W^T grad h
//
// D, the length of x, is each layer's own; H is one for all. η and its gradient are of the dtype of the call; x, noise,
// r, h and all other gradients are float32, for float64 float64. Where d is NaN, r is.
#pragma once

#include <cstdint>
#include <vector>

#include "core/dtype.h"
#include "core/stream.h"

namespace famus {

struct GumbelGate {
  const void* x;      // [D]
  const void* W;      // [H, D]
  const void* b;      // [H]
  const void* a;      // [1]
  const void* V;      // [2, H]
  const void* c;      // [2]
  std::int64_t size;  // D
};

struct GumbelGatesParams {
  DType dtype;  // of η
  std::vector<GumbelGate> gates;
  std::int64_t hidden;  // H
  double temperature;
  const void* noise;  // [L, 2]
  void* r;            // [L]
  void* h;            // [L, H], for the backward pass
  void* ds_dd;        // [L], for the backward pass
};

struct GradGumbelGate {
  const void* x;      // [D]
  const void* W;      // [H, D]
  const void* a;      // [1]
  const void* V;      // [2, H]
  void* grad_eta;     // [H D + H + 1 + 2 H + 2]: of W, b, a, V, c, one after another
  void* grad_x;       // [D], or null
  std::int64_t size;  // D
};

struct GradGumbelGatesParams {
  DType dtype;  // of η
  std::vector<GradGumbelGate> gates;
  std::int64_t hidden;    // H
  const void* cotangent;  // [L], of r
  const void* h;          // [L, H]
  const void* ds_dd;      // [L]
  void* grad_h;           // [L, H], a workspace
};

void gumbel_gates_cpu(const GumbelGatesParams& params, int threads);
Status gumbel_gates_cuda(const GumbelGatesParams& params, Stream stream);
void grad_gumbel_gates_cpu(const GradGumbelGatesParams& params, int threads);
Status grad_gumbel_gates_cuda(const GradGumbelGatesParams& params, Stream stream);

}  // namespace famus
