import pytest

from crater_pipeline.reporting.published import PUBLISHED, Published


def test_every_printed_f1_disagrees_with_its_precision_and_recall() -> None:
    assert [round(row.harmonic_f1, 2) for row in PUBLISHED] == [75.33, 73.62, 74.10, 72.84]
    assert all(row.f1_disagrees for row in PUBLISHED)


@pytest.mark.parametrize(("printed", "disagrees"), [(75.33, False), (75.34, False), (75.36, True)])
def test_rounding_is_allowed_for(printed: float, disagrees: bool) -> None:
    assert Published("network", "region", 75.97, 74.71, printed, 80.0).f1_disagrees == disagrees
