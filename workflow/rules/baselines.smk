# Baselines: other methods in the network's place. In: the raster and, for methods that learn, labelled tiles. Out: what a
# method has learned (method.safetensors), and what `train` and `detect` make of other regions, detections
# (detections.parquet) and what made them (weights.json).


rule learn_method:
    input:
        labelled=file_of_region("training_files"),
        code=code("learn_method"),
    output:
        "results/{region}/method.safetensors",
    log:
        "results/{region}/logs/learn_method.log",
    benchmark:
        "results/{region}/benchmarks/learn_method.tsv"
    wildcard_constraints:
        region=METHODS or "-",
    conda:
        "../../envs/crater_pipeline.yaml"
    threads: 8
    resources:
        mem_mb=8000,
        gpu=1,
        runtime=240,
    params:
        elevation=lambda wildcards: option(
            "elevation", regions[wildcards.region].elevation_file
        ),
        settings=settings("baseline"),
    shell:
        f"{in_package}python -m crater_pipeline.steps.learn_method"
        " --annotations=results/{wildcards.region}/tiles/annotations.json"
        " --images=results/{wildcards.region}/tiles/images"
        " {params.elevation}"
        " --output={output:q}"
        " --checkpoints=results/{wildcards.region}/checkpoints"
        " --settings={params.settings:q}"
        " 2>&1 | tee {log:q}"


rule baseline:
    input:
        image=file_of_region("image_file"),
        elevation=file_of_region("elevation_file"),
        network=file_of_region("method_file"),
        published=file_of_region("published_file"),
        code=code("baseline"),
    output:
        detections="results/{region}/detections.parquet",
        metadata="results/{region}/weights.json",
    log:
        "results/{region}/logs/baseline.log",
    benchmark:
        "results/{region}/benchmarks/baseline.tsv"
    wildcard_constraints:
        region=METHODS or "-",
    conda:
        "../../envs/crater_pipeline.yaml"
    threads: 8
    resources:
        mem_mb=8000,
        gpu=1,
        runtime=240,
    params:
        elevation=lambda wildcards: option(
            "elevation", regions[wildcards.region].elevation_file
        ),
        network=lambda wildcards, input: option("network", input.network),
        craters=lambda wildcards, input: option("craters", input.published),
        bounds=of_region("bounds"),
        body=region_body,
        tiling=settings("tiling"),
        inference=settings("inference"),
        settings=settings("baseline"),
        shading=shading_of,
    shell:
        f"{in_package}python -m crater_pipeline.steps.baseline"
        " --image={input.image:q}"
        " {params.elevation}"
        " {params.network}"
        " {params.craters}"
        " --output={output.detections:q}"
        " --output-metadata={output.metadata:q}"
        " --bounds={params.bounds}"
        " --body={params.body:q}"
        " --tiling={params.tiling:q}"
        " --inference={params.inference:q}"
        " --settings={params.settings:q}"
        " {params.shading}"
        " 2>&1 | tee {log:q}"
