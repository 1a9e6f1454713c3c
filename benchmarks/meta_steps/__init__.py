"""The paper's tables as rows of whole steps: what runs, what it should cost, whether it agrees, how it is printed."""
