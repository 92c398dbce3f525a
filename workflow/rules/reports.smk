# Reports. In: merged craters, the catalogue and the searched area. Out: the operating point (chosen on the validation
# part), every figure of merit on the test part (metrics.json) and the page that shows them (report.html).


rule calibrate:
    input:
        craters="results/{region}/merged.parquet",
        catalogue="results/{region}/catalogue.parquet",
        footprint="results/{region}/footprint.parquet",
        metadata="results/{region}/weights.json",
        initial_operating_point=file_of_region("initial_operating_point"),
        code=code("calibrate"),
    output:
        "results/{region}/operating_point.json",
    log:
        "results/{region}/logs/calibrate.log",
    benchmark:
        "results/{region}/benchmarks/calibrate.tsv"
    conda:
        "../../envs/crater_pipeline.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
    params:
        initial_operating_point=lambda wildcards, input: option(
            "initial-operating-point", input.initial_operating_point
        ),
        trained=flag("trained"),
        suns=of_region("suns"),
        min_diameter_km=setting("evaluation", "min_diameter_km"),
        max_cut_fraction=setting("evaluation", "max_cut_fraction"),
        body=region_body,
    shell:
        f"{in_package}python -m crater_pipeline.steps.calibrate"
        " --craters={input.craters:q}"
        " --catalogue={input.catalogue:q}"
        " --footprint={input.footprint:q}"
        " --metadata={input.metadata:q}"
        " {params.initial_operating_point}"
        " --output={output:q}"
        " {params.trained}"
        " --suns={params.suns}"
        " --min-diameter-km={params.min_diameter_km}"
        " --max-cut-fraction={params.max_cut_fraction}"
        " --body={params.body:q}"
        " 2>&1 | tee {log:q}"


rule evaluate:
    input:
        craters="results/{region}/craters_all.parquet",
        operating_point="results/{region}/operating_point.json",
        catalogue="results/{region}/catalogue.parquet",
        footprint="results/{region}/footprint.parquet",
        detections=file_of_region("detections_file"),
        annotations=file_of_region("annotations_file"),
        photograph=file_of_region("photograph_files"),
        depths=file_of_region("depths_file"),
        witnesses=file_of_region("witness_files"),
        code=code("evaluate"),
    output:
        metrics=report(
            "results/{region}/metrics.json",
            caption="../report/metrics.rst",
            category="{region}",
            labels={"result": "Every figure (JSON)"},
        ),
        matches="results/{region}/matches.parquet",
    log:
        "results/{region}/logs/evaluate.log",
    benchmark:
        "results/{region}/benchmarks/evaluate.tsv"
    conda:
        "../../envs/crater_pipeline.yaml"
    threads: 1
    resources:
        mem_mb=memory(3000),
        runtime=240,
    params:
        annotations=lambda wildcards, input: option("annotations", input.annotations),
        detections=lambda wildcards, input: option("detections", input.detections),
        photograph=lambda wildcards, input: repeated("photograph", input.photograph),
        depths=lambda wildcards, input: option("depths", input.depths),
        witness=lambda wildcards: repeated(
            "witness", regions[wildcards.region].witnesses
        ),
        witness_table=lambda wildcards, input: repeated(
            "witness-table", input.witnesses
        ),
        body=region_body,
        settings=settings("evaluation"),
    shell:
        f"{in_package}python -m crater_pipeline.steps.evaluate"
        " --region={wildcards.region}"
        " --craters={input.craters:q}"
        " --operating-point={input.operating_point:q}"
        " --catalogue={input.catalogue:q}"
        " --footprint={input.footprint:q}"
        " {params.detections}"
        " {params.annotations}"
        " {params.photograph}"
        " {params.depths}"
        " {params.witness}"
        " {params.witness_table}"
        " --output={output.metrics:q}"
        " --output-matches={output.matches:q}"
        " --body={params.body:q}"
        " --settings={params.settings:q}"
        " 2>&1 | tee {log:q}"


rule date_surface:
    input:
        craters="results/{region}/craters_all.parquet",
        operating_point="results/{region}/operating_point.json",
        catalogue="results/{region}/catalogue.parquet",
        footprint="results/{region}/footprint.parquet",
        code=code("date_surface"),
    output:
        "results/{region}/ages.json",
    log:
        "results/{region}/logs/date_surface.log",
    benchmark:
        "results/{region}/benchmarks/date_surface.tsv"
    conda:
        "../../envs/crater_pipeline.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
    params:
        least=setting("evaluation", "min_diameter_km"),
        body=region_body,
        settings=settings("dating"),
    shell:
        f"{in_package}python -m crater_pipeline.steps.date_surface"
        " --craters={input.craters:q}"
        " --operating-point={input.operating_point:q}"
        " --catalogue={input.catalogue:q}"
        " --footprint={input.footprint:q}"
        " --output={output:q}"
        " --min-diameter-km={params.least}"
        " --body={params.body:q}"
        " --settings={params.settings:q}"
        " 2>&1 | tee {log:q}"


