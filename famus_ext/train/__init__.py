"""The trainer and its command line, `python -m famus_ext train` (extra `famus-ext[train]`).

- `config`: the options of an experiment, frozen dataclasses
- `assembly`: from options to data, network, optimizer and step
- `plain_step`: plain cross-entropy behind the meta step's face
- `trainer`: the loop of one run; `evaluation` and `example_weights` are what it looks at
- `experiment`: every method on every seed, then the comparison
- `records`: a record an epoch, and their summary
- `files`, `checkpoint`, `run_folder`: what is written, and where
- `console`, `plots`: what is shown
- `cli`: options in, exit code out
"""
