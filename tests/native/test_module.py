"""The native module itself: its stub, its constants, and what it says about CUDA."""

import ast
import re
from pathlib import Path

import pytest
import torch

import famus_ext
from famus_ext import _native

STUB = ast.parse((Path(famus_ext.__file__).parent / "_C.pyi").read_text())
C = _native.C
pytestmark = pytest.mark.skipif(C is None, reason=str(_native.missing()))


def test_stub_names_what_the_module_has():
    functions = {node.name: node for node in STUB.body if isinstance(node, ast.FunctionDef)}
    values = {
        node.target.id
        for node in STUB.body
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) != "TypeAlias"
    }
    expected = {name for name in functions if C.cuda_version or not name.endswith("_cuda")} | values
    assert {name for name in vars(C) if not name.startswith("__")} == expected
    for name, node in functions.items():
        if name in expected:
            parameters = re.search(r"\((.*)\) ->", getattr(C, name).__doc__.splitlines()[0])[1]
            assert len(re.findall(r"arg\d+:", parameters)) == len(node.args.posonlyargs), name
            assert not node.args.args, name


def test_stub_types_of_values():
    for node in STUB.body:
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) != "TypeAlias":
            kinds = {"str": str, "int": int, "tuple": tuple, "dict": dict, "None": type(None)}
            words = re.findall(r"\w+", re.sub(r"\[.*?\]", "", ast.unparse(node.annotation)))
            assert isinstance(getattr(C, node.target.id), tuple(kinds[word] for word in words)), node.target.id


def test_numbers_of_dtypes():
    dtypes = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
    assert sorted(map(_native.dtype_code, dtypes)) == [0, 1, 2, 3]


def test_cuda_status_needs_no_driver():
    devices, reason = C.cuda_status()
    assert (devices == 0) == bool(reason)
    assert bool(C.cuda_architectures) == (C.cuda_version is not None) == (C.cuda_compiler is not None)


def test_workspace_sizes():
    """A partial sum for each segment of the rows that are cut; one for each chunk of a dot."""
    segment, chunk = C.ROW_SEGMENT, C.DOT_CHUNK
    rows = [(0, 0, 0, 0, 3, inner, 0.1) for inner in (1, segment, segment + 1, 3 * segment)]
    assert C.virtual_step_workspace(rows) == 3 * 2 + 3 * 3
    assert C.layer_dots_workspace([(0, 0, size, 0) for size in (1, chunk, chunk + 1)]) == 1 + 1 + 2
