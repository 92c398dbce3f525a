"""The base of every stage's settings model, and what paths and addresses in one may look like."""

import re

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """Frozen, and refuses unknown keys, so that a misspelt option is an error and not a silent default.

    Each stage defines its own subclass beside its code, every field with a `description` (they become
    `config/README.md`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")


def plain_path(path: str) -> str:
    """`path`, if it can be a file of the workflow: Snakemake would fill in what stands in braces."""
    if "{" in path or "}" in path:
        raise ValueError(f"'{path}' has braces, which Snakemake takes for a name to fill in; rename the file or folder")
    return path


def open_address(address: str) -> str:
    """`address`, if nothing in it is secret: logs, messages and results name what they come from."""
    if holds_password(address):
        raise ValueError(
            "a name or password stands in the address, and would stand in logs and results; take it out: names and "
            "passwords are read from ~/.netrc"
        )
    return address


def holds_password(text: str) -> bool:
    """Whether an address in `text` names a user or a password, so that no message may quote it."""
    return re.search(r"\w://[^/?#\s]*@", text) is not None
