"""The forward pass of the training batch, and the products with its Jacobian J = ∂z/∂w that a meta step asks of it."""
