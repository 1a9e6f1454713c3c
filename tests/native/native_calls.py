"""A right call of every kernel of the native module, and calls in which something is wrong."""

from dataclasses import dataclass

import torch

from famus_ext import _native

FLOAT32, THREADS = 2, 2
SLOT_BYTES = 512


@dataclass(frozen=True)
class Operand:
    """A place in a call that takes the address of memory of its own."""

    name: str
    entries: int
    dtype: torch.dtype = torch.float32
    output: bool = False
    optional: bool = False


def output(name, entries, dtype=torch.float32, optional=False):
    return Operand(name, entries, dtype, output=True, optional=optional)


# Of a convolution: two missing ones, and one of four entries whose window has one.
AXES = ((1, 1, 1, 1, 0, 1), (1, 1, 1, 1, 0, 1), (4, 4, 1, 1, 0, 1))

# Two rows of three entries; five entries of one layer; one layer with two inputs and three hidden units; two examples
# with three channels of four entries, and five outputs for each of these.
CALLS = {
    "virtual_step_cpu": [
        FLOAT32,
        [(Operand("w", 6), Operand("g", 6), output("w_hat", 6), output("g_bar", 2), 2, 3, 0.1)],
        THREADS,
    ],
    "layer_dots_cpu": [
        FLOAT32,
        [(Operand("a", 5), Operand("b", 5), 5, 0)],
        1,
        output("out", 1),
        output("workspace", 1, torch.float64),
        THREADS,
    ],
    "gumbel_gates_cpu": [
        FLOAT32,
        [(*(Operand(*place) for place in (("x", 2), ("W", 6), ("b", 3), ("a", 1), ("V", 6), ("c", 2))), 2)],
        3,
        0.5,
        Operand("noise", 2),
        *(output(*place) for place in (("r", 1), ("h", 3), ("ds_dd", 1))),
        THREADS,
    ],
    "grad_gumbel_gates_cpu": [
        FLOAT32,
        [
            (
                *(Operand(*place) for place in (("x", 2), ("W", 6), ("a", 1), ("V", 6))),
                output("grad_eta", 18),
                output("grad_x", 2, optional=True),
                2,
            )
        ],
        3,
        *(Operand(*place) for place in (("cotangent", 1), ("h", 3), ("ds_dd", 1))),
        output("workspace", 3),
        THREADS,
    ],
    "gradient_dots_cpu": [
        FLOAT32,
        2,
        (
            (((1, 1, 1, 1, 0, 1), (1, 1, 1, 1, 0, 1), (4, 4, 1, 1, 0, 1)), 3, 5, 1),
            (Operand("x", 24), Operand("slopes", 40), Operand("v", 15), Operand("bias", 5, optional=True)),
            (12, 4, 1),
            (20, 4, 1),
        ),
        output("out", 2),
        output("workspace", 2, torch.float64),
        THREADS,
    ],
    "norm_pushforward_cpu": [
        FLOAT32,
        (2, 3, 4),
        (
            Operand("x", 24),
            Operand("x_dot", 24, optional=True),
            Operand("relu", 24, optional=True),
            output("out", 24),
        ),
        (
            *(Operand(name, 3) for name in ("mean", "inverse_std")),
            *(Operand(name, 3, optional=True) for name in ("weight", "weight_dot", "bias_dot")),
        ),
        True,
        output("workspace", 15, torch.float64),
        THREADS,
    ],
    "pairwise_gradient_dots_cpu": [
        FLOAT32,
        (Operand("x", 8), Operand("slopes", 16), 2, AXES, (4, 4, 4, 4, 1), (8, 4, 4, 4, 1)),
        (Operand("x_meta", 8), Operand("slopes_meta", 16), 2, AXES, (4, 4, 4, 4, 1), (8, 4, 4, 4, 1)),
        (1, 2, 1, False),
        output("out", 4),
        output("workspace", 36, torch.float64),
        THREADS,
    ],
}


def operands(arguments):
    """Every operand of a call."""
    if isinstance(arguments, Operand):
        return [arguments]
    return [o for a in arguments for o in operands(a)] if isinstance(arguments, (list, tuple)) else []


def with_addresses(arguments, addresses):
    if isinstance(arguments, Operand):
        return addresses[arguments.name]
    if isinstance(arguments, (list, tuple)):
        return type(arguments)(with_addresses(a, addresses) for a in arguments)
    return arguments


def distinct_memory(operands):
    """Ones for every operand, none near another: what overlaps one by an entry overlaps no other."""
    arena = torch.empty(len(operands), SLOT_BYTES, dtype=torch.uint8)
    slots = (slot[: o.entries * o.dtype.itemsize].view(o.dtype) for slot, o in zip(arena, operands, strict=True))
    return {o.name: slot.fill_(1) for slot, o in zip(slots, operands, strict=True)}


def call(name, arguments=None, **wrong):
    """Call with memory for every operand, but for the wrong addresses, each a value or a function of the right ones."""
    arguments = CALLS[name] if arguments is None else arguments
    memory = distinct_memory(operands(arguments))
    right = {key: tensor.data_ptr() for key, tensor in memory.items()}
    given = right | {key: value(right) if callable(value) else value for key, value in wrong.items()}
    getattr(_native.C, name)(*with_addresses(arguments, given))
    return memory


def changed(name, path, value):
    """The arguments with one of them replaced, at a place inside them."""

    def replaced(arguments, path):
        first, *rest = path
        new = list(arguments)
        new[first] = replaced(arguments[first], rest) if rest else value
        return type(arguments)(new)

    return replaced(CALLS[name], path)
