# Craters of a region, from a mosaic to a catalogue and an account of how good it is.
#
#     snakemake --cores 8 results/<region>/craters.gpkg results/<region>/report.html
#     snakemake --cores 8 results/comparisons/<comparison>/report.html
#
# Regions, mosaics, catalogues and every setting: config/config.yaml, explained in config/README.md.

import sys
from pathlib import Path

# The package beside this file counts: not an installed one or another checkout's, which a profile or another module
# may have imported. Where the file was fetched from a repository, github(...), there is none beside it.
beside = Path(str(workflow.current_basedir)) / "crater_pipeline"
other = sys.modules.get("crater_pipeline")
if other and beside.is_dir() and not beside.samefile(Path(other.__file__).parent):
    for name in [each for each in sys.modules if each.partition(".")[0] == beside.name]:
        del sys.modules[name]

from crater_pipeline.code_files import ROOT
from crater_pipeline.configuration.files import default_file


configfile: default_file(ROOT)


include: "workflow/rules/common.smk"
include: "workflow/rules/imagery.smk"
include: "workflow/rules/labels.smk"
include: "workflow/rules/training.smk"
include: "workflow/rules/detection.smk"
include: "workflow/rules/baselines.smk"
include: "workflow/rules/formats.smk"
include: "workflow/rules/reports.smk"
include: "workflow/rules/comparisons.smk"
include: "workflow/rules/pretraining.smk"


rule all:
    input:
        "results/demo/craters.gpkg",
        "results/demo/report.html",
