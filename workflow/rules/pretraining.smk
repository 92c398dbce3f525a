# The shipped weights. In: reprojected and shaded terrain and the catalogues of `pretraining.regions`. Out:
# results/pretraining/, to be copied into the package. See config/pretrain.yaml.


def pretraining_files(name):
    """An input function: one file of each region to learn from."""

    def files(wildcards):
        if not configuration.pretraining.regions:
            sys.exit(
                "error: pretraining.regions: empty; use --configfile config/pretrain.yaml, or list regions there"
            )
        return [
            f"results/{region}/{name}" for region in configuration.pretraining.regions
        ]

    return files


def repeated(option, values):
    """`--option=value` for every value."""
    return " ".join(f"--{option}={shlex.quote(str(value))}" for value in values)


def pretraining_bounds(wildcards):
    """The regions' bounds as options."""
    names = configuration.pretraining.regions
    return repeated(
        "bounds", [",".join(map(str, regions[name].bounds)) for name in names]
    )


def first_plan():
    """Plan of the first region to learn from: its settings hold for all of them."""
    return regions[configuration.pretraining.regions[0]]


def pretraining_stage(section):
    """A parameter function: a section's settings as JSON."""
    return lambda wildcards: first_plan().stage(section).model_dump_json()


rule pretrain:
    input:
        elevation=pretraining_files("projected.tif"),
        catalogue=pretraining_files("catalogue.parquet"),
        code=code("pretrain"),
    output:
        weights="results/pretraining/unfitted.safetensors",
        metadata="results/pretraining/unfitted.json",
    log:
        "results/pretraining/logs/pretrain.log",
    conda:
        "../../envs/crater_pipeline.yaml"
    threads: 8
    resources:
        mem_mb=12000,
        gpu=1,
    params:
        elevation=lambda wildcards, input: repeated("elevation", input.elevation),
        catalogue=lambda wildcards, input: repeated("catalogue", input.catalogue),
        bounds=pretraining_bounds,
        body=lambda wildcards: first_plan().body.model_dump_json(),
        labels=pretraining_stage("labels"),
        split=pretraining_stage("split"),
        model=pretraining_stage("model"),
        settings=lambda wildcards: configuration.pretraining.model_dump_json(),
    shell:
        "python -m crater_pipeline.steps.pretrain"
        " {params.elevation}"
        " {params.catalogue}"
        " {params.bounds}"
        " --output-weights {output.weights:q}"
        " --output-metadata {output.metadata:q}"
        " --checkpoints results/pretraining/checkpoints"
        " --body {params.body:q}"
        " --labels {params.labels:q}"
        " --split {params.split:q}"
        " --model {params.model:q}"
        " --settings {params.settings:q}"
        " 2>&1 | tee {log:q}"


rule ship:
    input:
        weights="results/pretraining/unfitted.safetensors",
        metadata="results/pretraining/unfitted.json",
        image=pretraining_files("shaded.tif"),
        catalogue=pretraining_files("catalogue.parquet"),
        code=code("ship"),
    output:
        weights="results/pretraining/hourglass_compact.safetensors",
        metadata="results/pretraining/hourglass_compact.json",
    log:
        "results/pretraining/logs/ship.log",
    conda:
        "../../envs/crater_pipeline.yaml"
    threads: 8
    resources:
        mem_mb=4000,
        gpu=1,
    params:
        image=lambda wildcards, input: repeated("image", input.image),
        catalogue=lambda wildcards, input: repeated("catalogue", input.catalogue),
        bounds=pretraining_bounds,
        min_diameter_km=lambda wildcards: first_plan()
        .stage("evaluation")
        .min_diameter_km,
        body=lambda wildcards: first_plan().body.model_dump_json(),
        tiling=pretraining_stage("tiling"),
        split=pretraining_stage("split"),
        inference=pretraining_stage("inference"),
        merging=pretraining_stage("merging"),
    shell:
        "python -m crater_pipeline.steps.ship"
        " --weights {input.weights:q}"
        " --metadata {input.metadata:q}"
        " {params.image}"
        " {params.catalogue}"
        " {params.bounds}"
        " --output-weights {output.weights:q}"
        " --output-metadata {output.metadata:q}"
        " --min-diameter-km {params.min_diameter_km}"
        " --body {params.body:q}"
        " --tiling {params.tiling:q}"
        " --split {params.split:q}"
        " --inference {params.inference:q}"
        " --merging {params.merging:q}"
        " 2>&1 | tee {log:q}"
