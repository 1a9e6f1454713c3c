"""The pseudo-clean meta set (FaMUS, Algorithm 2): two networks divide the noisy training set for each other.

- `clean_probability`: how likely each given label is right, by a Gaussian mixture of the losses
- `division`: the meta, labelled and unlabelled sets of an epoch
- `draws`: which examples each step looks at; `views`: two augmented views of each
- `guessing`: targets from predictions; `mixing`: MixUp with one ratio a batch; `batch`: the inputs of a step from both
- `ensemble`: both networks as one, for testing
- `learner`: a network with what trains it; `two_networks`: the steps of both, epoch by epoch, for the `Trainer`
"""
