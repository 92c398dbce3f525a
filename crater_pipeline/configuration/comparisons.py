"""Which models, folds or regions are compared with one another."""

from pydantic import Field

from crater_pipeline.configuration.sources import Name
from crater_pipeline.settings import Settings


class ComparisonSettings(Settings):
    """Entries side by side, each pooling the test parts of one or more regions."""

    title: str | None = Field(None, description="Heading of the report (null: the comparison's name).")
    entries: dict[str, tuple[Name, ...]] = Field(
        min_length=1,
        description="Label: list of regions whose test parts are pooled. A region with `folds` stands for all of its "
        "folds. Differences are given to the first entry.",
    )
