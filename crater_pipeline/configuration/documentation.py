"""The generated parts of the documentation: `config/README.md`, `docs/columns.md`, the rule graph inside `README.md`.

`python -m crater_pipeline.configuration.documentation` rewrites them; a test fails when they have drifted.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from crater_pipeline.atomic import write_text
from crater_pipeline.configuration.column_tables import column_page
from crater_pipeline.configuration.comparisons import ComparisonSettings
from crater_pipeline.configuration.entries import STAGES, BodyEntry, Region
from crater_pipeline.configuration.reference import entry_table, first_line, stage_tables
from crater_pipeline.configuration.sources import FileCatalogue, RasterMosaic, SimulatedCatalogue, SimulatedMosaic
from crater_pipeline.training.settings import PretrainingSettings

ROOT = Path(__file__).parents[2]

GRAPH_TARGETS = (
    "results/demo/report.html",
    "results/hongwan/report.html",
    "results/hongwan/craters.gpkg",
    "results/hongwan/craters.parquet",
    "results/hongwan/craters.geojson",
    "results/hongwan/detections.coco.json",
    "results/hongwan/projected.cog.tif",
    "results/hongwan/stac.json",
    "results/procellarum/projected.tif",
    "results/moon/report.html",
    "results/pretraining/hourglass_compact.safetensors",
    "results/comparisons/graph/report.html",
    "results/summary.html",
)
GRAPH_CONFIG = (
    'regions={"hongwan": {"mosaic": "gld100_e300n3150", "witnesses": ["robbins"]}, '
    '"moon": {"mosaic": "wac_global", "bounds": "body", "training": {"enabled": false}}, '
    '"other": {"like": "demo", "training": {"enabled": true}, "baseline": {"method": "deepmoon"}}}',
    'dating={"program": "craterstats"}',
    'mosaics={"wac_global": {"sha256": "' + "0" * 64 + '"}}',
    'pretraining={"regions": ["hongwan"]}',
    'comparisons={"graph": {"entries": {"both": ["demo", "hongwan"], "other": ["other"]}}}',
)
"""A simulated region, one of terrain, one with a checksum, a whole body, and pretraining: together they use every
rule."""

GRAPH_FINISHED = ("results/demo/report.html", "results/comparisons/graph/report.html")
"""What a summary is made from."""

GRAPH_START, GRAPH_END = "<!-- rule graph: begin -->", "<!-- rule graph: end -->"

INTRODUCTION = """# Configuration

Generated from the settings models by `make docs`; a test fails when it has drifted.

`config.yaml` is the default, `paper.yaml` the published protocol for a GPU, `real_ground.yaml` three regions of real
ground with an expert list, over which `ablation.yaml` (at full size: `ablation_gpu.yaml` too) lays the comparison of
two backbones with and without pretraining, and `rivals.yaml` that with other methods; `polar_north.yaml` is a region of
real photographs, `whole_moon.yaml` all of the Moon, `other_bodies.yaml` a simulated Mars and a simulated Mercury,
`pretrain.yaml` how the shipped weights are made, `pretrain_pictures.yaml` how those for images learn from photographs
too. A file of your own is laid over the default with `--configfile mine.yaml`, mapping by mapping, so it holds only
what differs:

```yaml
mosaics:
  my_dtm:
    kind: dtm
    body: moon
    url: data/my_dtm.tif
catalogues:
  my_craters:
    format: table
    url: data/my_craters.csv
regions:
  my_region:
    mosaic: my_dtm
    catalogue: my_craters
    bounds: [-30, 30, -20, 40]
    training: {unfrozen_epochs: 5}   # any section given in a region wins over the global one
```

At the top level, `sources` names a folder, or the beginning of addresses (`https://mirror.example.org/moon/`), where
remote files are looked for by their names before their own addresses are asked; see "Without a network" in the README.

Names consist of `a-z`, `0-9` and `_` and begin with a letter. Unknown keys are errors. Required keys have no default.
"""


COMPARISONS = """Models, folds or regions side by side, in `results/comparisons/<name>/report.html` and `metrics.json`:
figures with intervals, paired differences to the first entry, and all curves in one figure. `ablation.yaml` is one.

