"""The same errors within groups of patients."""

from collections.abc import Mapping

import numpy as np

from virtual_patient.metrics import calibration, dose_error


def table(
    groups: Mapping[str, Mapping[str, np.ndarray]],
    predicted: np.ndarray,
    reference: np.ndarray,
    observed: np.ndarray,
    bounds: tuple[np.ndarray, np.ndarray],
    smallest: int,
    seed: int,
) -> list[dict]:
    """One row per group of at least `smallest` patients.

    groups: by characteristic and level, masks [N]. predicted, reference, observed [N]: weekly doses, mg. bounds:
    lower and upper [N] of the prediction interval. excessOverReference is MAE / the reference's MAE - 1.
    """
    rows = []
    for characteristic, levels in groups.items():
        for level, mask in levels.items():
            if mask.sum() < smallest:
                continue
            p, r, y = predicted[mask], reference[mask], observed[mask]
            error = dose_error.mean_with_interval(dose_error.absolute_error(p, y), seed)
            reference_mae = float(np.mean(dose_error.absolute_error(r, y)))
            covered = calibration.coverage(y, bounds[0][mask], bounds[1][mask])
            rows.append(
                {
                    "characteristic": characteristic,
                    "level": level,
                    **dose_error.summary(p, y),
                    "maeInterval": list(error.interval),
                    "referenceMaeMgPerWeek": reference_mae,
                    "excessOverReference": error.value / reference_mae - 1.0,
                    "medianRelativeBias": float(np.median((p - y) / y)),
                    "meanBiasMgPerWeek": float(np.mean(p - y)),
                    "coverage": covered.value,
                    "coverageInterval": list(covered.interval),
                }
            )
    return rows
