"""The charts of the report, a file each; `chart` is what they share.

- `accuracy`: test accuracy by epoch
- `losses`: training, meta and test loss by epoch
- `curves`: what the charts by epoch share
- `weight_function`: the weight as a function of the loss, early and late
- `weights`: the weights of right and wrong labels, or of the least trusted examples and the others
- `precision`: share of wrong labels among the k least trusted examples
- `layers`: which layers had a meta gradient, by epoch
- `gradient`: variance of the meta gradient by epoch
"""
