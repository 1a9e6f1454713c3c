"""A CUDA graph's part on a CPU: operations recorded once, and run again on the same tensors."""

from contextlib import contextmanager
from unittest import mock

import torch
from shared.host_reads import READING
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map_only

import famus_ext as famus
from famus_ext.engine.runner import copied
from famus_ext.network.buffers import BufferState
from famus_ext.network.random_state import random_state, replayed


@contextmanager
def on_tape():
    """Steps that are made inside with `capture=True` have this recorder, and a network on the CPU."""
    place = "famus_ext.engine.capture.standing_task"
    device = mock.patch(f"{place}.check_device", return_value=torch.device("cpu"))
    with device, mock.patch(f"{place}.Graphs", lambda model, device: Tapes(model)):
        yield


class Tapes:
    """Records a section when it is first asked for, and replays it: no Python of it runs again.

    As with `famus_ext.engine.capture.graphs.Graphs`, a result stays where it is, and graphs share a pool: a replay
    destroys what the sections recorded later gave, since they may lie in memory that it uses. Operations in native
    code are no operations of torch: they run by their definitions.
    """

    replays = True

    def __init__(self, model):
        self.model = model
        self.tapes, self.held = {}, {}

    def __call__(self, key, section):
        if key not in self.tapes:
            self.tapes[key] = self._record(section)
        tape, result = self.tapes[key]
        tape.replay()
        tapes = [other for other, _ in self.tapes.values()]
        for later in tapes[tapes.index(tape) + 1 :]:
            later.lose()
        return result

    def hold(self, name, value):
        if name not in self.held:
            self.held[name] = torch.empty_like(value)
        return self.held[name].copy_(value)

    def keep(self, result):
        return copied(result)

    def _record(self, section):
        """A graph's operations do not run when they are recorded; here they do, so their effects are undone."""
        buffers, tape = BufferState(self.model), _Tape()
        unread = mock.patch("famus_ext.losses.targets._can_be_read", return_value=False)
        with famus.use("reference"), unread, replayed(random_state()), tape:
            result = section()
        buffers.restore()
        return tape, result


class _Tape(TorchDispatchMode):
    """Operations with their arguments and results."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        name = function.overloadpacket.__name__
        # A tensor made of Python's numbers is a copy to the device that waits.
        if name in READING or name == "lift_fresh":
            raise RuntimeError(f"{name} is not permitted while a section is recorded")
        result = function(*args, **(kwargs or {}))
        self.calls.append((function, args, kwargs or {}, result))
        return result

    @torch.no_grad()
    def replay(self):
        """Run the operations again; what they gave is written to where it was, without autograd's notice."""
        for function, args, kwargs, result in self.calls:
            args, kwargs = tree_map_only(torch.Tensor, lambda t: t.data, (args, kwargs))
            again = function(*args, **kwargs)
            if any(answer.alias_info is not None for answer in function._schema.returns):
                continue  # a view, or one of the arguments
            for tensor, value in zip(tree_flatten(result)[0], tree_flatten(again)[0], strict=True):
                if isinstance(tensor, torch.Tensor):
                    tensor.data.copy_(value)

    @torch.no_grad()
    def lose(self):
        """Overwrite what the operations gave."""
        for function, _, _, result in self.calls:
            if all(answer.alias_info is None for answer in function._schema.returns):
                for tensor in tree_flatten(result)[0]:
                    if isinstance(tensor, torch.Tensor) and tensor.is_floating_point():
                        tensor.data.fill_(torch.nan)
