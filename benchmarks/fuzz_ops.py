"""2,000 random calls of every op, held against its definition in float64: runs the tests, and leaves the record.

python benchmarks/fuzz_ops.py --json benchmarks/results/fuzz_ops-cpu.json
"""

import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import tyro
from measuring.environment import REPOSITORY, describe, find_device
from measuring.result import leave


@dataclass(frozen=True)
class Options:
    """What to run.

    Attributes:
        device: "cpu" or "cuda".
        profile: "thorough" for 2,000 calls an op, "quick" for the 100 that the tests make.
        json: Where to leave the result.
    """

    device: Literal["cpu", "cuda"] = "cpu"
    profile: Literal["thorough", "quick"] = "thorough"
    json: Path | None = None


def main(options: Options) -> int:
    """Run the tests, print what they found, leave the JSON, and return the tests' exit status."""
    device = find_device(options.device)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "tests/ops", "-k", f"fuzz and {options.device}"]
        command += [f"--hypothesis-profile={options.profile}", "--junit-xml", str(report)]
        status = subprocess.run(command, cwd=REPOSITORY, check=False).returncode
        if not report.exists():
            return status
        rows = [_row(case) for case in ElementTree.parse(report).getroot().iter("testcase")]
    result = {"benchmark": "fuzz_ops", **describe(device), "profile": options.profile, "rows": rows}
    leave(result, options.json)
    return status


def _row(case: ElementTree.Element) -> dict[str, Any]:
    """What a test's report says: the op, its calls, the tensors that were compared, and their largest error."""
    properties = {entry.get("name"): float(entry.get("value", 0)) for entry in case.iter("property")}
    return {
        "op": re.sub(r".*test_fuzz_", "", case.get("classname", "")),
        "passed": not any(True for kind in ("failure", "error", "skipped") for _ in case.iter(kind)),
        "calls": int(properties.get("calls", 0)),
        "tensors": int(properties.get("tensors", 0)),
        "largest_share_of_tolerance": properties.get("largest_share_of_tolerance"),
    }


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Options, description=__doc__)))
