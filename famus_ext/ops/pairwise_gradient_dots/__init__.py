"""Products of every training example's gradient of a layer with every meta example's, G_{i,j,l} of FaMUS, Eq. 7."""

from __future__ import annotations

from torch import Tensor

from famus_ext.ops.geometry import Embedding, Geometry, Normalisation
from famus_ext.ops.pairwise_gradient_dots.checks import check
from famus_ext.ops.pairwise_gradient_dots.convolution import Parameters, as_convolution, convolution_dots, vector_dots
from famus_ext.ops.pairwise_gradient_dots.embedding import embedding_dots
from famus_ext.ops.pairwise_gradient_dots.normalisation import normalisation_gradients

__all__ = ["pairwise_gradient_dots"]


def pairwise_gradient_dots(
    x: Tensor,
    slopes: Tensor,
    x_meta: Tensor,
    slopes_meta: Tensor,
    layer: Geometry,
    *,
    layer_meta: Geometry | None = None,
    weight: bool = True,
    bias: bool = False,
) -> Tensor:
    """Compute G_{i,j} = ⟨∂L_i/∂w, ∂L_j/∂w⟩ of one layer for every training example i and meta example j.

        ∂L_i/∂w[o, k] = Σ_p y'_i[o, p] x_i[k, p]                                                      (FaMUS, Eq. 7)

    where x_i[k, p] is what the weight's entry k meets at the position p of the layer's output, and y' the slope of the
    example's loss there. No example's gradient of the whole layer is formed, nor a Gram matrix over positions: beyond
    its arguments it takes O(N M) memory and a constant. Of a linear layer or convolution computed by the native kernel
    where there is one, in float32, for float64 in float64, and summed in an order that depends on the sizes alone: the
    same input gives the same bits, whatever the number of threads. Of an embedding and a normalisation computed by
    PyTorch's operations, one or a few examples at a time, and of the latter the last product by the kernel.

    Differentiable any number of times in x, y', x_v and y'_v; the backward is that of the definition, which keeps every
    example's gradient, and forms nothing twice.

    Args:
        x: [N, ...], what the layer saw of the training batch: float16, bfloat16, float32 or float64, of any strides; of
            an embedding int64 or int32.
        slopes: y' [N, ...], the derivative of each example's loss at the layer's output.
        x_meta: x_v [M, ...], the same of the meta batch; positions may differ in number from those of x.
        slopes_meta: y'_v [M, ...].
        layer: A `Linear`, `Convolution`, `Embedding` or `Normalisation` of `famus_ext.ops.geometry`.
        layer_meta: The layer of the meta batch where it is another one: statistics of a `Normalisation`.
        weight: Whether the weight (table, scale) counts.
        bias: Whether the bias (shift) counts; an embedding has none.

    Returns:
        G [N, M], float64 for float64 arguments, float32 for all others.

    Raises:
        TypeError: An argument of the wrong type; tensors that are not strided, not of the four dtypes, or of different
            ones.
        ValueError: A shape or device that does not fit; a bias of an embedding; neither weight nor bias.
    """
    tensors = x, slopes, x_meta, slopes_meta
    layers = layer, layer if layer_meta is None else layer_meta
    check(tensors, layers, weight=weight, bias=bias)
    if isinstance(layer, Embedding):
        return embedding_dots(*tensors, layer)
    if isinstance(layer, Normalisation):
        own = normalisation_gradients(x, slopes, layer, weight=weight, bias=bias)
        statistics: Normalisation = layers[1]  # type: ignore[assignment]
        return vector_dots(own, normalisation_gradients(x_meta, slopes_meta, statistics, weight=weight, bias=bias))
    convolution, channels_second = as_convolution(layer, tensors)
    return convolution_dots(channels_second, Parameters(convolution, weight, bias))
