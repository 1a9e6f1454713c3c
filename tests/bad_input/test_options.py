"""Options of the command line that cannot be used: exit code 2, the option in the message, no folder made."""

import pytest

import famus_ext.__main__ as program
from famus_ext.train import cli

WORDS = ["", "x", "1e", "--"]
NOT_COUNTS = [*WORDS, "1.5", "0", "-1"]
NOT_NUMBERS = [*WORDS, "nan", "inf"]
NOT_POSITIVE = [*NOT_NUMBERS, "0", "-1"]
WRONG = {
    "--dataset": ["", "no-such"],
    "--num-train": NOT_COUNTS,
    "--num-meta": NOT_COUNTS,
    "--meta-fraction": [*NOT_POSITIVE, "1"],
    "--num-test": NOT_COUNTS,
    "--imbalance": NOT_POSITIVE,
    "--tail-profile": ["", "no-such"],
    "--noise-type": ["", "no-such"],
    "--noise-rate": [*NOT_NUMBERS, "-0.1", "1.1"],
    "--method": ["", "no-such"],
    "--loss": ["", "no-such"],
    "--class-groups": NOT_COUNTS,
    "--mlc-floor": [*NOT_POSITIVE, "1"],
    "--meta-batch-size": NOT_COUNTS,
    "--meta-lr": NOT_POSITIVE,
    "--sampler": ["", "no-such"],
    "--schedule": ["", "no-such"],
    "--meta-every": NOT_COUNTS,
    "--micro-batches": NOT_COUNTS,
    "--engine": ["", "no-such"],
    "--epochs": NOT_COUNTS,
    "--batch-size": NOT_COUNTS,
    "--lr": NOT_POSITIVE,
    "--momentum": [*NOT_NUMBERS, "-0.1", "1"],
    "--weight-decay": [*NOT_NUMBERS, "-1"],
    "--lr-milestones": ["", "x", "1e", "0", "1.5"],
    "--clip-norm": NOT_POSITIVE,
    "--network": ["", "no-such", ":", "no.such.module:x", "math:pi"],
    "--device": ["", "no-such"],
    "--threads": NOT_COUNTS,
    "--checkpoint-every": NOT_COUNTS,
    "--keep-checkpoints": NOT_COUNTS,
    "--max-skips": [*WORDS, "1.5", "-1"],
    "--seeds": [*WORDS, "1.5", "-1"],
    "--resume": ["/no/such/folder", "/dev/null"],
    "--meta-model-from": ["", "/no/such/folder", "/dev/null"],
    "--example-weights": ["/no/such/file", "/dev/null", "/proc"],
    "--out": ["/dev/null", "/dev/null/run", "/proc/no-such"],
}


@pytest.mark.parametrize(("option", "value"), [(option, value) for option, values in WRONG.items() for value in values])
def test_option(tmp_path, monkeypatch, capsys, option, value):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cli, "run_experiment", lambda *_: None)  # so that one that is taken shows at once
    try:
        code = program.main(["train", "--device", "cpu", option, value])
    except SystemExit as stop:  # how tyro leaves
        code = stop.code
    printed = capsys.readouterr()
    assert code == 2
    assert option in printed.out + printed.err
    assert "Traceback" not in printed.err
    assert list(tmp_path.iterdir()) == []
