"""Readers of the files that data sets are published as. Files are taken for what anybody may have made.

- `expected`: the tree that a data set is published as, and the message for one that is not there
- `idx`: arrays of the MNIST family
- `pickles`: pickles of plain values and arrays, and nothing else; `npy`, `pt`: NumPy's and torch's files
- `lists`: lines of a path and a label; `tables`: CSV files; `folders`: a folder a class
- `images`: image files as tensors; `workers`: what goes wrong in the processes that read them

Each raises a ValueError that names a file that is damaged, incomplete or something else.
"""
