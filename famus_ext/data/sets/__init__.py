"""Data sets in the form in which they are published, one a file; `registry` has them by name, `form` in memory or not.

None of them is downloaded: a message says where it comes from.
"""
