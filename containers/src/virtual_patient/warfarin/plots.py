"""Plain series for the plots of an evaluation. Counts per cell, not patients."""

from typing import Any

import numpy as np

from virtual_patient.metrics import calibration, conformal
from virtual_patient.warfarin.doses import MODEL, Doses
from virtual_patient.warfarin.settings import Settings

CELL_MG_WEEK = 3.5  # half a milligram a day
LARGEST_MG_WEEK = 105.0
LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


def series(inside: Doses, external: Doses | None, held_out: dict[str, np.ndarray], groups: list[dict], settings: Settings) -> dict[str, Any]:
    """By file name under plots/."""
    return {
        "predicted_vs_observed": {
            "unit": "mg/week",
            "cellMgPerWeek": CELL_MG_WEEK,
            "leaveOneSiteOut": _cells(inside),
            "external": _cells(external) if external else None,
        },
        "calibration": {
            "intervalLevel": settings.interval_level,
            "coverageByLevel": _coverage_by_level(inside, held_out),
            "byDecile": calibration.by_decile(inside.by[MODEL], inside.observed),
        },
        "subgroup_forest": {
            "unit": "mg/week",
            "rows": [
                {key: row[key] for key in ("characteristic", "level", "n", "maeMgPerWeek", "maeInterval", "referenceMaeMgPerWeek", "within20Percent")}
                for row in groups
            ],
        },
    }


def _cells(doses: Doses) -> list[dict[str, float]]:
    """Number of patients per cell of predicted and observed dose, cells named by their middle; the last cell is open."""
    edges = np.arange(0.0, LARGEST_MG_WEEK + CELL_MG_WEEK, CELL_MG_WEEK)
    inside = [np.minimum(values, LARGEST_MG_WEEK - 1e-6) for values in (doses.by[MODEL], doses.observed)]
    counts, _, _ = np.histogram2d(*inside, bins=[edges, edges])
    middle = edges[:-1] + CELL_MG_WEEK / 2
    return [
        {"predicted": float(middle[i]), "observed": float(middle[j]), "n": int(counts[i, j])} for i, j in zip(*np.nonzero(counts))
    ]


def _coverage_by_level(doses: Doses, held_out: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    observed, predicted = np.sqrt(doses.observed), np.sqrt(doses.by[MODEL])
    rows = []
    for level in LEVELS:
        lower, upper = conformal.bounds_by_group(observed, predicted, held_out["root_variance"], doses.cohort.site, level)
        share = calibration.coverage(observed, lower, upper)
        rows.append({"level": level, "coverage": share.value, "interval": list(share.interval)})
    return rows
