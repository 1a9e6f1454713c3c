"""The parts of gpu_check: what they are, and how one is run."""
