# Comparisons. In: the craters of all regions that a comparison's entries pool. Out: results/comparisons/<name>/, figures,
# one page and one table that show the entries side by side.


rule compare:
    input:
        craters=files_compared("craters_all.parquet"),
        operating_point=files_compared("operating_point.json"),
        catalogue=files_compared("catalogue.parquet"),
        footprint=files_compared("footprint.parquet"),
        metadata=files_compared("weights.json"),
        heatmaps=files_compared("heatmaps.json"),
        image=lambda wildcards: [
            file
            for name in comparison_plan(wildcards).regions
            for file in regions[name].image_files
        ],
        code=code("compare"),
    output:
        metrics="results/comparisons/{comparison}/metrics.json",
        table="results/comparisons/{comparison}/table.md",
        page=report(
            "results/comparisons/{comparison}/report.html",
            caption="../report/comparison.rst",
            category="comparisons",
            labels={"result": "{comparison}"},
        ),
    log:
        "results/comparisons/{comparison}/logs/compare.log",
    benchmark:
        "results/comparisons/{comparison}/benchmarks/compare.tsv"
    conda:
        "../../envs/crater_pipeline.yaml"
    threads: 1
    resources:
        mem_mb=4000,
    params:
        region=lambda wildcards: repeated("region", comparison_plan(wildcards).regions),
        craters=lambda wildcards, input: repeated("craters", input.craters),
        operating_point=lambda wildcards, input: repeated(
            "operating-point", input.operating_point
        ),
        catalogue=lambda wildcards, input: repeated("catalogue", input.catalogue),
        footprint=lambda wildcards, input: repeated("footprint", input.footprint),
        metadata=lambda wildcards, input: repeated("metadata", input.metadata),
        heatmaps=lambda wildcards, input: repeated("heatmaps", input.heatmaps),
        entry=lambda wildcards: repeated("entry", comparison_plan(wildcards).pooled),
        title=lambda wildcards: comparison_plan(wildcards).title,
        body=lambda wildcards: comparison_plan(wildcards).body.model_dump_json(),
        settings=lambda wildcards: comparison_plan(
            wildcards
        ).evaluation.model_dump_json(),
    shell:
        f"{in_package}python -m crater_pipeline.steps.compare"
        " {params.region}"
        " {params.craters}"
        " {params.operating_point}"
        " {params.catalogue}"
        " {params.footprint}"
        " {params.metadata}"
        " {params.heatmaps}"
        " {params.entry}"
        " --output={output.metrics:q}"
        " --output-report={output.page:q}"
        " --output-table={output.table:q}"
        " --title={params.title:q}"
        " --body={params.body:q}"
        " --settings={params.settings:q}"
        " 2>&1 | tee {log:q}"
