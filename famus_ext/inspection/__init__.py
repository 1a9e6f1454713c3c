"""`python -m famus_ext inspect`: what a training run would do, and what is wrong with it, without training.

- `folders`: mistakes in how one's own images are laid out; `pictures`: in their files
- `source_findings`: mistakes in the images; `label_file_findings`: in a file of labels for them
- `data.class_findings`, `train.data_findings`: in the labels, and in the three sets made of them; `train` says them too
- `network`: the network's layers; `trial`: a few real steps; `predicted`: what a step should cost
- `step_findings`: mistakes that show in the first steps
- `inspection`: all of it, one part after the other; `page`: as text
- `cli`: options in, exit code out
"""
