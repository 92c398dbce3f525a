"""The configuration read as Snakemake reads it, for a command that runs without it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from crater_pipeline.code_files import ROOT
from crater_pipeline.configuration.entries import Configuration, deep_merge
from crater_pipeline.configuration.files import DEFAULT, read_file
from crater_pipeline.configuration.loading import load


def read_configuration(configfiles: Sequence[Path]) -> Configuration:
    """The default (that of the working directory, else the one beside the Snakefile) and the files laid over it.

    Raises
    ------
    UserError
        If one of them will not do, or what they say together.
    """
    raw: dict[str, Any] = read_file(DEFAULT if DEFAULT.is_file() else ROOT / DEFAULT)
    for path in configfiles:
        raw = deep_merge(raw, read_file(path))
    return load(raw)
