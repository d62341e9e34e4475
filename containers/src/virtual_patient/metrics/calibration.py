"""Does a predicted dose mean what it says: coverage of intervals, slope and bias of predictions."""

from typing import NamedTuple

import numpy as np
from scipy import stats


class Proportion(NamedTuple):
    value: float
    n: int
    interval: tuple[float, float]  # Wilson, 95 %


class Slope(NamedTuple):
    value: float
    n: int
    interval: tuple[float, float]  # 95 %


def coverage(observed: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> Proportion:
    """Share of patients whose observed dose lies inside [lower, upper]."""
    inside = int(np.sum((observed >= lower) & (observed <= upper)))
    interval = stats.binomtest(inside, len(observed)).proportion_ci(0.95, method="wilson")
    return Proportion(inside / len(observed), len(observed), (float(interval.low), float(interval.high)))


def slope(predicted: np.ndarray, observed: np.ndarray) -> Slope:
    """Slope of observed on predicted by least squares: 1 is calibrated, below 1 is overfitted (Van Calster, BMC Med 2019;17:230)."""
    line = stats.linregress(predicted, observed)
    half = stats.t.ppf(0.975, len(observed) - 2) * line.stderr
    return Slope(float(line.slope), len(observed), (float(line.slope - half), float(line.slope + half)))


def by_decile(predicted: np.ndarray, observed: np.ndarray) -> list[dict[str, float]]:
    """Mean and median observed against mean predicted, by tenths of the prediction."""
    order = np.argsort(predicted, kind="stable")
    return [
        {
            "n": len(rows),
            "predictedMean": float(np.mean(predicted[rows])),
            "observedMean": float(np.mean(observed[rows])),
            "observedMedian": float(np.median(observed[rows])),
        }
        for rows in np.array_split(order, 10)
        if len(rows)
    ]
