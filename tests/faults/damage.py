"""A file as it may come back from a bad disk, a broken transfer or another program."""

import random

WRONG_FILES = (b"", b"<html>no</html>", b"PAR1", b"{}", b"[]", b"null", bytes(100))


def damaged(content: bytes, chance: random.Random) -> bytes:
    """`content` cut off, with bytes changed, blanked, lost or put in, or another file altogether."""
    kind, place, length = chance.randrange(6), chance.randrange(len(content) + 1), chance.choice((1, 8, 512, 4096))
    before, hit, after = content[:place], content[place : place + length], content[place + length :]
    if kind == 0:
        return before
    if kind == 1:
        return before + chance.randbytes(len(hit)) + after
    if kind == 2:
        return before + bytes(len(hit)) + after
    if kind == 3:
        return before + after
    if kind == 4:
        return before + chance.randbytes(length) + hit + after
    return chance.choice(WRONG_FILES)
