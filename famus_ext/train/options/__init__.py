"""The options of an experiment by group, each a frozen dataclass that is checked when made.

The attributes' docstrings are the command line's help.

- `data`, `meta_model`, `sampler`, `schedule`, `optimizer`, `machine`, `recovery`, `log`: the groups
- `check`: what is raised for an option that cannot be used
"""
