"""The one exception that a user is meant to read."""

from __future__ import annotations


class NodulensError(Exception):
    """Something the user can mend: the message names the file or value and says what to do.

    Every room raises it (or a subclass) for bad input; the command line prints its text without a
    traceback, and a batch records it and goes on with the next file.
    """


class UnreadableFile(NodulensError):
    """An input file cannot be read as an ultrasound image."""


class BadData(NodulensError):
    """A data set, manifest, recipe or bundle does not hold what it must."""
