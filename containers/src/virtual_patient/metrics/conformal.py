"""Split-conformal prediction intervals whose width follows the prediction's size and the ensemble's disagreement.

Signed scores s_i = (y_i - mu_i) / scale_i on held-out patients give one quantile per tail, each with the
finite-sample correction, so that an interval covers at least its level when patients are exchangeable
(Vovk et al., Algorithmic Learning in a Random World, 2005; signed tails: Romano, Patterson & Candes, NeurIPS 2019).
"""

from typing import NamedTuple

import numpy as np


class Conformal(NamedTuple):
    """An interval is mu + scale * [lower, upper], scale = sqrt(noise_variance * mu^(2 noise_exponent) + ensemble variance)."""

    level: float
    noise_variance: float
    noise_exponent: float  # 0: constant noise; 1: noise in proportion to mu
    lower: float
    upper: float


def scale(noise_variance, noise_exponent, predicted, ensemble_variance):
    """Width [N] of one score, of NumPy or JAX arrays alike: the exported program computes it too."""
    return (noise_variance * predicted ** (2 * noise_exponent) + ensemble_variance) ** 0.5


def calibrate(observed: np.ndarray, predicted: np.ndarray, ensemble_variance: np.ndarray, level: float) -> Conformal:
    """From held-out predictions [N], positive, all on one scale. 0 < level < 1."""
    residual = observed - predicted
    exponent = _noise_exponent(residual, predicted)
    size = predicted ** (2 * exponent)
    noise = max(float(np.mean((residual**2 - ensemble_variance) / size)), 1e-6)
    score = residual / scale(noise, exponent, predicted, ensemble_variance)
    tail = (1.0 - level) / 2.0
    return Conformal(level, noise, exponent, -_upper_quantile(-score, 1.0 - tail), _upper_quantile(score, 1.0 - tail))


def bounds(conformal: Conformal, predicted: np.ndarray, ensemble_variance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper bound [N] on the scale of `predicted`."""
    width = scale(conformal.noise_variance, conformal.noise_exponent, predicted, ensemble_variance)
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


def _noise_exponent(residual: np.ndarray, predicted: np.ndarray) -> float:
    """Power by which the residual's size grows with the prediction, between constant and proportional.

    Slope of ln|residual| on ln(prediction); residuals below a hundredth of their spread count as that.
    """
    size = np.log(np.maximum(np.abs(residual), 0.01 * np.std(residual) + 1e-12))
    at = np.log(predicted) - np.mean(np.log(predicted))
    spread = float(np.sum(at**2))
    return float(np.clip(np.sum(at * size) / spread, 0.0, 1.0)) if spread > 0 else 0.0


def _upper_quantile(score: np.ndarray, probability: float) -> float:
    """The ceil((n + 1) p)-th smallest score; the largest where n is too small for p."""
    rank = min(int(np.ceil((len(score) + 1) * probability)), len(score))
    return float(np.sort(score)[rank - 1])
