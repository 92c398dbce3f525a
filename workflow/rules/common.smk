# Shared by all rules. In: the merged configuration. Out: one checked plan per region, and small helpers that
# turn a wildcard into a file name or an option's value.
#
# A rule gets only the sections that its step reads (as JSON), so that editing a section reruns nothing else, and
# lists the package files that its step imports (`code=`), which Snakemake cannot see by itself.
#
# Options are written `--name=value`: a value that begins with a hyphen, such as a title, is no option then.

import json
import os
import shlex
import sys
from pathlib import Path

from crater_pipeline.code_files import code_files, search_path
from crater_pipeline.configuration.comparison_plan import ComparisonPlan
from crater_pipeline.configuration.entries import STAGES
from crater_pipeline.configuration.loading import load
from crater_pipeline.configuration.given_files import unusable_files
from crater_pipeline.configuration.plan import RegionPlan
from crater_pipeline.configuration.settled import body
from crater_pipeline.errors import UserError

# Before `python`: where our package is, for jobs that do not run beside it. Nothing in a checkout.
in_package = search_path(ROOT, Path.cwd())

try:
    configuration = load(config)
except UserError as error:
    sys.exit(f"error: {error}")

regions = {name: RegionPlan(name, configuration) for name in configuration.regions}


# Regions that our network searches, those that another method does, and those with a terrain model to measure on.
NETWORKS = "|".join(name for name, plan in regions.items() if plan.method is None)
TERRAIN = "|".join(name for name, plan in regions.items() if plan.terrain)
METHODS = "|".join(name for name, plan in regions.items() if plan.method)

# Regions (zones too) that have one map, and those that are searched by zones and have none.
MAPPED = "|".join(name for name, plan in regions.items() if not plan.zones)
ZONED = "|".join(name for name, plan in regions.items() if plan.zones)


wildcard_constraints:
    region="|".join(configuration.regions),
    mosaic="|".join(configuration.mosaics),
    catalogue="|".join([*configuration.catalogues, "-"]),
    comparison="|".join([*configuration.comparisons, "-"]),
    suffix=r"\.[a-z]+",


def code(step):
    """Package files that the step depends on, as paths from the working directory; no storage and no prefix counts."""
    return [local(os.path.relpath(ROOT / path)) for path in code_files(step, ROOT)]


def of_region(attribute):
    """An input or parameter function: an attribute of the region's plan."""
    return lambda wildcards: getattr(regions[wildcards.region], attribute)


def checked(region):
    """The region's plan.

    Ends the run with one line if a file that the configuration gives by path is not there or will not do.
    """
    if unusable := list(unusable_files(regions[region])):
        sys.exit(f"error: {'; '.join(unusable)}")
    return regions[region]


def file_of_region(attribute):
    """An input function: a file of the region's plan, or nothing where it has none."""
    return lambda wildcards: getattr(checked(wildcards.region), attribute) or []


def settings(section):
    """A parameter function: one section of the region's settings as JSON."""
    return (
        lambda wildcards: regions[wildcards.region]
        .stage(STAGES[section])
        .model_dump_json()
    )


def setting(section, key):
    """A parameter function: one value of a section."""
    return lambda wildcards: getattr(
        regions[wildcards.region].stage(STAGES[section]), key
    )


def region_body(wildcards):
    """The region's body as JSON."""
    return regions[wildcards.region].body.model_dump_json()


def split_of(wildcards):
    """How the region is divided, as JSON; None where its weights never saw any of it, so that all of it is test."""
    plan = regions[wildcards.region]
    split = plan.stage(STAGES["split"])
    return split.model_dump_json() if plan.trained or split.learned_before else None


def flag(attribute):
    """A parameter function: `--attribute` or `--no-attribute`."""
    return lambda wildcards: (
        f"--{attribute}"
        if getattr(regions[wildcards.region], attribute)
        else f"--no-{attribute}"
    )


def mosaic_behind(wildcards):
    """Where a downloaded part of a mosaic comes from."""
    plan = regions[wildcards.region]
    return plan.source_of_mosaic(plan.mosaic_behind(wildcards.other))


def part_wanted(wildcards):
    """What of it is wanted."""
    plan = regions[wildcards.region]
    return plan.wanted_of(plan.mosaic_behind(wildcards.other))


