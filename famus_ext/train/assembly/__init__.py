"""From options to objects: what one run is made of.

- `data`: the data sets by name, and the three sets of a seed
- `network`: the network; `optimizer`: its optimizer and learning rates
- `loss`, `meta_model`, `sampler`: the parts of a meta step
- `step`: the step itself, and what the trainer reads from it

What the options cannot have together is refused as an `OptionError` that names them.
"""
