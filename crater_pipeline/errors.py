"""The one exception that means "the user can mend this", and how its message quotes what it found."""

import errno
from collections.abc import Collection

LONGEST = 2000
"""Characters of a message: several problems and their remedies, never a file."""

REMEDIES = {
    errno.EACCES: "give yourself the right to it, or choose another place",
    errno.EPERM: "give yourself the right to it, or choose another place",
    errno.EROFS: "choose a place that can be written to",
    errno.ENOSPC: "make room, and run it again",
    errno.EDQUOT: "make room, and run it again",
    errno.EFBIG: "make room, and run it again",
    errno.ENOENT: "correct the path",
    errno.ENOTDIR: "a file lies where a folder is needed: choose another path",
    errno.EEXIST: "a file lies where a folder is needed: choose another path",
    errno.EISDIR: "a folder lies where a file is needed: choose another path",
    errno.ENAMETOOLONG: "choose a shorter name",
}
"""What to do about a file that the system refuses, by the number of its error."""


class UserError(Exception):
    """Bad input or configuration.

    The message names the file or key, what is wrong with it and what to do; the command line prints it
    without a traceback and exits with status 1. It is one line, whatever text it quotes.
    """

    def __init__(self, message: object) -> None:
        super().__init__(excerpt(message, LONGEST))


class NothingThereError(UserError):
    """The bounds hold no data: an error for a region, but not for one zone of many."""


class TooLittleError(NothingThereError):
    """The bounds hold data, but nowhere as much as one tile needs."""


def excerpt(value: object, most: int = 80) -> str:
    """`value` as it may stand in a message: one line, printable, and at most `most` characters, the end kept."""
    text = " ".join(str(value).split())
    text = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
    if len(text) <= most:
        return text
    head = (most - 3) * 2 // 3
    return f"{text[:head]}...{text[head + 3 - most :]}"


def listing(names: Collection[object], most: int = 12) -> str:
    """Names for a message: `a, b, c`, and how many more there are."""
    shown = [excerpt(name, 40) for name, _ in zip(names, range(most), strict=False)]
    more = len(names) - len(shown)
    return (", ".join(shown) or "none") + (f" and {more} more" if more else "")


def mishap(error: OSError) -> str:
    """What the system refused, of which file, and what to do: for reading and writing alike."""
    path = f"{error.filename}: " if error.filename else ""
    said = excerpt(error.strerror or error, 200) or type(error).__name__
    return f"{path}{said}; {REMEDIES.get(error.errno or 0, 'check the file and its folder')}"
