"""Label noise: transition matrices, noise that depends on the image, and labels from files.

- `kinds`: the kinds by name
- `transition`: noise that depends on the class, a matrix, and labels drawn from it
- `instance`: noise that depends on the image
- `label_files`: labels that somebody published, or that a run saved
- `given`: the labels that a training set is given, by the kind of noise
"""
