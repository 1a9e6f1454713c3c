"""Which packages each command needs, and what is said where one is missing."""

import os
import subprocess
import sys

from .command import SOURCE, train


def python(*arguments, **options):
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, encoding="utf-8", env=environment, timeout=120, **options
    )


def test_module_passes_the_exit_code_on():
    result = python("-m", "famus_ext", "train", "--bogus")
    assert result.returncode == 2
    assert "--bogus" in result.stdout + result.stderr


def test_extra_missing_at_the_start_is_one_clear_line():
    block = "import sys; sys.modules['tyro'] = None; from famus_ext.__main__ import main; sys.exit(main(['train']))"
    result = python("-c", block)
    assert result.returncode == 1
    assert result.stderr == 'tyro is not installed: pip install "famus-ext[train]"\n'


def test_extra_missing_later_is_one_clear_line_and_leaves_no_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    assert train("--out", tmp_path / "run") == 1
    assert capsys.readouterr().err == 'sklearn is not installed: pip install "famus-ext[train]"\n'
    assert list(tmp_path.iterdir()) == []


def test_info_needs_no_extra():
    block = (
        "import sys; sys.modules.update(dict.fromkeys(['matplotlib', 'sklearn', 'tqdm', 'tyro', 'torchvision']));"
        "from famus_ext.__main__ import main; sys.exit(main(['info']))"
    )
    result = python("-c", block)
    assert (result.returncode, result.stderr) == (0, "")
    assert "torch" in result.stdout