def option(name, value):
    """`--name=value`, or nothing where there is no value; quoted for the shell, a tuple as several words."""
    if value in (None, []):
        return ""
    words = value if isinstance(value, tuple) else [value]
    return f"--{name}={' '.join(shlex.quote(str(word)) for word in words)}"


def shading_of(wildcards):
    """How the region's terrain is lit, as an option; nothing for an image, which depends on none of it."""
    plan = regions[wildcards.region]
    lit = (
        plan.stage(STAGES["shading"]).model_dump_json() if plan.kind == "dtm" else None
    )
    return option("shading", lit)


def repeated(name, values):
    """`--name=value` for every value; quoted for the shell."""
    return " ".join(option(name, value) for value in values)


def files_listed(region):
    """What a region's STAC item lists: what every region has, and of the formats for those who ask those that are there."""
    folder = f"results/{region}"
    always = ("craters.gpkg", "craters.csv", "report.html", "metrics.json")
    asked = (
        "craters.parquet",
        "craters.geojson",
        "detections.coco.json",
        "projected.cog.tif",
        "shaded.cog.tif",
        "labels.cog.tif",
    )
    there = [name for name in asked if Path(f"{folder}/{name}").exists()]
    return [
        *(f"{folder}/{name}" for name in (*always, *there)),
        *checked(region).raster_files,
    ]


def memory(megabytes):
    """A resource function: of rules that hold a table of all craters, four times as much where there are zones."""
    return lambda wildcards: megabytes * (4 if regions[wildcards.region].zones else 1)


def zones_of(wildcards):
    """Bounds of a region's zones."""
    return [zone.zone for zone in regions[wildcards.region].zones]


def comparison_plan(wildcards):
    """The plan of a comparison."""
    return ComparisonPlan(wildcards.comparison, configuration)


def files_compared(name):
    """An input function: one file of each region that a comparison pools."""
    return lambda wildcards: [
        f"results/{region}/{name}" for region in comparison_plan(wildcards).regions
    ]


def finished_regions():
    """Names of the configured regions that have a report."""
    return [name for name in regions if Path(f"results/{name}/report.html").exists()]


def finished(name):
    """One file of each of them."""
    return [f"results/{region}/{name}" for region in finished_regions()]


def finished_comparisons(name):
    """One file of each configured comparison that has a report."""
    folders = [f"results/comparisons/{each}" for each in configuration.comparisons]
    return [
        f"{folder}/{name}"
        for folder in folders
        if Path(f"{folder}/report.html").exists()
    ]


def pretrained_stem():
    """The pretrained weights' path without its ending.

    Weights that lie there already are a file like any other where no region says how to make them.
    """
    stem = f"results/pretraining/{configuration.model.backbone}"
    made = configuration.pretraining.regions or not Path(f"{stem}.safetensors").exists()
    return stem if made else f"{stem}_made_elsewhere"


def pretraining_files(name):
    """An input function: one file of each region that the shipped weights are trained on."""

    def files(wildcards):
        if not configuration.pretraining.regions:
            sys.exit(
                "error: pretraining.regions: empty; use --configfile config/pretrain.yaml, or list regions there"
            )
        return [
            f"results/{region}/{name}" for region in configuration.pretraining.regions
        ]

    return files


def pretraining_sources(attribute):
    """An input function: one attribute of those regions' plans, where they have it."""
    return lambda wildcards: [
        file
        for name in configuration.pretraining.regions
        if (file := getattr(regions[name], attribute))
    ]


def pretraining_grounds():
    """What each of those regions shows and which of its craters and blocks are learned, as JSON."""
    return [
        json.dumps(
            {
                "kind": regions[name].kind,
                "bounds": regions[name].bounds,
                "labels": regions[name].stage(STAGES["labels"]).model_dump(),
                "split": regions[name].stage(STAGES["split"]).model_dump(),
                "judged_from_km": regions[name]
                .stage(STAGES["evaluation"])
                .min_diameter_km,
            }
        )
        for name in configuration.pretraining.regions
    ]


def pretraining_plan():
    """Plan of the first of those regions: its settings hold for all of them."""
    return regions[configuration.pretraining.regions[0]]


def pretraining_settings(section):
    """A parameter function: a section of theirs as JSON."""
    return lambda wildcards: pretraining_plan().stage(STAGES[section]).model_dump_json()
