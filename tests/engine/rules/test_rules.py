"""Every rule against torch.func.jvp, one operation at a time, in float64; the rule meant is the one that ran."""

import pytest
import torch
from shared.rule_cases import GENERAL, HOT, compare, float64  # noqa: F401

from famus_ext.engine import rules
from famus_ext.engine.rules import RULES, elementwise, operation
from famus_ext.network.graph import topological_order


def _refused(node, tangents):
    pytest.fail(f"{node.name()} took the general rule, which is slower")


HOT_CASES = [pytest.param(name, *c, id=f"{name}-{i}") for name, cs in HOT.items() for i, c in enumerate(cs)]


@pytest.mark.parametrize(("name", "function", "shapes"), HOT_CASES)
def test_rule(name, function, shapes, monkeypatch):
    state = torch.get_rng_state()
    monkeypatch.setattr(elementwise, "general", _refused)
    monkeypatch.setattr(rules, "general", _refused)

    def seeded(*inputs):
        torch.set_rng_state(state)
        return function(*inputs)

    outputs = compare(seeded, shapes)
    last = operation(outputs.grad_fn)
    assert last in RULES
    if " " not in name:
        assert any(operation(node) == name for node in topological_order(outputs)), f"ran {last} instead"
    for alone in range(len(shapes)):
        compare(seeded, shapes, moving=[alone])


@pytest.mark.parametrize("name", GENERAL)
def test_general_rule(name):
    function, shapes = GENERAL[name]
    compare(function, shapes)
