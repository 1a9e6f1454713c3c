"""What the ops are tested on: shapes, layouts in memory and dtypes, and tensors that combine them."""

import math

import torch

DTYPES = (torch.float64, torch.float32, torch.float16, torch.bfloat16)

# Rows of 1, a prime, 2^k and 2^k + 1 entries, around a warp (32), a block (256), a segment of a row (2048) and a chunk
# of a dot (4096); one row and many; vectors, scalars and tensors without entries.
SHAPES = (
    (),
    (0,),
    (1,),
    (5,),
    (2048,),
    (4099,),
    (3, 0),
    (0, 3),
    (1, 1),
    (4, 1),
    (7, 13),
    (32, 32),
    (33, 17),
    (5, 257),
    (3, 2047),
    (3, 2048),
    (3, 2049),
    (2, 4097),
    (1, 10007),
    (301, 3),
    (64, 3, 3, 3),
    (16, 32, 1, 1),
    (3, 0, 2, 2),
    (2, 3, 5, 7),
)


def contiguous(tensor):
    return tensor.clone(memory_format=torch.contiguous_format)


def unaligned(tensor):
    """In memory from the second entry of a buffer on: no address is a multiple of 16 bytes."""
    buffer = tensor.new_empty(tensor.numel() + 1)
    return buffer[1:].view(tensor.shape).copy_(tensor)


def sliced(tensor):
    """Every second entry, from the second on, of tensors wider in the last dimension."""
    if tensor.dim() == 0:
        return tensor.new_empty(3)[1].copy_(tensor)
    wider = tensor.new_empty(*tensor.shape[:-1], 2 * tensor.shape[-1] + 1)
    return wider[..., 1::2].copy_(tensor)


def transposed(tensor):
    """The first dimension innermost."""
    return contiguous(tensor.movedim(0, -1)).movedim(-1, 0) if tensor.dim() else contiguous(tensor)


def channels_last(tensor):
    return tensor.clone(memory_format=torch.channels_last) if tensor.dim() == 4 else contiguous(tensor)


def expanded(tensor):
    """One entry at every place."""
    return tensor.new_full((), 0.75).expand(tensor.shape)


LAYOUTS = {f.__name__: f for f in (contiguous, unaligned, sliced, transposed, channels_last, expanded)}

# The two tensors of a pair lie in memory alike, or differently in every way that matters.
LAYOUT_PAIRS = [(name, name) for name in LAYOUTS] + [
    ("contiguous", "channels_last"),
    ("channels_last", "contiguous"),
    ("contiguous", "transposed"),
    ("transposed", "sliced"),
    ("contiguous", "unaligned"),
    ("contiguous", "expanded"),
]


def strides(tensor):
    """The strides that matter: those of dimensions with more than one entry, of tensors with entries."""
    return [stride for stride, size in zip(tensor.stride(), tensor.shape, strict=True) if size > 1 and tensor.numel()]


def tensors(dtype, layout="contiguous", seed=0, shapes=SHAPES, device="cpu"):
    """Normal random tensors of all shapes, of one dtype and layout."""
    generator = torch.Generator().manual_seed(seed)
    return [
        LAYOUTS[layout](torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype).to(device))
        for shape in shapes
    ]


def many(dtype, seed=0):
    """Tensors with entries, and more of them than one launch takes."""
    shapes = [shape for shape in SHAPES if 0 not in shape] + [(1 + t % 3, 3000) for t in range(3)] + [(2, 5)] * 130
    return tensors(dtype, seed=seed, shapes=shapes)


def mixed(seed, device="cpu"):
    """Tensors of all dtypes, in an order that alternates between them."""
    by_dtype = [tensors(dtype, seed=seed, device=device) for dtype in DTYPES]
    return [tensor for group in zip(*by_dtype, strict=True) for tensor in group]


def matrix(tensor):
    """A tensor as float64 on the CPU with one row for each entry of its first dimension."""
    rows = tensor.shape[0] if tensor.dim() else 1
    return tensor.detach().cpu().double().reshape(rows, math.prod(tensor.shape[1:]))
