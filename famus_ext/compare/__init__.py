"""`python -m famus_ext compare FOLDER...`: runs side by side, as a table and as the paper's figures.

- `layout`: `experiment.json`, which cell of an experiment lies where
- `entries`: the folders' runs, a method under a condition each
- `table`: mean, deviation, paired difference, time and memory
- `write`: the table as text, Markdown or CSV
- `figures/`: the paper's Figures 1a, 3, 4 and 5
- `cli`: options in, exit code out
"""
