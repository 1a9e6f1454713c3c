"""The parts of `pairwise_gradient_dots`: its checks, and each kind of layer."""
