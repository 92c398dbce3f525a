# Training. In: the tiles, their labels and initial weights. Out: the region's weights. With training.enabled: false
# the initial weights are passed on unchanged, and nothing of the region is an input. Checkpoints lie in a folder that
# no rule declares, for Snakemake deletes what is declared before it tries again.


rule train:
    input:
        labelled=file_of_region("training_files"),
        initial=file_of_region("initial_files"),
        code=code("train"),
    output:
        weights="results/{region}/weights.safetensors",
        metadata="results/{region}/weights.json",
    log:
        "results/{region}/logs/train.log",
    benchmark:
        "results/{region}/benchmarks/train.tsv"
    wildcard_constraints:
        region=NETWORKS or "-",
    conda:
        "../../envs/crater_pipeline.yaml"
    threads: 8
    resources:
        mem_mb=8000,
        gpu=setting("training", "processes"),
        runtime=720,
    params:
        elevation=lambda wildcards: option(
            "elevation", regions[wildcards.region].elevation_file
        ),
        model=settings("model"),
        training=settings("training"),
    shell:
        f"{in_package}python -m crater_pipeline.steps.train"
        " --annotations=results/{wildcards.region}/tiles/annotations.json"
        " --images=results/{wildcards.region}/tiles/images"
        " {params.elevation}"
        " --output-weights={output.weights:q}"
        " --output-metadata={output.metadata:q}"
        " --checkpoints=results/{wildcards.region}/checkpoints"
        " --model={params.model:q}"
        " --training={params.training:q}"
        " 2>&1 | tee {log:q}"
