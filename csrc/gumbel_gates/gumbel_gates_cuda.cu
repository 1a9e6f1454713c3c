// The launchers of gumbel_gates. Formulas: gumbel_gates.h; kernels: gumbel_gates.cuh. A launch takes up to 62 layers.
#include "core/launch.h"
#include "gumbel_gates/gumbel_gates.cuh"
#include "gumbel_gates/gumbel_gates.h"

namespace famus {
namespace {

template <typename T>
Status forward(const GumbelGatesParams& params, Stream stream) {
  using A = Accumulate<T>;
  const int hidden = static_cast<int>(params.hidden);
  const A temperature = static_cast<A>(params.temperature);
  const A* noise = static_cast<const A*>(params.noise);
  A* r = static_cast<A*>(params.r);
  A* h = static_cast<A*>(params.h);
  A* ds_dd = static_cast<A*>(params.ds_dd);
  const auto launch = [&](const GumbelGateTable& table, unsigned blocks) {
    FAMUS_LAUNCH((gumbel_gates_kernel<T>), blocks, kBlockThreads, stream, table, hidden, temperature, noise, r, h,
                 ds_dd);
    noise += 2 * blocks;
    r += blocks;
    h += blocks * params.hidden;
    ds_dd += blocks;
  };
  TableLauncher<GumbelGateTable, decltype(launch)&> launcher(launch);
  for (const GumbelGate& gate : params.gates) {
    launcher.add(GumbelGateEntry{gate.x, gate.W, gate.b, gate.a, gate.V, gate.c, gate.size, 0}, kBlockWarps);
  }
  return launcher.flush();
}

template <typename T>
Status backward(const GradGumbelGatesParams& params, Stream stream) {
  using A = Accumulate<T>;
  const int hidden = static_cast<int>(params.hidden);
  const A* cotangent = static_cast<const A*>(params.cotangent);
  const A* h = static_cast<const A*>(params.h);
  const A* ds_dd = static_cast<const A*>(params.ds_dd);
  A* grad_h = static_cast<A*>(params.grad_h);
  const auto launch = [&](const GradGumbelGateTable& table, unsigned blocks) {
    FAMUS_LAUNCH((grad_gumbel_gates_kernel<T>), blocks, kBlockThreads, stream, table, hidden, cotangent, h, ds_dd,
                 grad_h);
    cotangent += blocks;
    h += blocks * params.hidden;
    ds_dd += blocks;
    grad_h += blocks * params.hidden;
  };
  TableLauncher<GradGumbelGateTable, decltype(launch)&> launcher(launch);
  for (const GradGumbelGate& gate : params.gates) {
    launcher.add(GradGumbelGateEntry{gate.x, gate.W, gate.a, gate.V, gate.grad_eta, gate.grad_x, gate.size, 0},
                 kBlockWarps);
  }
  return launcher.flush();
}

}  // namespace

Status gumbel_gates_cuda(const GumbelGatesParams& params, Stream stream) {
  return dispatch<__half, __nv_bfloat16>(
      params.dtype, [&](auto type) { return forward<typename decltype(type)::type>(params, stream); });
}

Status grad_gumbel_gates_cuda(const GradGumbelGatesParams& params, Stream stream) {
  return dispatch<__half, __nv_bfloat16>(
      params.dtype, [&](auto type) { return backward<typename decltype(type)::type>(params, stream); });
}

}  // namespace famus
