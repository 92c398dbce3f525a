"""The base of every stage's settings model."""

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """Frozen, and refuses unknown keys, so that a misspelt option is an error and not a silent default.

    Each stage defines its own subclass beside its code, every field with a `description` (they become
    `config/README.md`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
