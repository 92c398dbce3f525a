# Baselines. In: the raster and, for methods that learn, the labelled tiles. Out: what `train` and `detect` make of other
# regions, detections (detections.parquet) and what made them (weights.json), by another method.


rule baseline:
    input:
        image=file_of_region("image_file"),
        elevation=file_of_region("elevation_file"),
        labelled=file_of_region("training_files"),
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
        annotations=lambda wildcards: option(
            "annotations",
            (
                f"results/{wildcards.region}/tiles/annotations.json"
                if regions[wildcards.region].trained
                else None
            ),
        ),
        images=lambda wildcards: option(
            "images",
            (
                f"results/{wildcards.region}/tiles/images"
                if regions[wildcards.region].trained
                else None
            ),
        ),
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
        " {params.annotations}"
        " {params.images}"
        " {params.craters}"
        " --output={output.detections:q}"
        " --output-metadata={output.metadata:q}"
        " --checkpoints=results/{wildcards.region}/checkpoints"
        " --bounds={params.bounds}"
        " --body={params.body:q}"
        " --tiling={params.tiling:q}"
        " --inference={params.inference:q}"
        " --settings={params.settings:q}"
        " {params.shading}"
        " 2>&1 | tee {log:q}"
