"""The one exception that means "the user can mend this", and how its message quotes what it found."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

LONGEST = 2000
"""Characters of a message: several problems and their remedies, never a file."""


class UserError(Exception):
    """Bad input or configuration.

    The message names the file or key, what is wrong with it and what to do; the command line prints it
    without a traceback and exits with status 1. It is one line, whatever text it quotes.
    """

    def __init__(self, message: object) -> None:
        super().__init__(excerpt(message, LONGEST))


class NothingThereError(UserError):
    """The bounds hold no data: an error for a region, but not for one zone of many."""


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


@contextmanager
def damage_named(path: Path, remedy: str) -> Iterator[None]:
    """Turn whatever a library raises over the bytes of `path` into a `UserError`: `damaged or of another kind`.

    A damaged byte can end in any exception of a parser, from its own to a `KeyError` or `OverflowError` deep inside:
    wrap nothing but the call that parses. A file that cannot be reached at all stays an `OSError` with its own words.
    """
    try:
        yield
    except (UserError, FileNotFoundError, PermissionError, IsADirectoryError):
        raise
    except Exception as error:
        raise UserError(
            f"{path}: damaged, or not what it should be ({excerpt(error) or type(error).__name__}); {remedy}"
        ) from error
