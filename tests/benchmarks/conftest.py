import sys
from pathlib import Path

# The benchmarks are scripts: their folder is where they find each other.
sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
