"""The trainer and its command line, `python -m famus_ext train` (extra `famus-ext[train]`).

- `options/`: the options by group; `config`: all of them; `command_line`, `config_file`: read from words, and from YAML
- `assembly/`: from options to data, network, optimizer and step
- `step`: what the trainer asks of one; `plain_step`: plain training as such a step
- `trainer`: the loop of one run
- `regime`: what it trains: `one_network` on the batches of `batch_stream`, or `pseudo_clean/`'s two
- `recording/`: what is looked at while it trains, and kept of it
- `experiment`: every method on every seed, then the comparison
- `folder/`: what is written where, and read back
- `console`, `names`, `progress`, `time_left`, `plots/`: what is shown
- `cli`: options in, exit code out; `exit_code`: what errors end every command with
"""
