"""The trainer and its command line, `python -m famus_ext train` (extra `famus-ext[train]`).

- `options/`: the options by group; `config`: all of them; `config_file`: in YAML
- `assembly/`: from options to data, network, optimizer and step; `plain_step`: plain training behind the step's face
- `trainer`: the loop of one run; `pseudo_clean/`: that of two networks without a clean meta set
- `epoch_log`, `evaluation`, `example_weights`, `example_groups`, `weight_curves`, `weight_histogram`,
  `peak_memory`: what it looks at
- `records`: a record an epoch, and their summary
- `experiment`: every method on every seed, then the comparison
- `run_folder`, `checkpoint`, `example_table`, `origin`, `files`: what is written, and where
- `read_run`: the folder of an experiment, read back; `collect`: finished experiments as one result file
- `console`, `names`, `plots/`: what is shown
- `cli`: options in, exit code out
"""
