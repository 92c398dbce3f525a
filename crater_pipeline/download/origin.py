"""Where a file may be had, and what it must be."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from crater_pipeline.errors import UserError, excerpt

logger = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True)
class Origin:
    """Addresses of the same file, the first that works being taken, and what is known of it."""

    urls: Sequence[str]
    sha256: str | None = None
    size_bytes: int | None = None
    citation: str | None = None
    licence: str | None = None

    def check_size(self, url: str, size: int | None) -> None:
        """`UserError` if a server's file has another size than it must have."""
        if self.size_bytes is not None and size is not None and size != self.size_bytes:
            raise UserError(
                f"{url}: {size:,} bytes, not {self.size_bytes:,}; it is cut off or has been replaced: compare with its "
                "publisher, then correct size_bytes or the address"
            )

    def first(self, action: Callable[[str], T]) -> T:
        """What `action` gives for the first address for which it succeeds.

        Raises
        ------
        UserError
            If it fails for all, with what was wrong with each.
        """
        failures: list[str] = []
        for url in self.urls:
            try:
                return action(url)
            except UserError as error:
                failures.append(str(error))
                if len(failures) < len(self.urls):
                    logger.warning("%s; trying %s", error, self.urls[len(failures)])
        if len(failures) == 1:
            raise UserError(failures[0])
        raise UserError("; ".join(excerpt(each, 500) for each in failures))


def file_name(url: str) -> str:
    """The name that a file has on its server."""
    return PurePosixPath(unquote(urlsplit(url).path)).name or "download"
