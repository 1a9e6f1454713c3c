"""Every argument of every public function, and what a wrong one raises: its name, and what was expected."""

import inspect

import pytest

import famus_ext as famus

from .cases import VALID, WRONG

ROWS = [
    pytest.param(function, argument, value, error, id=f"{function}-{argument}-{index}-{type(value).__name__}")
    for (function, argument), values in WRONG.items()
    for index, (value, error) in enumerate(values)
]
# Arguments that the network refuses, or another function, or that only several processes can get wrong.
WITHOUT_WRONG_VALUES = {"example", "options", "process_group"}
# What is public and takes nothing that could be wrong: records, bases to derive from, errors.
WITHOUT_ARGUMENTS = {
    "BatchMetaModel",
    "CollapseWarning",
    "GradientDots",
    "GradientMoments",
    "Layer",
    "MetaGradient",
    "NonFiniteError",
    "ProcessError",
    "ProjectedMetaModel",
    "PushforwardError",
    "StepOutput",
    "TrainingLoss",
    "build_info",
    "keep_freed_memory",
}


@pytest.mark.parametrize("function", VALID)
def test_the_arguments_are_valid(function):
    call, arguments = VALID[function]
    with famus.use("auto"):
        call(**arguments())


@pytest.mark.parametrize(("function", "argument", "value", "error"), ROWS)
def test_a_wrong_argument_is_named(function, argument, value, error):
    call, arguments = VALID[function]
    with famus.use("auto"), pytest.raises((TypeError, ValueError)) as raised:
        call(**{**arguments(), argument: value})
    assert raised.type is error
    assert str(raised.value).startswith((f"{argument}:", f"{argument}[")), raised.value


def test_every_public_function_is_in_the_table():
    names = {name.partition(".")[0].removesuffix("()") for name in VALID}
    assert set(famus.__all__) - WITHOUT_ARGUMENTS <= names


@pytest.mark.parametrize("function", [name for name in VALID if not name.endswith("()") and "." not in name])
def test_every_argument_is_in_the_table(function):
    call, _ = VALID[function]
    known = {argument for name, argument in WRONG if name == function}
    assert inspect.signature(call).parameters.keys() - WITHOUT_WRONG_VALUES <= known


def test_the_table_is_large():
    assert len(ROWS) > 300
