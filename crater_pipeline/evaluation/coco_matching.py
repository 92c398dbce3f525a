"""COCO's matching of detections and annotations of a tile, in a fraction of the time that pycocotools takes.

pycocotools compares each detection with each annotation, in Python, at each threshold. Of the hundreds of each in a
tile next to no pair overlaps: here only those that do are looked at. The outcome is the same, number by number.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools.cocoeval import COCOeval

MOST_IOU = 1 - 1e-10
"""COCO's guard against rounding where the threshold is 1."""


class SparseCOCOeval(COCOeval):  # type: ignore[misc]  # pycocotools has no types
    """`COCOeval` for one category and no crowds."""

    def evaluateImg(self, imgId: int, catId: int, aRng: list[float], maxDet: int) -> dict[str, Any] | None:  # noqa: N802, N803
        """Matches of one tile: what `accumulate` reads of them."""
        truth = self._gts[imgId, catId]
        # a stable sort, as COCO's: equal scores stay in their order
        found = sorted(self._dts[imgId, catId], key=lambda each: -each["score"])[:maxDet]
        if not truth and not found:
            return None

        def outside(rows: list[dict[str, Any]]) -> NDArray[np.bool_]:
            return np.array([not aRng[0] <= each["area"] <= aRng[1] for each in rows], dtype=bool)

        ignored = outside(truth)
        # COCO computes overlaps of the sorted detections with the annotations as they are.
        overlaps = np.reshape(self.ious[imgId, catId], (len(found), len(truth)))
        thresholds = self.params.iouThrs
        partner = np.full((len(thresholds), len(found)), -1)
        for row, threshold in zip(partner, thresholds, strict=True):
            _match(row, overlaps, ignored, min(threshold, MOST_IOU))
        matched = partner >= 0
        with_ignored = matched & np.append(ignored, False)[partner]
        return {
            "image_id": imgId,
            "category_id": catId,
            "aRng": aRng,
            "maxDet": maxDet,
            "dtScores": [each["score"] for each in found],
            "dtMatches": matched,
            "dtIgnore": with_ignored | (~matched & outside(found)),
            "gtIgnore": ignored,
        }


def _match(
    partner: NDArray[np.int64], overlaps: NDArray[np.float64], ignored: NDArray[np.bool_], threshold: float
) -> None:
    """Fill in each detection's annotation: the free one that it overlaps most, an ignored one only failing others.

    Of equal overlaps the last counts, as in COCO.
    """
    rows, columns = np.nonzero(overlaps >= threshold)
    taken: set[int] = set()
    for row in np.unique(rows):
        free = [column for column in columns[rows == row].tolist() if column not in taken]
        if free:
            best = max(free, key=lambda column: (not ignored[column], overlaps[row, column], column))
            partner[row] = best
            taken.add(best)
