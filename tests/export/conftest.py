"""Exports shared by the tests of all formats."""

import pytest

from crater_pipeline.labels.catalogues import empty_catalogue
from tests.export.small_region import Exported, catalogue_of, craters_of, footprint_of, run_export


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """Six craters: matched, matched across the antimeridian, candidate, unverifiable, and two below the threshold."""
    craters = craters_of(
        [175.0, 179.99, 176.0, 177.0, 178.0, 175.1],
        [10.0, 12.0, 13.0, 14.0, 15.0, 10.0],
        [10.0, 20.0, 5.0, 1.5, 8.0, 11.0],
        [0.9, 0.8, 0.7, 0.65, 0.25, 0.1],
    )
    craters.attrs = {"weights_hash": "abc123"}
    catalogue = catalogue_of([175.01, -180.0, 178.0, -178.0, 160.0], [10, 12, 15, 11, 10], [10.5, 19.0, 8.0, 4.0, 9.0])
    footprint = footprint_of(
        {
            "train": [(-180, 8, -176, 17)],
            "test": [(172, 8, 180, 10.5), (172, 10.5, 180, 17)],
            "val": [(170, 8, 172, 17)],
        }
    )
    return run_export(tmp_path_factory.mktemp("export"), craters, catalogue, footprint)


@pytest.fixture(scope="session")
def exported_empty(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """Nothing found and no catalogue."""
    return run_export(
        tmp_path_factory.mktemp("empty"),
        craters_of([], [], [], []),
        empty_catalogue(),
        footprint_of({"test": [(0, 0, 2, 2)]}),
    )
