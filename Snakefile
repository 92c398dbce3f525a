# Craters of a region, from a mosaic to a catalogue and an account of how good it is.
#
#     snakemake --cores 8 results/<region>/craters.gpkg results/<region>/report.html
#     snakemake --cores 8 results/comparisons/<comparison>/report.html
#
# Regions, mosaics, catalogues and every setting: config/config.yaml, explained in config/README.md.

from crater_pipeline.configuration.files import default_file


configfile: default_file(workflow.basedir)


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


localrules:
    all,


rule all:
    input:
        "results/demo/craters.gpkg",
        "results/demo/report.html",