rule heatmaps:
    input:
        image=file_of_region("image_files"),
        elevation=file_of_region("elevation_files"),
        weights=file_of_region("network_files"),
        metadata="results/{region}/weights.json",
        craters="results/{region}/merged.parquet",
        catalogue="results/{region}/catalogue.parquet",
        footprint="results/{region}/footprint.parquet",
        code=code("heatmaps"),
    output:
        "results/{region}/heatmaps.json",
    log:
        "results/{region}/logs/heatmaps.log",
    benchmark:
        "results/{region}/benchmarks/heatmaps.tsv"
    conda:
        "../../envs/crater_pipeline.yaml"
    threads: 1
    resources:
        mem_mb=memory(3000),
    params:
        body=region_body,
        settings=settings("inference"),
        image=lambda wildcards, input: repeated("image", input.image),
        elevation=lambda wildcards, input: repeated("elevation", input.elevation),
        shading=shading_of,
        weights=lambda wildcards, input: option("weights", input.weights),
    shell:
        f"{in_package}python -m crater_pipeline.steps.heatmaps"
        " {params.image}"
        " {params.elevation}"
        " {params.weights}"
        " --metadata={input.metadata:q}"
        " --craters={input.craters:q}"
        " --catalogue={input.catalogue:q}"
        " --footprint={input.footprint:q}"
        " --output={output:q}"
        " --body={params.body:q}"
        " --settings={params.settings:q}"
        " {params.shading}"
        " 2>&1 | tee {log:q}"


rule report:
    input:
        metrics="results/{region}/metrics.json",
        matches="results/{region}/matches.parquet",
        craters="results/{region}/craters_all.parquet",
        catalogue="results/{region}/catalogue.parquet",
        footprint="results/{region}/footprint.parquet",
        operating_point="results/{region}/operating_point.json",
        image=file_of_region("image_files"),
        overview=file_of_region("overview_file"),
        metadata="results/{region}/weights.json",
        heatmaps="results/{region}/heatmaps.json",
        depths=file_of_region("depths_file"),
        ages=file_of_region("ages_file"),
        code=code("report"),
    output:
        report(
            "results/{region}/report.html",
            caption="../report/report.rst",
            category="{region}",
            labels={"result": "Report"},
        ),
    log:
        "results/{region}/logs/report.log",
    benchmark:
        "results/{region}/benchmarks/report.tsv"
    conda:
        "../../envs/crater_pipeline.yaml"
    threads: 1
    resources:
        mem_mb=memory(3000),
    params:
        title=of_region("title"),
        image=lambda wildcards, input: repeated("image", input.image),
        overview=lambda wildcards, input: option("overview", input.overview),
        body=region_body,
        ages=lambda wildcards, input: option("ages", input.ages),
        depths=lambda wildcards, input: option("depths", input.depths),
    shell:
        f"{in_package}python -m crater_pipeline.steps.report"
        " --metrics={input.metrics:q}"
        " --matches={input.matches:q}"
        " --craters={input.craters:q}"
        " --catalogue={input.catalogue:q}"
        " --footprint={input.footprint:q}"
        " --operating-point={input.operating_point:q}"
        " {params.image}"
        " {params.overview}"
        " --metadata={input.metadata:q}"
        " --heatmaps={input.heatmaps:q}"
        " {params.ages}"
        " {params.depths}"
        " --output={output:q}"
        " --title={params.title:q}"
        " --body={params.body:q}"
        " 2>&1 | tee {log:q}"


rule summarise:
    input:
        metrics=lambda wildcards: finished("metrics.json"),
        pages=lambda wildcards: finished("report.html"),
        comparisons=lambda wildcards: finished_comparisons("metrics.json"),
        code=code("summarise"),
    output:
        report(
            "results/summary.html",
            caption="../report/summary.rst",
            category="summary",
            labels={"result": "All regions"},
        ),
    log:
        "results/logs/summarise/all.log",
    benchmark:
        "results/benchmarks/summarise/all.tsv"
    conda:
        "../../envs/crater_pipeline.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        regions=lambda wildcards, input: repeated("region", input.metrics),
        titles=lambda wildcards: repeated(
            "title", [regions[name].title for name in finished_regions()]
        ),
        comparisons=lambda wildcards, input: repeated("comparison", input.comparisons),
    shell:
        f"{in_package}python -m crater_pipeline.steps.summarise"
        " {params.regions}"
        " {params.titles}"
        " {params.comparisons}"
        " --output={output:q}"
        " 2>&1 | tee {log:q}"
