# Formats for those who ask. In: the published craters. Out: the same craters as GeoParquet (craters.parquet), made
# when that file is a target; everything else is written by the rule `export`.


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
        mem_mb=2000,
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
