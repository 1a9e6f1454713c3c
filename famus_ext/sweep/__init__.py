"""`python -m famus_ext run FILE.yaml`: a table or a figure of several runs, cell by cell (extra `famus-ext[train]`).

- `experiment_file`: what a file says, see there for its form
- `cells`: rows and columns, each with its options, as command lines
- `progress`: what is done of a cell already
- `cell_process`: one cell as a process of its own
- `sweep`: all cells, then their comparison
- `cli`: options in, exit code out
"""
