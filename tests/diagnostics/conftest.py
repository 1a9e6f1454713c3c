"""What is tested here is small."""

from one_thread import one_thread  # noqa: F401
