"""What is tested here is small."""

from shared.one_thread import one_thread  # noqa: F401
