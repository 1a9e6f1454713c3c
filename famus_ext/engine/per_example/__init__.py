"""What each example does to the loss, from what the layers saw: the ghost engine's and the diagnostics' ground."""
