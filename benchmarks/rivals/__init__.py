"""Steps that others would take: double backward, finite differences, forward mode, other packages."""