```yaml
regions:
  hongwan:
    folds: 5                          # five-fold cross-validation: hongwan_fold1 ... hongwan_fold5
  hongwan_scratch:
    like: hongwan                     # everything else as there, the folds too
    model: {initial: none}
  hongwan_from_procellarum:           # trained on the one, tested on all of the other, threshold from the one
    like: hongwan
    model: {initial: results/procellarum/weights.safetensors}
    training: {enabled: false}
comparisons:
  starts:
    entries:
      fine-tuned: [hongwan]           # its five folds, pooled
      from scratch: [hongwan_scratch]
      trained on procellarum: [hongwan_from_procellarum]
```
"""


def configuration_reference() -> str:
    """The whole text of `config/README.md`."""
    parts = [
        INTRODUCTION,
        "## Entries\n",
        *(
            f"### `{title}`\n\n{first_line(model)}\n\n{entry_table(model)}"
            for title, model in (
                ("bodies.<name>", BodyEntry),
                ("mosaics.<name> (kind: image or dtm)", RasterMosaic),
                ("mosaics.<name> (kind: simulated)", SimulatedMosaic),
                ("catalogues.<name> (format: robbins, wang_wu or table)", FileCatalogue),
                ("catalogues.<name> (format: simulated)", SimulatedCatalogue),
                ("regions.<name>", Region),
            )
        ),
        "## Stages\n",
        "Each section below may stand at the top level, for all regions, or in a region, for that one.\n",
        stage_tables(STAGES),
        "## Comparisons\n",
        COMPARISONS,
        f"### `comparisons.<name>`\n\n{first_line(ComparisonSettings)}\n\n{entry_table(ComparisonSettings)}",
        "## Shipped weights\n",
        "Only at the top level; see `pretrain.yaml`.\n",
        stage_tables({"pretraining": PretrainingSettings}),
    ]
    return "\n".join(parts).rstrip() + "\n"


def rule_graph() -> str:
    """Mermaid flowchart of all rules, arrows in the direction of the data, redundant ones left out."""
    command = [
        sys.executable,
        "-m",
        "snakemake",
        "--rulegraph",
        "mermaid-js",
        *GRAPH_TARGETS,
        "--config",
        *GRAPH_CONFIG,
        "--forceall",
    ]
    with TemporaryDirectory() as folder:
        # Away from the results that lie here, for they say what a summary is made from.
        there = Path(folder)
        for name in ("Snakefile", "workflow", "config", "crater_pipeline", "envs"):
            (there / name).symlink_to(ROOT / name)
        for page in GRAPH_FINISHED:
            (there / page).parent.mkdir(parents=True)
            (there / page).touch()
        done = subprocess.run(command, cwd=there, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr}")
    names = dict(re.findall(r"^\s*(id\d+)\[(\w+)\]", done.stdout, re.MULTILINE))
    arrows = re.findall(r"^\s*(id\d+) --> (id\d+)", done.stdout, re.MULTILINE)
    edges = {(names[source], names[target]) for source, target in arrows}
    lines = [f"    {source} --> {target}" for source, target in sorted(reduced(edges))]
    return "\n".join(["```mermaid", "flowchart TD", *lines, "```"])


def reduced(edges: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Transitive reduction of an acyclic graph: edges that no longer path replaces."""
    return {(a, b) for a, b in edges if not any(b in reachable(c, edges) for c in successors(a, edges) if c != b)}


def successors(node: str, edges: set[tuple[str, str]]) -> Iterator[str]:
    return (b for a, b in edges if a == node)


def reachable(node: str, edges: set[tuple[str, str]]) -> set[str]:
    """`node` and everything that can be reached from it."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting.extend(successors(each, edges))
    return found


def with_rule_graph(readme: str, graph: str) -> str:
    """`readme` with `graph` between its two markers."""
    before, _, rest = readme.partition(GRAPH_START)
    _, end, after = rest.partition(GRAPH_END)
    if not end:
        raise ValueError(f"README.md: the markers {GRAPH_START} and {GRAPH_END} are missing")
    return f"{before}{GRAPH_START}\n{graph}\n{GRAPH_END}{after}"


def main() -> None:
    """Rewrite them all."""
    write_text(ROOT / "config" / "README.md", configuration_reference())
    write_text(ROOT / "docs" / "columns.md", column_page())
    readme = ROOT / "README.md"
    write_text(readme, with_rule_graph(readme.read_text(encoding="utf-8"), rule_graph()))


if __name__ == "__main__":
    main()
