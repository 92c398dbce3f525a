import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from crater_pipeline.evaluation.matching import (
    CRITERIA,
    candidate_pairs,
    greedy_assignment,
    offsets_km,
    optimal_assignment,
    optimal_matches,
    square_iou,
)
from crater_pipeline.sphere.craters import great_circle_km, unit_vectors
from tests.judged_region import MOON

KM_PER_DEG = np.pi / 180 * MOON.radius_km

PLACES = {"equator": (0.0, 0.0), "antimeridian": (180.0, 20.0), "mid-latitude": (-30.0, 50.0), "pole": (10.0, 89.99)}


def crowd(seed: int, n: int, place: tuple[float, float], spread_km: float = 12.0) -> pd.DataFrame:
    """Craters so near to one another that most have several possible partners."""
    rng = np.random.default_rng(seed)
    lon, lat = place
    angle, distance = rng.uniform(0, 2 * np.pi, n), spread_km * np.sqrt(rng.random(n)) / MOON.radius_km
    centre = unit_vectors([lon], [lat])[0]
    east = np.array([-np.sin(np.radians(lon)), np.cos(np.radians(lon)), 0.0])
    north = np.cross(centre, east)
    vectors = (
        np.cos(distance)[:, None] * centre
        + (np.sin(distance) * np.sin(angle))[:, None] * east
        + (np.sin(distance) * np.cos(angle))[:, None] * north
    )
    return pd.DataFrame(
        {
            "lon": np.degrees(np.arctan2(vectors[:, 1], vectors[:, 0])),
            "lat": np.degrees(np.arcsin(np.clip(vectors[:, 2], -1, 1))),
            "diameter_km": rng.uniform(1.0, 6.0, n),
            "score": rng.random(n).round(1),
        }
    )


def all_similarities(pred: pd.DataFrame, truth: pd.DataFrame, criterion: str) -> np.ndarray:
    """(n, m) similarity of every pair, without any index."""
    p, t = (index.ravel() for index in np.meshgrid(np.arange(len(pred)), np.arange(len(truth)), indexing="ij"))
    first, second = unit_vectors(pred["lon"], pred["lat"])[p], unit_vectors(truth["lon"], truth["lat"])[t]
    sizes = (table["diameter_km"].to_numpy() for table in (pred.iloc[p], truth.iloc[t]))
    similarity = CRITERIA[criterion].similarity(*offsets_km(first, second, MOON.radius_km), *sizes)
    return similarity.reshape(len(pred), len(truth))


seeds, sizes = st.integers(0, 10_000), st.integers(0, 14)
criteria, places = st.sampled_from(sorted(CRITERIA)), st.sampled_from(sorted(PLACES))


@settings(deadline=None, max_examples=150)
@given(seeds, sizes, sizes, criteria, places)
def test_optimal_matching_equals_a_dense_solver(seed: int, n: int, m: int, criterion: str, place: str) -> None:
    pred, truth = crowd(seed, n, PLACES[place]), crowd(seed + 1, m, PLACES[place])
    matches = optimal_matches(pred, truth, criterion, MOON)
    assert matches.shape[1] == 2
    assert len(set(matches[:, 0])) == len(set(matches[:, 1])) == len(matches)
    similarity = all_similarities(pred, truth, criterion)
    chosen = similarity[matches[:, 0], matches[:, 1]]
    assert (chosen >= 0).all()
    value = np.where(similarity >= 0, 100.0 + similarity, 0.0)
    rows, cols = linear_sum_assignment(value, maximize=True)
    assert (100.0 + chosen).sum() == pytest.approx(value[rows, cols].sum(), abs=1e-6)


@settings(deadline=None, max_examples=100)
@given(seeds, sizes, sizes, criteria, places)
def test_index_finds_every_pair(seed: int, n: int, m: int, criterion: str, place: str) -> None:
    pred, truth = crowd(seed, n, PLACES[place]), crowd(seed + 1, m, PLACES[place])
    pairs = candidate_pairs(pred, truth, criterion, MOON)
    expected = set(zip(*np.nonzero(all_similarities(pred, truth, criterion) >= 0), strict=True))
    assert set(zip(pairs.pred, pairs.truth, strict=True)) == expected
    assert len(pairs.pred) == len(expected)


@settings(deadline=None, max_examples=100)
@given(seeds, sizes, sizes, criteria)
def test_greedy_never_beats_optimal_and_order_does_not_matter(seed: int, n: int, m: int, criterion: str) -> None:
    pred, truth = crowd(seed, n, PLACES["equator"]), crowd(seed + 1, m, PLACES["equator"])
    optimal = optimal_matches(pred, truth, criterion, MOON)
    greedy = greedy_assignment(candidate_pairs(pred, truth, criterion, MOON), pred["score"].to_numpy())
    assert greedy.shape[1] == 2
    assert len(set(greedy[:, 0])) == len(set(greedy[:, 1])) == len(greedy)
    # A greedy matching is maximal, and so at least half as large as the largest.
    assert len(optimal) / 2 <= len(greedy) <= len(optimal)
    order = np.random.default_rng(seed).permutation(n)
    shuffled = optimal_matches(pred.iloc[order], truth, criterion, MOON)
    assert {(order[p], t) for p, t in shuffled} == {(p, t) for p, t in optimal}
    swapped = optimal_matches(truth, pred, criterion, MOON)
    assert {(p, t) for t, p in swapped} == {(p, t) for p, t in optimal}


