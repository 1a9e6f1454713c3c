"""What is looked at while a run trains, and kept of it.

- `records`: a record an epoch, the result of a run, and their summary
- `epoch_log`: losses, gates and meta gradients of an epoch's steps; `phase_times`: what its meta steps spend time on
- `evaluation`: how good the network is, on the test set and on every training example
- `epoch_weights`, `weight_histogram`, `weight_curves`: what the meta model does; `example_groups`: for whom
- `peak_memory`: the most memory that training took
- `tensorboard`: the records as curves
"""
