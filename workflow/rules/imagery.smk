# Imagery. In: a mosaic (simulated, downloaded, or a local file used in place). Out: the region in a conformal
# projection (projected.tif), shaded where the source is a terrain model (shaded.tif), the area that is searched
# (footprint.parquet) and, for training and for COCO's figures, the tiles. A region that is too large for one projection
# has these of each of its zones (results/<region>_zone_01 and so on), the area pooled, and one small picture of all of it
# (overview.tif).


rule simulate:
    input:
        code=code("simulate"),
    output:
        image="results/simulated/{mosaic}.tif",
        dtm="results/simulated/{mosaic}_dtm.tif",
        catalogue="results/simulated/{mosaic}_catalogue.csv",
    log:
        "results/logs/simulate/{mosaic}.log",
    benchmark:
        "results/benchmarks/simulate/{mosaic}.tsv"
    conda:
        "../../envs/crater_pipeline.yaml"
    threads: 2
    resources:
        mem_mb=4000,
    params:
        seed=lambda wildcards: configuration.mosaics[wildcards.mosaic].seed,
        pixel_size_m=lambda wildcards: configuration.mosaics[
            wildcards.mosaic
        ].pixel_size_m,
        bounds=lambda wildcards: configuration.mosaics[wildcards.mosaic].bounds,
        settings=lambda wildcards: configuration.mosaics[
            wildcards.mosaic
        ].simulation.model_dump_json(),
        body=lambda wildcards: body(
            configuration, configuration.mosaics[wildcards.mosaic].body
        ).model_dump_json(),
    shell:
        f"{in_package}python -m crater_pipeline.steps.simulate"
        " --output-image={output.image:q}"
        " --output-dtm={output.dtm:q}"
        " --output-catalogue={output.catalogue:q}"
        " --seed={params.seed}"
        " --pixel-size-m={params.pixel_size_m}"
        " --bounds={params.bounds}"
        " --body={params.body:q}"
        " --settings={params.settings:q}"
        " 2>&1 | tee {log:q}"


# A region's own mosaic, and the terrain model that depths are measured on.
rule download:
    input:
        code=code("download"),
    output:
        # update: not deleted beforehand, so that the step can keep what the server still has
        update("results/{region}/mosaic{other}.tif"),
    log:
        "results/{region}/logs/download{other}.log",
    benchmark:
        "results/{region}/benchmarks/download{other}.tsv"
    wildcard_constraints:
        other="|_[a-z0-9_]+",
    conda:
        "../../envs/crater_pipeline.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        url=lambda wildcards: repeated("url", mosaic_behind(wildcards).urls),
        size=lambda wildcards: option("size-bytes", mosaic_behind(wildcards).size_bytes),
        citation=lambda wildcards: option("citation", mosaic_behind(wildcards).citation),
        licence=lambda wildcards: option("licence", mosaic_behind(wildcards).licence),
        bounds=of_region("area"),
        margin=lambda wildcards: part_wanted(wildcards).margin_deg,
        band=lambda wildcards: option("band", mosaic_behind(wildcards).band),
        nodata=lambda wildcards: option("nodata", mosaic_behind(wildcards).nodata),
        body=region_body,
    shell:
        f"{in_package}python -m crater_pipeline.steps.download"
        " {params.url}"
        " {params.size}"
        " {params.citation}"
        " {params.licence}"
        " --output={output:q}"
        " --bounds={params.bounds}"
        " --margin-deg={params.margin}"
        " {params.band}"
        " {params.nodata}"
        " --body={params.body:q}"
        " 2>&1 | tee {log:q}"


rule download_mosaic:
    input:
        code=code("download_mosaic"),
    output:
        # update: not deleted beforehand, so that the step can keep a file that has the right checksum
        update("results/downloads/{mosaic}{suffix}"),
    log:
        "results/logs/download_mosaic/{mosaic}{suffix}.log",
    benchmark:
        "results/benchmarks/download_mosaic/{mosaic}{suffix}.tsv"
    conda:
        "../../envs/crater_pipeline.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        url=lambda wildcards: repeated(
            "url", configuration.mosaics[wildcards.mosaic].urls
        ),
        size=lambda wildcards: option(
            "size-bytes", configuration.mosaics[wildcards.mosaic].size_bytes
        ),
        citation=lambda wildcards: option(
            "citation", configuration.mosaics[wildcards.mosaic].citation
        ),
        licence=lambda wildcards: option(
            "licence", configuration.mosaics[wildcards.mosaic].licence
        ),
        sha256=lambda wildcards: configuration.mosaics[wildcards.mosaic].sha256,
    shell:
        f"{in_package}python -m crater_pipeline.steps.download_mosaic"
        " {params.url}"
        " {params.size}"
        " {params.citation}"
        " {params.licence}"
        " --output={output:q}"
        " --sha256={params.sha256}"
        " 2>&1 | tee {log:q}"


