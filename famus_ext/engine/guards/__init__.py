"""What may not go together, what goes wrong on the way, and what is said of it."""
