"""How the virtual gradient moves the weights, w → ŵ, and the derivative of that."""
