"""The base of every stage's settings model, and what a path in one may look like."""

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
