"""Split-conformal prediction intervals with a scale that grows with the ensemble's disagreement.

Signed scores s_i = (y_i - mu_i) / scale_i on held-out patients give one quantile per tail, each with the
finite-sample correction, so that an interval covers at least its level when patients are exchangeable
(Romano, Patterson & Candes, NeurIPS 2019, section 3; Vovk et al., Algorithmic Learning in a Random World, 2005).
"""

from typing import NamedTuple

import numpy as np


class Conformal(NamedTuple):
    """An interval is mu + scale * [lower, upper], scale = sqrt(noise_variance + ensemble variance)."""

    level: float
    noise_variance: float
    lower: float
    upper: float


def scale(noise_variance: float, ensemble_variance: np.ndarray) -> np.ndarray:
    return np.sqrt(noise_variance + ensemble_variance)


def calibrate(observed: np.ndarray, predicted: np.ndarray, ensemble_variance: np.ndarray, level: float) -> Conformal:
    """From held-out predictions [N], all on one scale with about constant noise. 0 < level < 1."""
    residual = observed - predicted
    noise = max(float(np.mean(residual**2) - np.mean(ensemble_variance)), 1e-6)
    score = residual / scale(noise, ensemble_variance)
    tail = (1.0 - level) / 2.0
    return Conformal(level, noise, -_upper_quantile(-score, 1.0 - tail), _upper_quantile(score, 1.0 - tail))


def bounds(conformal: Conformal, predicted: np.ndarray, ensemble_variance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper bound [N] on the scale of `predicted`."""
    width = scale(conformal.noise_variance, ensemble_variance)
    return predicted + width * conformal.lower, predicted + width * conformal.upper


def bounds_by_group(
    observed: np.ndarray, predicted: np.ndarray, ensemble_variance: np.ndarray, group: np.ndarray, level: float
) -> tuple[np.ndarray, np.ndarray]:
    """Bounds [N] of held-out predictions, each group's calibrated on the other groups only: honest for a new group."""
    lower, upper = np.empty(len(observed)), np.empty(len(observed))
    for name in np.unique(group):
        here = group == name
        calibrated = calibrate(observed[~here], predicted[~here], ensemble_variance[~here], level)
        lower[here], upper[here] = bounds(calibrated, predicted[here], ensemble_variance[here])
    return lower, upper


def _upper_quantile(score: np.ndarray, probability: float) -> float:
    """The ceil((n + 1) p)-th smallest score; the largest where n is too small for p."""
    rank = min(int(np.ceil((len(score) + 1) * probability)), len(score))
    return float(np.sort(score)[rank - 1])
