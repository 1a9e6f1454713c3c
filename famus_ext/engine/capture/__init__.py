"""The step as CUDA graphs, for networks that are bound by launches: `MetaStep(..., capture=True)`.

The sections of a step (`sections`, `actual_train`) neither wait for the device nor read its values, so each is recorded
once and replayed from then on: one graph up to the pooled gradients ḡ; one for each lowest active layer, with the gates
as multipliers on the device, that carries the meta gradient to θ; one for Actual-Train. Between them the host reads the
gates, and whether what was computed is finite; the sampler and all optimizers run as ever.

Proven on a CPU with a recorder that replays operations. `graphs`, which does the same by `torch.cuda.graph`, is
unproven on a GPU.
"""
