"""How far centre and diameter of a crater may be off: a model fitted to the errors of craters that are known.

The coefficients of `ErrorModel` are fitted by a median regression, which some bad matches do not disturb: for
errors that are normal with deviation sigma, the median of their square is a known multiple of sigma^2, and a median
regression whose terms are linear in the coefficients is a linear programme (Koenker & Bassett 1978, Econometrica 46).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_matrix, hstack, identity

from crater_pipeline.models.scores import ErrorModel, Uncertainty, error_terms

FloatArray = NDArray[np.float64]

MIN_PAIRS = 20
"""Fewer known craters do not tell how errors depend on anything."""

MEDIAN_SQUARE_1D = 0.4549364231195724
"""Median of chi-squared with one degree of freedom: of a normal error's square, in sigma^2."""

MEDIAN_SQUARE_2D = 2 * np.log(2.0)
"""The same with two degrees of freedom: of a distance's square, whose sigma is that along each axis."""


def fit(
    centre_error_px: ArrayLike, diameter_error_px: ArrayLike, diameter_px: ArrayLike, score: ArrayLike
) -> Uncertainty | None:
    """Coefficients for centre and diameter from n known craters, arrays of shape (n,); None if n is too small.

    `centre_error_px` is the distance between the centres, `diameter_error_px` the difference of the diameters (its
    sign does not matter, and a constant part of it counts as error), `score` the network's own.
    """
    terms = error_terms(diameter_px, score)
    if len(terms) < MIN_PAIRS:
        return None
    centre, diameter = np.asarray(centre_error_px, dtype=float), np.asarray(diameter_error_px, dtype=float)
    return Uncertainty(
        centre=_coefficients(centre**2 / MEDIAN_SQUARE_2D, terms),
        diameter=_coefficients(diameter**2 / MEDIAN_SQUARE_1D, terms),
        n=len(terms),
    )


def _coefficients(square: FloatArray, terms: FloatArray) -> ErrorModel:
    """Coefficients >= 0 of the median of `square` (n,) in `terms` (n, 3), errors taken relative to d^2."""
    # the square's natural spread grows with d^2, so that each crater has the same say
    scale = terms[:, 1]
    rows, target = terms / scale[:, None], square / scale
    count, unknowns = rows.shape
    # |residual| as the sum of its positive and its negative part
    cost = np.concatenate([np.zeros(unknowns), np.ones(2 * count)])
    matrix = hstack([csr_matrix(rows), identity(count), -identity(count)], format="csc")
    solved = linprog(cost, A_eq=matrix, b_eq=target, bounds=(0, None), method="highs")
    # The solver keeps its bounds up to rounding.
    floor, share, doubt = (max(float(value), 0.0) for value in solved.x[:unknowns])
    return ErrorModel(floor=floor, share=share, doubt=doubt)
