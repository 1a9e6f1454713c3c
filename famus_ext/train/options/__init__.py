"""The options of an experiment by group, each a frozen dataclass that is checked when made.

The attributes' docstrings are the command line's help.

<<<<<<< theirs-open
- `data`, `pseudo_clean`, `meta_model`, `sampler`, `schedule`, `optimizer`, `machine`, `recovery`: the groups
=======
- `data`, `meta_model`, `sampler`, `schedule`, `optimizer`, `machine`, `recovery`, `log`: the groups
>>>>>>> I2
- `check`: what is raised for an option that cannot be used
"""
