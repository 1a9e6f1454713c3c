"""The one direction of imports."""

import ast
from pathlib import Path

import pytest

import famus_ext

PACKAGE = Path(famus_ext.__file__).parent
COMMANDS = {"train", "compare", "sweep", "report", "inspection"}


@pytest.mark.parametrize("package", ["data", "models"])
def test_data_and_models_know_nothing_of_the_rest(package):
    for path in (PACKAGE / package).rglob("*.py"):
        assert all(name.startswith(f"famus_ext.{package}") for name in imported(path) if name.startswith("famus_ext"))


def test_commands_alone_import_the_trainer_and_torchvision_is_imported_where_images_are_transformed():
    for path in PACKAGE.rglob("*.py"):
        names = imported(path)
        takes_torchvision = any(name.startswith("torchvision") for name in names)
        assert takes_torchvision == (path == PACKAGE / "data" / "recipe.py"), path
        if path.relative_to(PACKAGE).parts[0] not in COMMANDS and path.name != "__main__.py":
            assert not any(name.startswith("famus_ext.train") for name in names), path


def imported(path):
    """Names of the modules that a file imports anywhere in it."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    plain = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    return plain + [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module]


def test_commands_import_those_before_them():
    """`compare` knows nothing of `sweep`, and `train` of neither."""
    for command, later in (("train", COMMANDS - {"train"}), ("compare", {"sweep", "report", "inspection"})):
        for path in (PACKAGE / command).rglob("*.py"):
            assert not any(name.split(".")[1:2] and name.split(".")[1] in later for name in imported(path)), path
