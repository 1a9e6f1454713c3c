"""The options of an experiment by group, each a frozen dataclass that is checked when made.

The attributes' docstrings are the command line's help.

- `data`, `pseudo_clean`, `meta_model`, `optimizer`, `sampler`, `schedule`, `machine`, `recovery`, `log`: the groups
- `check`: what is raised for an option that cannot be used
"""
