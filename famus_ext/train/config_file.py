"""Options in a YAML file, named as on the command line: `noise-rate: 0.4`, `seeds: [0, 1]`, `augmentation: false`.

They become words of the command line, which the one parser reads: every check and every other spelling holds for both.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from itertools import zip_longest
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import yaml
from yaml.composer import ComposerError

from famus_ext.train.config import GROUPS, Config
from famus_ext.train.options.check import OptionError
from famus_ext.train.options.spellings import our_option, our_value
from famus_ext.train.typed import fits

FLAG = "--config"
KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}


class _EachNameOnce(yaml.SafeLoader):
    """Refuses a name that a mapping has twice, as YAML does; PyYAML takes the last."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise ComposerError(None, None, f"{key.value}: given twice", key.start_mark)
                seen.add(key.value)
        return node


def words_of_files(arguments: Sequence[str]) -> list[str]:
    """The options of the files that a command line names by `--config`, as words to put before its own, which win.

    Raises:
        OptionError: see `read_options`.
    """
    words = []
    for word, following in zip_longest(arguments, arguments[1:], fillvalue=""):
        flag, equals, value = word.partition("=")
        if flag == FLAG and (equals or following):
            words += command_line(read_options(Path(value if equals else following)))
    return words


def read_options(path: Path) -> dict[str, Any]:
    """The options in a file, by their usual names.

    Raises:
        OptionError: see `checked_options`; and when the file cannot be read or is no YAML.
    """
    return checked_options(read_yaml(path), str(path))


def read_yaml(path: Path) -> Any:
    """What a YAML file holds.

    Raises:
        OptionError: when it cannot be read or is no YAML, or gives a name twice.
    """
    try:
        return yaml.load(path.read_text(encoding="utf-8"), _EachNameOnce)
    except OSError as error:
        raise OptionError(f"{path}: cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise OptionError(f"{path}: expected YAML: {' '.join(str(error).split())}") from error


def checked_options(options: object, where: str) -> dict[str, Any]:
    """Options by their usual names, each of its kind; null leaves an option at its default.

    Args:
        options: Options by any of their names.
        where: What holds them, to name in a message.

    Raises:
        OptionError: when there are no named values, a name is none of an option or of one that is there already, or a
            value is of another kind.
    """
    if options is None:
        return {}
    if not isinstance(options, Mapping):
        raise OptionError(f"{where}: expected options with their values, got {type(options).__name__}")
    kinds = _kinds()
    found: dict[str, Any] = {}
    for key, value in options.items():
        option = _option(str(key), where)
        name = option[2:]
        if name not in kinds:
            raise OptionError(f"{where}: {key}: no such option{_nearest(str(key), kinds)}")
        if name in found:
            raise OptionError(f"{where}: {key}: given twice")
        if value is not None:
            ours = our_value(option, value) if isinstance(value, str) else value
            found[name] = _of_kind(ours, kinds[name], f"{where}: {key}")
    return found


def command_line(options: Mapping[str, Any]) -> list[str]:
    """Checked options as words of the command line."""
    words = []
    for name, value in options.items():
        if isinstance(value, bool):
            words.append(f"--{name}" if value else f"--no-{name}")
        elif isinstance(value, list):
            words += [f"--{name}", *map(str, value)]
        else:
            words.append(f"--{name}={value}")  # one word, since text may begin with a dash
    return words


def config_of(options: Mapping[str, Any]) -> Config:
    """The experiment that checked options describe, without the command line's parser.

    Raises:
        OptionError: for a value that cannot be used.
    """
    plain: dict[str, Any] = {
        name.replace("-", "_"): tuple(value) if isinstance(value, list) else value for name, value in options.items()
    }
    groups: dict[str, Any] = {
        name: group(**{field.name: plain.pop(field.name) for field in fields(group) if field.name in plain})
        for name, group in GROUPS.items()
    }
    return Config(**groups, **plain)


def to_yaml(config: Config) -> str:
    """All options of an experiment, for `--config`."""
    stored = config.to_dict()
    groups = {name: value for group in GROUPS for name, value in stored.pop(group).items()}
    named = {_dashed(name): value for name, value in {**groups, **stored}.items() if value is not None}
    text: str = yaml.safe_dump(named, sort_keys=False, allow_unicode=True, default_flow_style=None)
    return text


def _option(key: str, where: str) -> str:
    """The option that a key means, by its usual name."""
    try:
        return our_option(f"--{key}")
    except OptionError as error:
        raise OptionError(f"{where}: {str(error)[2:]}") from error


def _hints() -> dict[str, Any]:
    """The type of every option by field."""
    own = get_type_hints(Config, include_extras=True)
    hints = {name: hint for name, hint in own.items() if name not in GROUPS}
    for group in GROUPS.values():
        hints.update(get_type_hints(group, include_extras=True))
    return hints


def _kinds() -> dict[str, Any]:
    """The type of every option by its usual name."""
    return {
        _dashed(field): get_args(hint)[0] if get_origin(hint) is Annotated else hint for field, hint in _hints().items()
    }


def _of_kind(value: object, kind: Any, where: str) -> object:
    """The value; as a list where that is expected, and as a number or text: YAML reads 1e-3 as text, 0 as a number."""
    for form in (value, [value], _number(value), str(value) if type(value) is int else value):
        if fits(form, kind):
            return form
    raise OptionError(f"{where}: expected {_expected(kind)}, got {value!r}")


def _number(value: object) -> object:
    """A text that is a number, as one."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _expected(kind: Any) -> str:
    """A type in words."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Literal:
        return f"one of {', '.join(map(str, inner))}"
    if origin is tuple:
        return f"a list, each entry {_expected(inner[0])}"
    if origin in (Union, UnionType):
        return " or ".join(_expected(one) for one in inner if one is not NoneType)
    return KINDS.get(kind, "another kind")


def _nearest(name: str, names: Iterable[str]) -> str:
    """The option that may have been meant."""
    near = difflib.get_close_matches(name.replace("_", "-"), list(names), n=1)
    return f"; {near[0]} is one" if near else ""


def _dashed(field: str) -> str:
    """A field as the command line spells it."""
    return field.replace("_", "-")
