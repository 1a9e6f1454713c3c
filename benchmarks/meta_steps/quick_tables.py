"""The step of MW-Net on a network for a CPU, WRN-16-4, and on its twin with GroupNorm, where the ghost engine runs."""

from typing import Any

from meta_steps.tables import PLAIN, Row, Table, against

_SIZES: dict[str, Any] = {"depth": 16, "width": 4, "batch": 32, "meta_batch": 32}

_EVERY = Row("double backward, every layer", "rival")
_BLOCK = Row("double backward, last block", "double_backward", "block", -1)
_FAMUS = Row("double backward, FaMUS", "double_backward", "sampled", 4, measured=False)
_FAMUS_ACTIVE = Row(
    "double backward, FaMUS, no credit", "double_backward", "sampled", 4, credit_inactive=False, measured=False
)
_UNMEASURED_BLOCK = Row("double backward, last block", "double_backward", "block", -1, measured=False)
_MERGED = Row("double backward, merged", "double_backward", schedule="merged", measured=False)
_MERGED_BLOCK = Row(
    "double backward, merged, last block", "double_backward", "block", -1, schedule="merged", measured=False
)

QUICK = (
    Table(
        "The step of MW-Net, quick",
        (
            PLAIN,
            _EVERY,
            against(_EVERY, "public code's way, every layer", engine="public rival"),
            _BLOCK,
            _FAMUS,
            _FAMUS_ACTIVE,
            _MERGED,
            _MERGED_BLOCK,
            against(_EVERY, "ours, every layer"),
            against(_EVERY, "ours, every layer, recomputed", recompute=True),
            against(_BLOCK, "ours, last block"),
            against(_FAMUS, "ours, FaMUS"),
            against(_FAMUS_ACTIVE, "ours, FaMUS, no credit"),
            against(_MERGED, "ours, merged, every layer"),
            against(_MERGED_BLOCK, "ours, merged, last block"),
        ),
        **_SIZES,
    ),
    Table(
        "The step of MW-Net without BatchNorm, quick",
        (
            PLAIN,
            _EVERY,
            _UNMEASURED_BLOCK,
            _MERGED,
            against(_EVERY, "ours, every layer"),
            against(_EVERY, "ours, every layer, in 4 parts", micro_batches=4),
            against(_EVERY, "ghost, every layer", engine="ghost"),
            against(_UNMEASURED_BLOCK, "ghost, last block", engine="ghost"),
            against(_MERGED, "ghost, merged, every layer", engine="ghost"),
        ),
        **_SIZES,
        norm="group",
    ),
)
