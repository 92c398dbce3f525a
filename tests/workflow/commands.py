"""The shell commands that the documentation tells a reader to type, wherever it does."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAMS = "snakemake|crater-pipeline|make|python"

FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(rf"^ {{4,}}((?:{PROGRAMS}) .+)$", re.MULTILINE)
QUOTED = re.compile(rf"`((?:{PROGRAMS})\s[^`]+)`")
IN_A_COMMENT = re.compile(rf"#.*?\b((?:{PROGRAMS}) .+)$", re.MULTILINE)


def documented_commands() -> dict[str, str]:
    """Every command, a line each, and the file that first gives it. Placeholders are still in it."""
    found: dict[str, str] = {}
    for path in sorted(documents()):
        for command in commands_in(prose(path)):
            found.setdefault(command, str(path.relative_to(ROOT)))
    return found


def documents() -> Iterator[Path]:
    """Files that a reader looks into for a command."""
    for pattern in (
        "*.md",
        "docs/*.md",
        "config/*",
        ".test/config/*",
        "profiles/*/*.yaml",
        "envs/*.yaml",
        "Snakefile",
        "workflow/**/*.smk",
    ):
        yield from ROOT.glob(pattern)
    for folder in ("crater_pipeline", "benchmarks"):
        yield from (ROOT / folder).rglob("*.py")
        yield from (ROOT / folder).rglob("*.md")


def prose(path: Path) -> str:
    """What a file says to its reader: Markdown as it is, the strings of a module, the comments of anything else."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        return text
    if path.suffix == ".py":
        strings = (node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant))
        return "\n\n".join(string for string in strings if isinstance(string, str) and " " in string)
    return "\n".join(match[1] for match in re.finditer(r"^\s*#+ ?(.*)$", text, re.MULTILINE))


def commands_in(text: str) -> Iterator[str]:
    """The commands of fenced shell blocks, of comments in other blocks, of indented lines and in backticks."""
    text = re.sub(r"\\\n\s*", "", text)
    for language, block in FENCE.findall(text):
        lines = block.splitlines() if language == "sh" else IN_A_COMMENT.findall(block)
        for line in lines:
            yield from parts(line.partition(" #")[0])
    outside = FENCE.sub("", text)
    for line in INDENTED.findall(outside):
        yield from parts(line)
    for quoted in QUOTED.findall(outside):
        yield from parts(" ".join(quoted.split()))


def parts(line: str) -> Iterator[str]:
    """The single commands of a line."""
    yield from (part.strip() for part in line.split("&&") if part.strip())
