"""Files of experiments."""

import pytest

TWO_BY_TWO = """
title: Made up
shows: |
  Nothing
  at all.
reference: plain
options: {baseline: false, epochs: 2, num-test: 1500, device: cpu, lr: 0.2}
data:
  digits: {num-meta: 50}
  fashion-mnist: {num-train: 500}
rows:
  - name: plain
    options: {method: ce}
  - name: MW-Net + FaMUS
    options: {method: mwnet, lr: 0.3}
    data: {digits: {meta-lr: 0.5}}
    paper: {digits: {20 %: 91.9}}
    paper-ms: 284
    columns: [20 %]
columns:
  - name: 20 %
    options: {noise-rate: 0.2}
  - name: 40 %
    options: {noise-rate: 0.4, lr: 0.4}
"""


@pytest.fixture
def write(tmp_path):
    """Writes the file of an experiment: `write(TWO_BY_TWO)`."""

    def write(text):
        path = tmp_path / "made-up.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write
