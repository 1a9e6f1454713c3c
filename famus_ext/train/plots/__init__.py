"""The pictures of an experiment, a file each; `style` is what they share.

- `accuracy`: test accuracy by epoch
- `weights`: the learned weights of the training examples
- `weight_function`: the weight as a function of the loss, early and late, above the losses there are
- `layers`: which layers had a meta gradient, by epoch
"""
