"""`python -m famus_ext inspect`: what a training run would do, and what is wrong with it, without training.

- `finding`: a mistake and its remedy
- `folders`, `tables`: mistakes in how one's own images are laid out; `pictures`: in their files
- `source_findings`, `set_findings`: mistakes in the data set, and in the three sets made of it
- `network`: the network's layers; `trial`: a few real steps; `predicted`: what a step should cost
- `step_findings`: mistakes that show in the first steps
- `inspection`: all of it, one part after the other; `page`: as text
- `cli`: options in, exit code out
"""