@pytest.mark.parametrize("criterion", CRITERIA)
@pytest.mark.parametrize(("n", "m"), [(0, 0), (0, 3), (3, 0)])
def test_empty_sides(criterion: str, n: int, m: int) -> None:
    pred, truth = crowd(0, n, (0, 0)), crowd(1, m, (0, 0))
    pairs = candidate_pairs(pred, truth, criterion, MOON)
    for matches in (optimal_assignment(pairs), greedy_assignment(pairs, pred["score"].to_numpy())):
        assert matches.shape == (0, 2)
        assert matches.dtype.kind == "i"


def test_counted_truths_come_first() -> None:
    # Prediction 0 fits both truths, prediction 1 only truth 0. Two pairs are possible and stay chosen...
    pred = pd.DataFrame({"lon": [0.0, -0.01], "lat": [0.0, 0.0], "diameter_km": [2.0, 2.0]})
    truth = pd.DataFrame({"lon": [-0.005, 0.015], "lat": [0.0, 0.0], "diameter_km": [2.0, 2.0]})
    pairs = candidate_pairs(pred, truth, "iou50", MOON)
    assert {tuple(row) for row in optimal_assignment(pairs)} == {(0, 1), (1, 0)}
    # ...but alone, prediction 0 must go to the truth that counts, though the other is nearer.
    alone = pairs.where(pairs.pred == 0)
    assert optimal_assignment(alone).tolist() == [[0, 0]]
    assert optimal_assignment(alone, np.array([True, False])).tolist() == [[0, 1]]


def test_square_iou_of_known_squares() -> None:
    east, north = np.array([0.0, 1.0, 0.0, 5.0]), np.array([0.0, 0.0, 1.0, 0.0])
    iou = square_iou(east, north, np.array([2.0, 3.0, 4.0, 2.0]), np.array([2.0, 3.0, 2.0, 2.0]))
    assert iou == pytest.approx([1.0, 6 / 12, 4 / 16, 0.0])


@pytest.mark.parametrize("place", PLACES)
def test_offsets_have_the_great_circle_length_and_change_sign_when_swapped(place: str) -> None:
    table = crowd(3, 40, PLACES[place], spread_km=400.0)
    here, there = table[:20], table[20:]
    first, second = (unit_vectors(part["lon"], part["lat"]) for part in (here, there))
    east, north = offsets_km(first, second, MOON.radius_km)
    expected = great_circle_km(here["lon"], here["lat"], there["lon"].to_numpy(), there["lat"].to_numpy(), MOON)
    assert np.hypot(east, north) == pytest.approx(expected, rel=1e-9)
    back = offsets_km(second, first, MOON.radius_km)
    assert back[0] == pytest.approx(-east)
    assert back[1] == pytest.approx(-north)


def test_offsets_point_east_and_north() -> None:
    east, north = offsets_km(unit_vectors([10, 10], [40, 40]), unit_vectors([10.1, 10], [40, 40.1]), MOON.radius_km)
    assert east == pytest.approx([0.1 * KM_PER_DEG * np.cos(np.radians(40)), 0.0], rel=1e-5, abs=1e-9)
    assert north == pytest.approx([0.0, 0.1 * KM_PER_DEG], abs=1e-6)


def test_offsets_at_the_pole_and_of_one_point() -> None:
    pole = unit_vectors([0.0, 33.0], [90.0, 12.0])
    east, north = offsets_km(pole, pole, MOON.radius_km)
    assert east.tolist() == [0.0, 0.0]
    assert north.tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("criterion", "shift", "ratio", "matches"),
    [
        # iou50: equal squares match up to a third of the side; concentric ones down to sqrt(1/2).
        ("iou50", 0.33, 1.0, True),
        ("iou50", 0.34, 1.0, False),
        ("iou50", 0.0, 0.71, True),
        ("iou50", 0.0, 0.70, False),
        # deepmoon: d^2 / min(r)^2 < 1.8 is d < 0.6708 D; radii less than a factor of 2 apart.
        ("deepmoon", 0.670, 1.0, True),
        ("deepmoon", 0.672, 1.0, False),
        ("deepmoon", 0.0, 0.501, True),
        ("deepmoon", 0.0, 0.499, False),
        # strict: d < 0.31 r is 0.155 D; radii within 14 %.
        ("strict", 0.154, 1.0, True),
        ("strict", 0.156, 1.0, False),
        ("strict", 0.0, 1.139, True),
        ("strict", 0.0, 1.141, False),
    ],
)
@pytest.mark.parametrize("lon", [0.0, 179.999])
def test_criteria_at_their_limits(criterion: str, shift: float, ratio: float, matches: bool, lon: float) -> None:
    diameter = 3.0
    # The shift is along the equator: east, one axis of the squares.
    pred = pd.DataFrame({"lon": [lon + shift * diameter / KM_PER_DEG], "lat": [0.0], "diameter_km": [diameter * ratio]})
    pred["lon"] = (pred["lon"] + 180) % 360 - 180
    truth = pd.DataFrame({"lon": [lon], "lat": [0.0], "diameter_km": [diameter]})
    assert len(optimal_matches(pred, truth, criterion, MOON)) == int(matches)
