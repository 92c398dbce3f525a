# Detection. In: the region's raster and weights. Out: detections in tiles (detections.parquet), as circles on the
# sphere (georeferenced.parquet), both zone by zone where there are zones, each once (merged.parquet), with calibrated
# scores and status (craters_all.parquet), depths where there is a terrain model (depths.parquet), and
# the files for users: craters.gpkg, shapefiles and the CraterStats files.


rule detect:
    input:
        image=file_of_region("image_file"),
        elevation=file_of_region("elevation_file"),
        weights=file_of_region("network_files"),
        metadata=file_of_region("metadata_file"),
        code=code("detect"),
    output:
        "results/{region}/detections.parquet",
    log:
        "results/{region}/logs/detect.log",
    benchmark:
        "results/{region}/benchmarks/detect.tsv"
    wildcard_constraints:
        region="|".join(n for n in NETWORKS.split("|") if n in MAPPED.split("|")) or "-",
    conda:
        "../../envs/crater_pipeline.yaml"
    threads: 8
    resources:
        mem_mb=6000,
        gpu=1,
        runtime=240,
    params:
        bounds=of_region("bounds"),
        zone=lambda wildcards: option("zone", regions[wildcards.region].zone),
        body=region_body,
        tiling=settings("tiling"),
        settings=settings("inference"),
        elevation=lambda wildcards: option(
            "elevation", regions[wildcards.region].elevation_file
        ),
        shading=shading_of,
    shell:
        f"{in_package}python -m crater_pipeline.steps.detect"
        " --image={input.image:q}"
        " {params.elevation}"
        " --weights={input.weights:q}"
        " --metadata={input.metadata:q}"
        " --output={output:q}"
        " --bounds={params.bounds}"
        " {params.zone}"
        " --body={params.body:q}"
        " --tiling={params.tiling:q}"
        " --settings={params.settings:q}"
        " --parts=results/{wildcards.region}/detect.parts"
        " {params.shading}"
        " 2>&1 | tee {log:q}"


rule georeference:
    input:
        detections="results/{region}/detections.parquet",
        image=file_of_region("image_file"),
        code=code("georeference"),
    output:
        "results/{region}/georeferenced.parquet",
    log:
        "results/{region}/logs/georeference.log",
    benchmark:
        "results/{region}/benchmarks/georeference.tsv"
    wildcard_constraints:
        region=MAPPED or "-",
    conda:
        "../../envs/crater_pipeline.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        body=region_body,
    shell:
        f"{in_package}python -m crater_pipeline.steps.georeference"
        " --detections={input.detections:q}"
        " --image={input.image:q}"
        " --output={output:q}"
        " --body={params.body:q}"
        " 2>&1 | tee {log:q}"


rule merge:
    input:
        craters=of_region("georeferenced_files"),
        footprint="results/{region}/footprint.parquet",
        code=code("merge"),
    output:
        "results/{region}/merged.parquet",
    log:
        "results/{region}/logs/merge.log",
    benchmark:
        "results/{region}/benchmarks/merge.tsv"
    conda:
        "../../envs/crater_pipeline.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
    params:
        craters=lambda wildcards, input: repeated("craters", input.craters),
        zone=lambda wildcards: repeated("zone", zones_of(wildcards)),
        body=region_body,
        settings=settings("merging"),
    shell:
        f"{in_package}python -m crater_pipeline.steps.merge"
        " {params.craters}"
        " {params.zone}"
        " --footprint={input.footprint:q}"
        " --output={output:q}"
        " --body={params.body:q}"
        " --settings={params.settings:q}"
        " 2>&1 | tee {log:q}"


rule publish:
    input:
        craters="results/{region}/merged.parquet",
        operating_point="results/{region}/operating_point.json",
        catalogue="results/{region}/catalogue.parquet",
        code=code("publish"),
    output:
        "results/{region}/craters_all.parquet",
    log:
        "results/{region}/logs/publish.log",
    benchmark:
        "results/{region}/benchmarks/publish.tsv"
    conda:
        "../../envs/crater_pipeline.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
    params:
        min_diameter_km=of_region("complete_km"),
        body=region_body,
    shell:
        f"{in_package}python -m crater_pipeline.steps.publish"
        " --craters={input.craters:q}"
        " --operating-point={input.operating_point:q}"
        " --catalogue={input.catalogue:q}"
        " --output={output:q}"
        " --min-diameter-km={params.min_diameter_km}"
        " --body={params.body:q}"
        " 2>&1 | tee {log:q}"


