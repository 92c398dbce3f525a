import numpy as np
import pandas as pd

from crater_pipeline.reporting.gallery import COUNT, kinds


def matches() -> pd.DataFrame:
    """Forty found with rising scores and falling errors, thirty missed, twenty unmatched."""
    outcome = np.repeat(["true_positive", "false_negative", "false_positive"], [40, 30, 20])
    rank = np.arange(90)
    return pd.DataFrame(
        {
            "outcome": outcome,
            "catalogue_id": [f"T{i}" for i in rank],
            "score": np.where(outcome == "false_negative", np.nan, rank / 90),
            "centre_error": np.where(rank < 20, 0.4 - rank / 100, 0.01),
            "diameter_error": np.where(rank == 39, -0.9, 0.01),
        }
    )


def test_every_kind_shows_what_it_says() -> None:
    shown = {title: table for title, _, table in kinds(matches(), {"T3", "T50"})}
    assert all(len(table) <= COUNT for table in shown.values())
    assert shown["Surest"].index.tolist() == list(range(39, 27, -1))
    assert shown["Barely found"].index.tolist() == list(range(12))
    assert shown["Largest errors"].index.tolist()[:3] == [39, 0, 1]
    assert set(shown["Missed"]["outcome"]) == {"false_negative"}
    assert shown["Invented, or not in the catalogue"]["score"].min() > 0.75
    assert sorted(shown["Nested"]["catalogue_id"]) == ["T3", "T50"]
    again = {title: table for title, _, table in kinds(matches(), {"T3", "T50"})}
    assert all(table.equals(again[title]) for title, table in shown.items())
