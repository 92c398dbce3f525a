"""Bodies known by name."""

import pytest

from crater_pipeline.errors import UserError
from crater_pipeline.sphere.bodies import MOON, Body, known_body


@pytest.mark.parametrize(
    ("name", "radius_m", "code"),
    [
        ("moon", 1_737_400, "30100"),
        ("Mars", 3_396_190, "49900"),
        ("MERCURY", 2_440_530, "19900"),
        (" ceres", 487_300, None),
    ],
)
def test_a_body_is_known_in_any_case_with_its_registered_system(name: str, radius_m: float, code: str | None) -> None:
    body = known_body(name)
    assert (body.name, body.radius_m) == (name.strip().lower(), radius_m)
    authority = body.geographic_crs.to_authority(min_confidence=100)
    assert authority is not None
    assert authority[0] == "IAU_2015"
    assert code in (None, authority[1])
    assert body.crs_text == ":".join(authority)


def test_the_moon_is_the_moon() -> None:
    assert known_body("Moon") == MOON


def test_another_radius_has_a_system_of_its_own() -> None:
    body = Body(name="moon", radius_m=1_737_151.3)
    assert body.geographic_crs.to_authority(min_confidence=100) is None
    body.check_crs(body.geographic_crs, "x")
    assert body.crs_text == "+proj=longlat +R=1737151.3 +no_defs"


def test_an_unknown_name_is_told_to_be_given_as_json() -> None:
    with pytest.raises(UserError, match=r"'tatooine'.*radius_m"):
        known_body("tatooine")
