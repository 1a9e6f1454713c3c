"""The trainer and its command line, `python -m famus_ext train` (extra `famus-ext[train]`).

- `options/`: the options by group; `config`: all of them
- `assembly/`: from options to data, network, optimizer and step; `plain_step`: plain training behind the step's face
- `trainer`: the loop of one run
- `epoch_log`, `evaluation`, `example_weights`, `example_groups`, `weight_curves`: what it looks at
- `records`: a record an epoch, and their summary
- `experiment`: every method on every seed, then the comparison
- `run_folder`, `checkpoint`, `origin`, `files`: what is written, and where
- `collect`: finished experiments as one result file
- `console`, `names`, `plots/`: what is shown
- `cli`: options in, exit code out
"""