rule reproject:
    input:
        mosaic=file_of_region("mosaic_file"),
        code=code("reproject"),
    output:
        "results/{region}/projected.tif",
    log:
        "results/{region}/logs/reproject.log",
    benchmark:
        "results/{region}/benchmarks/reproject.tsv"
    wildcard_constraints:
        region=MAPPED or "-",
    conda:
        "../../envs/crater_pipeline.yaml"
    threads: 8
    resources:
        mem_mb=2000,
        runtime=120,
    params:
        kind=of_region("kind"),
        bounds=of_region("bounds"),
        band=lambda wildcards: option("band", regions[wildcards.region].band),
        nodata=lambda wildcards: option("nodata", regions[wildcards.region].nodata),
        unit=lambda wildcards: option(
            "elevation-unit", regions[wildcards.region].elevation_unit
        ),
        zone=lambda wildcards: option("zone", regions[wildcards.region].zone),
        body=region_body,
        settings=settings("reprojection"),
    shell:
        f"{in_package}python -m crater_pipeline.steps.reproject"
        " --mosaic={input.mosaic:q}"
        " --output={output:q}"
        " --kind={params.kind}"
        " --bounds={params.bounds}"
        " {params.zone}"
        " {params.band}"
        " {params.nodata}"
        " {params.unit}"
        " --body={params.body:q}"
        " --settings={params.settings:q}"
        " --parts=results/{wildcards.region}/reproject.parts"
        " 2>&1 | tee {log:q}"


rule shade:
    input:
        elevation=file_of_region("ground_file"),
        code=code("shade"),
    output:
        "results/{region}/shaded.tif",
    log:
        "results/{region}/logs/shade.log",
    benchmark:
        "results/{region}/benchmarks/shade.tsv"
    wildcard_constraints:
        region=MAPPED or "-",
    conda:
        "../../envs/crater_pipeline.yaml"
    threads: 8
    resources:
        mem_mb=2000,
        runtime=120,
    params:
        body=region_body,
        settings=settings("shading"),
    shell:
        f"{in_package}python -m crater_pipeline.steps.shade"
        " --elevation={input.elevation:q}"
        " --output={output:q}"
        " --body={params.body:q}"
        " --settings={params.settings:q}"
        " --parts=results/{wildcards.region}/shade.parts"
        " 2>&1 | tee {log:q}"


rule footprint:
    input:
        image=file_of_region("image_file"),
        code=code("footprint"),
    output:
        "results/{region}/footprint.parquet",
    log:
        "results/{region}/logs/footprint.log",
    benchmark:
        "results/{region}/benchmarks/footprint.tsv"
    wildcard_constraints:
        region=MAPPED or "-",
    conda:
        "../../envs/crater_pipeline.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        bounds=of_region("area"),
        body=region_body,
        tiling=settings("tiling"),
        zone=lambda wildcards: (
            "" if regions[wildcards.region].zone is None else "--zone"
        ),
        split=lambda wildcards: option("split", split_of(wildcards)),
    shell:
        f"{in_package}python -m crater_pipeline.steps.footprint"
        " --image={input.image:q}"
        " --output={output:q}"
        " --bounds={params.bounds}"
        " --body={params.body:q}"
        " --tiling={params.tiling:q}"
        " {params.split}"
        " {params.zone}"
        " 2>&1 | tee {log:q}"


rule pool:
    input:
        footprint=of_region("zone_footprints"),
        code=code("pool"),
    output:
        "results/{region}/footprint.parquet",
    log:
        "results/{region}/logs/pool.log",
    benchmark:
        "results/{region}/benchmarks/pool.tsv"
    wildcard_constraints:
        region=ZONED or "-",
    conda:
        "../../envs/crater_pipeline.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        footprint=lambda wildcards, input: repeated("footprint", input.footprint),
        body=region_body,
    shell:
        f"{in_package}python -m crater_pipeline.steps.pool"
        " {params.footprint}"
        " --output={output:q}"
        " --body={params.body:q}"
        " 2>&1 | tee {log:q}"


rule overview:
    input:
        image=file_of_region("image_files"),
        code=code("overview"),
    output:
        "results/{region}/overview.tif",
    log:
        "results/{region}/logs/overview.log",
    benchmark:
        "results/{region}/benchmarks/overview.tsv"
    wildcard_constraints:
        region=ZONED or "-",
    conda:
        "../../envs/crater_pipeline.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        image=lambda wildcards, input: repeated("image", input.image),
        zone=lambda wildcards: repeated("zone", zones_of(wildcards)),
        bounds=of_region("bounds"),
        body=region_body,
    shell:
        f"{in_package}python -m crater_pipeline.steps.overview"
        " {params.image}"
        " {params.zone}"
        " --output={output:q}"
        " --bounds={params.bounds}"
        " --body={params.body:q}"
        " 2>&1 | tee {log:q}"


rule tile:
    input:
        image=file_of_region("image_file"),
        code=code("tile"),
    output:
        tiles="results/{region}/tiles/tiles.parquet",
        images=directory("results/{region}/tiles/images"),
    log:
        "results/{region}/logs/tile.log",
    benchmark:
        "results/{region}/benchmarks/tile.tsv"
    wildcard_constraints:
        region=MAPPED or "-",
    conda:
        "../../envs/crater_pipeline.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        bounds=of_region("area"),
        body=region_body,
        tiling=settings("tiling"),
        split=lambda wildcards: option("split", split_of(wildcards)),
    shell:
        f"{in_package}python -m crater_pipeline.steps.tile"
        " --image={input.image:q}"
        " --output-tiles={output.tiles:q}"
        " --output-images={output.images:q}"
        " --bounds={params.bounds}"
        " --body={params.body:q}"
        " --tiling={params.tiling:q}"
        " {params.split}"
        " 2>&1 | tee {log:q}"
