"""Which implementation runs, what is said about it, and what happens without the native module."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import famus_ext
from famus_ext import _native

CPU = torch.device("cpu")
PACKAGE = Path(famus_ext.__file__).parent
needs_native = pytest.mark.skipif(_native.C is None, reason=str(_native.missing()))


def python(code, folder, **environment):
    """Run a script in another process and folder, without what an editable install adds; what it printed."""
    prepare = "import sys; sys.meta_path = [f for f in sys.meta_path if 'editable' not in repr(f)]\n"
    command = [sys.executable, "-c", prepare + code]
    variables = {**os.environ, "PYTHONPATH": str(folder), **environment}
    result = subprocess.run(
        command, cwd=folder, env=variables, capture_output=True, encoding="utf-8", timeout=120, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@needs_native
def test_use_as_block_and_as_switch():
    before = _native.path("virtual_step", CPU).name
    with _native.use("reference"):
        assert _native.path("virtual_step", CPU) == ("reference", 'asked for with use("reference")')
        with _native.use("native"):
            assert _native.path("virtual_step", CPU).name == "native"
        assert _native.path("virtual_step", CPU).name == "reference"
    assert _native.path("virtual_step", CPU).name == before == "native"
    switch = _native.use("reference")
    assert not _native.runs_native("layer_dots", CPU)
    switch.__exit__(None, None, None)
    assert _native.runs_native("layer_dots", CPU)


def test_use_refuses_other_modes():
    with pytest.raises(ValueError, match='mode: expected "auto", "native" or "reference", got \'fast\''):
        _native.use("fast")


def test_every_op_can_be_switched():
    assert sorted(_native.OPS) == sorted(famus_ext.ops.__all__)


@needs_native
def test_use_of_some_ops_leaves_the_others():
    def running():
        return {op for op in _native.OPS if _native.runs_native(op, CPU)}

    with _native.use("reference", ops=("layer_dots", "virtual_step")):
        assert running() == set(_native.OPS) - {"layer_dots", "virtual_step"}
        with _native.use("native", ops=["layer_dots"]):
            assert running() == set(_native.OPS) - {"virtual_step"}
            with _native.use("reference"):
                assert running() == set()
        assert running() == set(_native.OPS) - {"layer_dots", "virtual_step"}
        with _native.use("reference", ops=()):
            assert "gumbel_gates" in running()
    assert running() == set(_native.OPS)


@pytest.mark.parametrize(
    ("error", "message", "ops"),
    [
        (TypeError, "ops: expected a list or tuple, got the string 'layer_dots'", "layer_dots"),
        (TypeError, "ops: expected a list or tuple, got set", {"layer_dots"}),
        (ValueError, "ops: expected names of gradient_dots, .*, got 'axpy'", ("layer_dots", "axpy")),
    ],
)
def test_use_refuses_other_ops(error, message, ops):
    with pytest.raises(error, match=message):
        _native.use("reference", ops=ops)
    assert _native.path("layer_dots", CPU).name == ("reference" if _native.missing() else "native")


@needs_native
def test_native_is_refused_where_there_is_no_kernel():
    with _native.use("native"), pytest.raises(RuntimeError, match="there is no kernel for xpu devices"):
        _native.runs_native("virtual_step", torch.device("xpu"))


@pytest.mark.parametrize(
    ("capability", "runs"),
    [((7, 0), False), ((7, 5), True), ((8, 0), False), ((8, 7), True), ((9, 0), True), ((10, 3), True)],
)
def test_supported_capabilities(capability, runs):
    """Machine code for 7.5, 8.6 and 9.0, the last also as PTX."""
    assert _native.supports_capability((75, 86, 90), capability) == runs


@needs_native
def test_build_info():
    info = famus_ext.build_info()
    assert info.native == _native.C.version
    assert info.native_missing is None
    assert info.torch_version == torch.__version__
    assert info.paths["virtual_step", "cpu"].name == "native"
    if not torch.cuda.is_available():
        assert info.gpu_missing in ("torch was built without CUDA", "torch finds no GPU")
        assert info.paths["layer_dots", "cuda"].name == "reference"
    if not torch.backends.mps.is_available():
        assert info.mps_missing in ("torch was built without MPS", "torch finds none")
        assert ("layer_dots", "mps") not in info.paths
    lines = str(info).splitlines()
    assert any(
        line.split() == ["virtual_step,", "cpu", "native:", "virtual_step_cpu", "of", "famus_ext._C"] for line in lines
    )
    assert any(line.startswith("built with CUDA") for line in lines)


@pytest.fixture
def bare(tmp_path):
    """A copy of the source folder without the native module."""
    shutil.copytree(PACKAGE, tmp_path / "famus_ext", ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    (tmp_path / "setup.py").touch()
    return tmp_path


def test_without_the_module_the_definitions_run(bare):
    printed = python(
        "import torch, famus_ext as f\n"
        "w = torch.ones(2, 3)\n"
        "(h,), (m,) = f.virtual_step([w], [w], 0.5)\n"
        "print(h.sum().item(), m.tolist(), f.layer_dots([[w]], [[h]]).item())\n"
        "print(f.build_info())\n"
        "try: f.use('native')\n"
        "except RuntimeError as error: print('refused:', error)\n",
        bare,
    )
    assert printed.startswith("3.0 [1.0, 1.0] 3.0\n")
    assert f"imported from its source folder, {bare}, where famus_ext._C has not been built" in printed
    assert "refused: famus_ext was imported from its source folder" in printed
    assert "`pip install --no-build-isolation -e .`" in printed


def test_a_module_that_does_not_load_is_named(bare):
    suffix = next(iter(__import__("importlib.machinery").machinery.EXTENSION_SUFFIXES))
    (bare / "famus_ext" / f"_C{suffix}").write_bytes(b"not a library")
    assert "famus_ext._C does not load: " in python("import famus_ext; print(famus_ext.build_info())", bare)


@needs_native
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_forked_child_with_one_thread_does_not_hang():
    """As in data loaders' workers, after the parent has used OpenMP's threads."""
    code = (
        "import os, torch\n"
        "from famus_ext import layer_dots, use, virtual_step\n"
        "use('native')\n"
        "torch.set_num_threads(2)\n"
        "w = torch.ones(512, 2048)\n"
        "def ops(): return virtual_step([w], [w], 0.5)[1][0].sum().item(), layer_dots([[w]], [[w]]).item()\n"
        "expected = ops()\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    torch.set_num_threads(1)\n"
        "    os._exit(0 if ops() == expected else 1)\n"
        "print(os.waitpid(child, 0)[1])\n"
    )
    assert python(code, PACKAGE.parent, PYTHONWARNINGS="ignore").strip() == "0"
