"""Every public function with arguments that work, and for each argument the wrong ones; a module of the package a file.

`VALID`: function -> (what is called, its arguments made anew). `WRONG`: (function, argument) -> [(value, error), ...];
the message must begin with the argument's name.
"""

from . import diagnostics, engine, losses, meta_models, models, ops, samplers

PARTS = (engine, samplers, losses, meta_models, ops, diagnostics, models)
VALID = {function: call for part in PARTS for function, call in part.VALID.items()}
WRONG = {argument: values for part in PARTS for argument, values in part.WRONG.items()}
