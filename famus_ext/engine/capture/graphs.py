"""Sections as CUDA graphs."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from contextlib import nullcontext
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from famus_ext.engine.phases import watched
from famus_ext.engine.runner import copied
from famus_ext.network.buffers import BufferState
from famus_ext.network.random_state import random_state, replayed

Result = TypeVar("Result")


class Graphs:
    """Records a section in a CUDA graph when it is first asked for, and replays it. Unproven on a GPU.

    All graphs share one pool of memory and are recorded on one stream. A section's result stays where it is, and is
    overwritten by its next replay; also by that of a section recorded earlier, which may have used the same memory for
    what it has since dropped. What is needed for longer is kept, see `keep`. Before a section is recorded it is run
    once, which is undone: libraries choose their algorithms and allocate their workspaces then.

    Args:
        model: The network, whose buffers a section may write to.
        device: Where it is.
    """

    replays = True

    def __init__(self, model: nn.Module, device: torch.device) -> None:
        self._model = model
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._pool = torch.cuda.graph_pool_handle()
        self._graphs: dict[Hashable, tuple[torch.cuda.CUDAGraph, Any]] = {}
        self._held: dict[str, Tensor] = {}

    def __call__(self, key: Hashable, section: Callable[[], Result]) -> Result:
        """Replay the section's graph.

        Raises:
            RuntimeError: It cannot be recorded; the message says why, and the way out.
        """
        if key not in self._graphs:
            # Who measures phases waits for the GPU at their borders, which a recording cannot.
            with watched(lambda _: nullcontext()):
                self._graphs[key] = self._record(section)
        graph, result = self._graphs[key]
        graph.replay()
        return result  # type: ignore[no-any-return]

    def hold(self, name: str, value: Tensor) -> Tensor:
        """A copy on the device, at the same address in every step."""
        if name not in self._held:
            self._held[name] = torch.empty_like(value, device=self._stream.device)
        return self._held[name].copy_(value, non_blocking=True)

    def keep(self, result: Result) -> Result:
        """A copy outside the pool."""
        return copied(result)  # type: ignore[no-any-return]

    def _record(self, section: Callable[[], Result]) -> tuple[torch.cuda.CUDAGraph, Result]:
        """The section's graph and result, which has no values before the first replay."""
        self._rehearse(section)
        graph = torch.cuda.CUDAGraph()
        try:
            # Threads that load data may go on to use the GPU meanwhile.
            with torch.cuda.graph(graph, pool=self._pool, stream=self._stream, capture_error_mode="thread_local"):
                return graph, section()
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            # Ending a recording that has failed fails too, and says less than what went before.
            reason = ", then ".join(str(e) for e in (error.__context__, error) if e is not None)
            raise RuntimeError(
                f"capture: a section of the step cannot be recorded in a CUDA graph: {reason}\nThe network, the "
                "meta model or a loss reads values on the host, makes shapes that depend on them, or has checkpointed "
                "blocks that keep random states. Way out: capture=False, in a new MetaStep"
            ) from error

    def _rehearse(self, section: Callable[[], Any]) -> None:
        """Run the section on the recording stream, and put back the buffers and random states that it changes."""
        buffers, current = BufferState(self._model), torch.cuda.current_stream(self._stream.device)
        with replayed(random_state()):
            self._stream.wait_stream(current)
            try:
                with torch.cuda.stream(self._stream):
                    section()
            finally:
                current.wait_stream(self._stream)
                buffers.restore()