rule measure_depth:
    input:
        craters="results/{region}/craters_all.parquet",
        operating_point="results/{region}/operating_point.json",
        terrain=lambda wildcards: checked(wildcards.region).terrain.file,
        code=code("measure_depth"),
    output:
        "results/{region}/depths.parquet",
    log:
        "results/{region}/logs/measure_depth.log",
    benchmark:
        "results/{region}/benchmarks/measure_depth.tsv"
    wildcard_constraints:
        region=TERRAIN or "-",
    conda:
        "../../envs/crater_pipeline.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        bounds=of_region("bounds"),
        band=lambda wildcards: option("band", regions[wildcards.region].terrain.band),
        nodata=lambda wildcards: option(
            "nodata", regions[wildcards.region].terrain.nodata
        ),
        unit=lambda wildcards: option(
            "elevation-unit", regions[wildcards.region].terrain.unit
        ),
        body=region_body,
        settings=settings("depth"),
    shell:
        f"{in_package}python -m crater_pipeline.steps.measure_depth"
        " --craters={input.craters:q}"
        " --operating-point={input.operating_point:q}"
        " --terrain={input.terrain:q}"
        " --output={output:q}"
        " --bounds={params.bounds}"
        " {params.band}"
        " {params.nodata}"
        " {params.unit}"
        " --body={params.body:q}"
        " --settings={params.settings:q}"
        " 2>&1 | tee {log:q}"


rule export:
    input:
        craters="results/{region}/craters_all.parquet",
        depths=file_of_region("depths_file"),
        operating_point="results/{region}/operating_point.json",
        catalogue="results/{region}/catalogue.parquet",
        footprint="results/{region}/footprint.parquet",
        image=file_of_region("shown_file"),
        code=code("export"),
    output:
        # update: not deleted beforehand, so that the step can keep a file that was edited in the meantime
        geopackage=report(
            update("results/{region}/craters.gpkg"),
            caption="../report/craters.rst",
            category="{region}",
            labels={"result": "Craters (GeoPackage)"},
        ),
        project=update("results/{region}/craters.qgz"),
        csv="results/{region}/craters.csv",
        shapefile=multiext(
            "results/{region}/craters", ".shp", ".shx", ".dbf", ".prj", ".cpg"
        ),
        craterstats_shapefile=multiext(
            "results/{region}/{region}_CRATER", ".shp", ".shx", ".dbf", ".prj", ".cpg"
        ),
        area_shapefile=multiext(
            "results/{region}/{region}_AREA", ".shp", ".shx", ".dbf", ".prj", ".cpg"
        ),
        diam="results/{region}/{region}.diam",
        scc="results/{region}/{region}.scc",
    log:
        "results/{region}/logs/export.log",
    benchmark:
        "results/{region}/benchmarks/export.tsv"
    conda:
        "../../envs/crater_pipeline.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
    params:
        depths=lambda wildcards, input: option("depths", input.depths),
        provenance=lambda wildcards: json.dumps(regions[wildcards.region].provenance),
        body=region_body,
    shell:
        f"{in_package}python -m crater_pipeline.steps.export"
        " --region={wildcards.region}"
        " --craters={input.craters:q}"
        " {params.depths}"
        " --operating-point={input.operating_point:q}"
        " --catalogue={input.catalogue:q}"
        " --footprint={input.footprint:q}"
        " --image={input.image:q}"
        " --output-geopackage={output.geopackage:q}"
        " --output-project={output.project:q}"
        " --output-csv={output.csv:q}"
        " --output-shapefile={output.shapefile[0]:q}"
        " --output-craterstats-shapefile={output.craterstats_shapefile[0]:q}"
        " --output-area-shapefile={output.area_shapefile[0]:q}"
        " --output-diam={output.diam:q}"
        " --output-scc={output.scc:q}"
        " --provenance={params.provenance:q}"
        " --body={params.body:q}"
        " 2>&1 | tee {log:q}"
