"""Errors of predicted weekly doses, with bootstrap intervals over patients."""

from typing import NamedTuple

import numpy as np
from scipy import stats

REPLICATES = 1000
CONFIDENCE = 0.95
TOLERANCE = 0.20  # a dose within 20 % is the IWPC's criterion of a clinically correct prediction (NEJM 2009;360:753-64)


class Estimate(NamedTuple):
    """A mean over n patients with its percentile-bootstrap interval."""

    value: float
    n: int
    interval: tuple[float, float]


def absolute_error(predicted: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """[N], in the unit of the doses."""
    return np.abs(predicted - observed)


def within_tolerance(predicted: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """[N] 1.0 where the prediction is within 20 % of the observed dose."""
    # Doses are recorded to 0.01 mg: without the allowance a prediction at exactly 20 % hangs on the last bit.
    return (np.abs(predicted - observed) <= TOLERANCE * observed + 1e-9).astype(float)


def mean_with_interval(values: np.ndarray, seed: int) -> Estimate:
    """Mean of per-patient values [N]; paired differences give paired intervals. N >= 2."""
    result = stats.bootstrap(
        (values,),
        np.mean,
        n_resamples=REPLICATES,
        confidence_level=CONFIDENCE,
        method="percentile",
        batch=100,
        rng=np.random.default_rng(seed),
    )
    low, high = result.confidence_interval
    return Estimate(float(np.mean(values)), len(values), (float(low), float(high)))


def summary(predicted: np.ndarray, observed: np.ndarray) -> dict[str, float | int]:
    """n, mean absolute error and percentage within 20 %."""
    return {
        "n": len(observed),
        "maeMgPerWeek": float(np.mean(absolute_error(predicted, observed))),
        "within20Percent": float(100 * np.mean(within_tolerance(predicted, observed))),
    }
