"""Label noise: transition matrices, noise that depends on the image, and labels from files.

- `transition`: matrices that need only the number of classes, and labels drawn from a matrix
- `class_maps`: matrices that need to know what the classes are: asymmetric and hierarchical
- `instance`: noise that depends on the image
- `label_files`: labels that somebody published, or that a run saved
- `kinds`: the kinds by name
"""
