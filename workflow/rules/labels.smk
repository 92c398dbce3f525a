# Labels. In: a crater catalogue and the tiles. Out: the region's catalogue craters (catalogue.parquet), a COCO data
# set (tiles/annotations.json) and the centre heatmap as a raster (labels.tif).


rule download_catalogue:
    input:
        code=code("download_catalogue"),
    output:
        # update: not deleted beforehand, so that the step can keep what the server still has
        update("results/catalogues/{catalogue}{suffix}"),
    log:
        "results/logs/download_catalogue/{catalogue}{suffix}.log",
    benchmark:
        "results/benchmarks/download_catalogue/{catalogue}{suffix}.tsv"
    conda:
        "../../envs/crater_pipeline.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        url=lambda wildcards: repeated(
            "url", configuration.catalogues[wildcards.catalogue].urls
        ),
        size=lambda wildcards: option(
            "size-bytes", configuration.catalogues[wildcards.catalogue].size_bytes
        ),
        citation=lambda wildcards: option(
            "citation", configuration.catalogues[wildcards.catalogue].citation
        ),
        licence=lambda wildcards: option(
            "licence", configuration.catalogues[wildcards.catalogue].licence
        ),
        checksum=lambda wildcards: option(
            "sha256", configuration.catalogues[wildcards.catalogue].sha256
        ),
    shell:
        f"{in_package}python -m crater_pipeline.steps.download_catalogue"
        " {params.url}"
        " {params.size}"
        " {params.citation}"
        " {params.licence}"
        " --output={output:q}"
        " {params.checksum}"
        " 2>&1 | tee {log:q}"


# A region's own catalogue, and others as witnesses.
rule read_catalogue:
    input:
        catalogue=lambda wildcards: checked(wildcards.region).file_of_table(
            wildcards.witness
        )
        or [],
        code=code("read_catalogue"),
    output:
        "results/{region}/catalogue{witness}.parquet",
    log:
        "results/{region}/logs/read_catalogue{witness}.log",
    benchmark:
        "results/{region}/benchmarks/read_catalogue{witness}.tsv"
    wildcard_constraints:
        witness="|_[a-z0-9_]+",
    conda:
        "../../envs/crater_pipeline.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
    params:
        catalogue=lambda wildcards, input: option("catalogue", input.catalogue),
        format=lambda wildcards: option(
            "format", regions[wildcards.region].format_of_table(wildcards.witness)
        ),
        name=lambda wildcards: option(
            "name", regions[wildcards.region].name_of_table(wildcards.witness)
        ),
        bounds=of_region("bounds"),
        body=region_body,
    shell:
        f"{in_package}python -m crater_pipeline.steps.read_catalogue"
        " {params.catalogue}"
        " --output={output:q}"
        " {params.format}"
        " {params.name}"
        " --bounds={params.bounds}"
        " --body={params.body:q}"
        " 2>&1 | tee {log:q}"


rule label:
    input:
        image=file_of_region("image_file"),
        tiles="results/{region}/tiles/tiles.parquet",
        catalogue="results/{region}/catalogue.parquet",
        elevation=file_of_region("elevation_file"),
        code=code("label"),
    output:
        annotations="results/{region}/tiles/annotations.json",
        heatmap="results/{region}/labels.tif",
    log:
        "results/{region}/logs/label.log",
    benchmark:
        "results/{region}/benchmarks/label.tsv"
    wildcard_constraints:
        region=MAPPED or "-",
    conda:
        "../../envs/crater_pipeline.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        elevation=lambda wildcards, input: option("elevation", input.elevation),
        body=region_body,
        settings=settings("labels"),
    shell:
        f"{in_package}python -m crater_pipeline.steps.label"
        " --image={input.image:q}"
        " --tiles={input.tiles:q}"
        " --catalogue={input.catalogue:q}"
        " {params.elevation}"
        " --output-annotations={output.annotations:q}"
        " --output-heatmap={output.heatmap:q}"
        " --body={params.body:q}"
        " --settings={params.settings:q}"
        " 2>&1 | tee {log:q}"
