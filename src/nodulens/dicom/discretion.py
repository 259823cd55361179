"""What the node says, to a terminal, a log or its queue, holds nothing of a patient.

Messages of libraries may quote the file that they are about: pydicom's warnings show values, and
pynetdicom's log shows unique identifiers. So none of them is passed on, and of an error only the
words that are our own.
"""

from __future__ import annotations

import logging
import warnings
from pathlib import Path

from nodulens.errors import NodulensError

LOG = logging.getLogger("nodulens.node")
"""The node's own log: numbers of the queue, AE titles and addresses, and our own words."""


def mute() -> None:
    """Silence every library in this process; the node's own log is set up by its command."""
    warnings.simplefilter("ignore")
    # With a handler that does nothing, Python has no reason to fall back on the error stream.
    logging.getLogger().addHandler(logging.NullHandler())
    for library in ("dicomweb_client", "highdicom", "pydicom", "pynetdicom", "urllib3"):
        logging.getLogger(library).setLevel(logging.CRITICAL + 1)


def reason(error: BaseException) -> str:
    """Say what went wrong without a word that could come from a file.

    A :class:`NodulensError` speaks for itself, apart from what it quotes of the errors that caused
    it: of those only the kind is told. Of any other error its kind and its place in the program
    are told, or, where the operating system speaks, that system's words.
    """
    if isinstance(error, NodulensError):
        text, cause = str(error), error.__cause__
        while cause is not None:
            for line in filter(None, map(str.strip, str(cause).splitlines())):
                text = text.replace(line, type(cause).__name__)
            cause = cause.__cause__
        return text
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = "" if place is None else f" at {Path(place.tb_frame.f_code.co_filename).name}"
    line = "" if place is None else f":{place.tb_lineno}"
    return f"unexpected {type(error).__name__}{where}{line}; please report it"
