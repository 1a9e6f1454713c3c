"""How far results may be from exact ones, by dtype, and why."""

import torch

# Of a single entry, relative: two roundings to the dtype's precision (a product and a difference; or the result in
# float32, then once more to the dtype). With a fused multiply-add there is one fewer.
ROUNDING = {torch.float16: 2**-10, torch.bfloat16: 2**-7, torch.float32: 2**-22, torch.float64: 2**-51}

# Of a sum, relative to the sum of the magnitudes of its terms: they are rounded to the dtype in which sums are formed
# and added up in blocks and trees, at most a few hundred one after another.
SUM = {torch.float16: 1e-6, torch.bfloat16: 1e-6, torch.float32: 1e-6, torch.float64: 1e-14}
