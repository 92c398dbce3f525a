# Formats for those who ask: each is made when it is a target, everything else is written by the rule `export`. In: the
# published craters, detections, rasters. Out: the craters as GeoParquet (craters.parquet) and as GeoJSON
# (craters.geojson), what was detected in each tile as a COCO data set (detections.coco.json), rasters as cloud-optimised
# GeoTIFFs (projected.cog.tif, shaded.cog.tif, labels.cog.tif), and a STAC item that lists the region's files (stac.json).


rule geoparquet:
    input:
        craters="results/{region}/craters_all.parquet",
        depths=file_of_region("depths_file"),
        operating_point="results/{region}/operating_point.json",
        code=code("geoparquet"),
    output:
        "results/{region}/craters.parquet",
    log:
        "results/{region}/logs/geoparquet.log",
    benchmark:
        "results/{region}/benchmarks/geoparquet.tsv"
    conda:
        "../../envs/crater_pipeline.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
    params:
        depths=lambda wildcards, input: option("depths", input.depths),
        body=region_body,
    shell:
        f"{in_package}python -m crater_pipeline.steps.geoparquet"
        " --craters={input.craters:q}"
        " {params.depths}"
        " --operating-point={input.operating_point:q}"
        " --output={output:q}"
        " --body={params.body:q}"
        " 2>&1 | tee {log:q}"


rule geojson:
    input:
        craters="results/{region}/craters_all.parquet",
        depths=file_of_region("depths_file"),
        operating_point="results/{region}/operating_point.json",
        code=code("geojson"),
    output:
        "results/{region}/craters.geojson",
    log:
        "results/{region}/logs/geojson.log",
    benchmark:
        "results/{region}/benchmarks/geojson.tsv"
    conda:
        "../../envs/crater_pipeline.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        depths=lambda wildcards, input: option("depths", input.depths),
        body=region_body,
    shell:
        f"{in_package}python -m crater_pipeline.steps.geojson"
        " --craters={input.craters:q}"
        " {params.depths}"
        " --operating-point={input.operating_point:q}"
        " --output={output:q}"
        " --body={params.body:q}"
        " 2>&1 | tee {log:q}"


rule coco:
    input:
        detections="results/{region}/detections.parquet",
        tiles="results/{region}/tiles/tiles.parquet",
        code=code("coco"),
    output:
        "results/{region}/detections.coco.json",
    log:
        "results/{region}/logs/coco.log",
    benchmark:
        "results/{region}/benchmarks/coco.tsv"
    conda:
        "../../envs/crater_pipeline.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    shell:
        f"{in_package}python -m crater_pipeline.steps.coco"
        " --region={wildcards.region}"
        " --detections={input.detections:q}"
        " --tiles={input.tiles:q}"
        " --output={output:q}"
        " 2>&1 | tee {log:q}"


rule cog:
    input:
        raster=lambda wildcards: checked(wildcards.region).raster_file(wildcards.raster),
        code=code("cog"),
    output:
        "results/{region}/{raster}.cog.tif",
    log:
        "results/{region}/logs/cog_{raster}.log",
    benchmark:
        "results/{region}/benchmarks/cog_{raster}.tsv"
    wildcard_constraints:
        raster="projected|shaded|labels",
    conda:
        "../../envs/crater_pipeline.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    shell:
        f"{in_package}python -m crater_pipeline.steps.cog"
        " --raster={input.raster:q}"
        " --output={output:q}"
        " 2>&1 | tee {log:q}"


rule stac:
    input:
        files=lambda wildcards: files_listed(wildcards.region),
        footprint="results/{region}/footprint.parquet",
        code=code("stac"),
    output:
        "results/{region}/stac.json",
    log:
        "results/{region}/logs/stac.log",
    benchmark:
        "results/{region}/benchmarks/stac.tsv"
    conda:
        "../../envs/crater_pipeline.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        files=lambda wildcards, input: repeated("file", input.files),
        title=of_region("title"),
        bounds=of_region("bounds"),
        acquired=lambda wildcards: option(
            "acquired", regions[wildcards.region].acquired
        ),
        body=region_body,
    shell:
        f"{in_package}python -m crater_pipeline.steps.stac"
        " --region={wildcards.region}"
        " --title={params.title:q}"
        " {params.files}"
        " --footprint={input.footprint:q}"
        " --output={output:q}"
        " --bounds={params.bounds}"
        " {params.acquired}"
        " --body={params.body:q}"
        " 2>&1 | tee {log:q}"
