"""Tables in Markdown."""

from collections.abc import Iterable, Sequence


def pipe_table(header: Sequence[str], rows: Iterable[Sequence[str]], right: bool = False) -> str:
    """A table of cells that are Markdown themselves; `right` aligns all but the first column to the right."""
    rule = ["---", *(["--:" if right else "---"] * (len(header) - 1))]
    lines = (f"| {' | '.join(cells)} |" for cells in rows)
    return "\n".join([f"| {' | '.join(header)} |", f"|{'|'.join(rule)}|", *lines]) + "\n"
