# Training. In: the tiles, their labels and initial weights. Out: the region's weights. With training.enabled: false
# the initial weights are passed on unchanged, and nothing of the region is looked at.


rule train:
    input:
        annotations="results/{region}/tiles/annotations.json",
        tiles="results/{region}/tiles/tiles.parquet",
        images="results/{region}/tiles/images",
        elevation=file_of_region("elevation_file"),
        initial=file_of_region("initial_files"),
        code=code("train"),
    output:
        weights="results/{region}/weights.safetensors",
        metadata="results/{region}/weights.json",
    log:
        "results/{region}/logs/train.log",
    conda:
        "../../envs/crater_pipeline.yaml"
    threads: 8
    resources:
        mem_mb=8000,
        gpu=1,
    params:
        elevation=lambda wildcards, input: option("elevation", input.elevation),
        checkpoints=lambda wildcards: f"results/{wildcards.region}/checkpoints",
        body=region_body,
        model=settings("model"),
        training=settings("training"),
        shading=lambda wildcards: option(
            "shading", regions[wildcards.region].relighting
        ),
    shell:
        "python -m crater_pipeline.steps.train"
        " --annotations {input.annotations:q}"
        " --tiles {input.tiles:q}"
        " --images {input.images:q}"
        " {params.elevation}"
        " --output-weights {output.weights:q}"
        " --output-metadata {output.metadata:q}"
        " --checkpoints {params.checkpoints:q}"
        " --body {params.body:q}"
        " --model {params.model:q}"
        " --training {params.training:q}"
        " {params.shading}"
        " 2>&1 | tee {log:q}"
