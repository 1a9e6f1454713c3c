"""What a command ends with: its own exit code, or that of an error, which is said in a line."""

from __future__ import annotations

import sys
from collections.abc import Callable

from famus_ext.data.files.workers import WorkerError
from famus_ext.train.folder.read_run import RunError
from famus_ext.train.options.check import OptionError


def exit_code(program: str, command: Callable[[], int]) -> int:
    """Runs a command.

    Args:
        program: What the line of an error begins with.
        command: Gives its exit code.

    Returns:
        The command's exit code; 2 for options that cannot be used, 1 for files that cannot be read or written.
    """
    try:
        return command()
    except OptionError as error:
        print(f"{program}: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # nobody reads what is printed
        raise
    except (RunError, WorkerError, OSError) as error:
        print(f"{program}: {error}", file=sys.stderr)
        return 1
