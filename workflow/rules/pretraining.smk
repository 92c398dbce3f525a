# The shipped weights. In: reprojected and shaded terrain and the catalogues of `pretraining.regions`. Out:
# results/pretraining/, to be copied into the package. See config/pretrain.yaml.

PRETRAINED = pretrained_stem()


rule pretrain:
    input:
        raster=pretraining_files("projected.tif"),
        catalogue=pretraining_files("catalogue.parquet"),
        code=code("pretrain"),
    output:
        weights="results/pretraining/unfitted.safetensors",
        metadata="results/pretraining/unfitted.json",
    log:
        "results/pretraining/logs/pretrain.log",
    benchmark:
        "results/pretraining/benchmarks/pretrain.tsv"
    conda:
        "../../envs/crater_pipeline.yaml"
    threads: 8
    resources:
        mem_mb=12000,
        gpu=1,
        runtime=2880,
    params:
        raster=lambda wildcards, input: repeated("raster", input.raster),
        catalogue=lambda wildcards, input: repeated("catalogue", input.catalogue),
        ground=lambda wildcards: repeated("ground", pretraining_grounds()),
        body=lambda wildcards: pretraining_plan().body.model_dump_json(),
        model=pretraining_settings("model"),
        settings=lambda wildcards: configuration.pretraining.model_dump_json(),
    shell:
        f"{in_package}python -m crater_pipeline.steps.pretrain"
        " {params.raster}"
        " {params.catalogue}"
        " {params.ground}"
        " --output-weights={output.weights:q}"
        " --output-metadata={output.metadata:q}"
        " --checkpoints=results/pretraining/checkpoints"
        " --body={params.body:q}"
        " --model={params.model:q}"
        " --settings={params.settings:q}"
        " 2>&1 | tee {log:q}"


rule calibrate_weights:
    input:
        weights="results/pretraining/unfitted.safetensors",
        metadata="results/pretraining/unfitted.json",
        image=pretraining_sources("image_file"),
        elevation=pretraining_sources("elevation_file"),
        catalogue=pretraining_files("catalogue.parquet"),
        code=code("calibrate_weights"),
    output:
        weights=f"{PRETRAINED}.safetensors",
        metadata=f"{PRETRAINED}.json",
    log:
        "results/pretraining/logs/calibrate_weights.log",
    benchmark:
        "results/pretraining/benchmarks/calibrate_weights.tsv"
    conda:
        "../../envs/crater_pipeline.yaml"
    threads: 8
    resources:
        mem_mb=4000,
        gpu=1,
        runtime=480,
    params:
        image=lambda wildcards, input: repeated("image", input.image),
        elevation=lambda wildcards, input: repeated("elevation", input.elevation),
        catalogue=lambda wildcards, input: repeated("catalogue", input.catalogue),
        ground=lambda wildcards: repeated("ground", pretraining_grounds()),
        max_cut_fraction=lambda wildcards: pretraining_plan()
        .stage(STAGES["evaluation"])
        .max_cut_fraction,
        body=lambda wildcards: pretraining_plan().body.model_dump_json(),
        tiling=pretraining_settings("tiling"),
        inference=pretraining_settings("inference"),
        merging=pretraining_settings("merging"),
        shading=pretraining_settings("shading"),
    shell:
        f"{in_package}python -m crater_pipeline.steps.calibrate_weights"
        " --weights={input.weights:q}"
        " --metadata={input.metadata:q}"
        " {params.image}"
        " {params.elevation}"
        " {params.catalogue}"
        " {params.ground}"
        " --output-weights={output.weights:q}"
        " --output-metadata={output.metadata:q}"
        " --max-cut-fraction={params.max_cut_fraction}"
        " --body={params.body:q}"
        " --tiling={params.tiling:q}"
        " --inference={params.inference:q}"
        " --merging={params.merging:q}"
        " --shading={params.shading:q}"
        " 2>&1 | tee {log:q}"
