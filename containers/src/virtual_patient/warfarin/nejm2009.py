"""The comparators of the IWPC: its pharmacogenetic and clinical dose algorithms and the fixed dose.

International Warfarin Pharmacogenetics Consortium, N Engl J Med 2009;360:753-64, doi:10.1056/NEJMoa0809329,
Supplementary Appendix S1e and S1f: linear in the square root of the weekly dose in mg. Age counts decades
(10-19 = 1, 20-29 = 2 ...), height is in cm, weight in kg. Unknown co-medication counts as not taken.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np

from virtual_patient.job import InvalidInput

FIXED_MG_WEEK: Final = 35.0  # 5 mg a day, the paper's fixed-dose approach

PHARMACOGENETIC: Final[dict[str, float]] = {  # S1e
    "intercept": 5.6044,
    "age_decade": -0.2614,
    "height_cm": 0.0087,
    "weight_kg": 0.0128,
    "vkorc1=A/G": -0.8677,
    "vkorc1=A/A": -1.6974,
    "vkorc1=unknown": -0.4854,
    "cyp2c9=*1/*2": -0.5211,
    "cyp2c9=*1/*3": -0.9357,
    "cyp2c9=*2/*2": -1.0616,
    "cyp2c9=*2/*3": -1.9206,
    "cyp2c9=*3/*3": -2.3312,
    "cyp2c9=unknown": -0.2188,
    "race=Asian": -0.1092,
    "race=Black": -0.2760,
    "race=unknown": -0.1032,
    "enzyme_inducer": 1.1816,
    "amiodarone": -0.5503,
}
CLINICAL: Final[dict[str, float]] = {  # S1f
    "intercept": 4.0376,
    "age_decade": -0.2546,
    "height_cm": 0.0118,
    "weight_kg": 0.0134,
    "race=Asian": -0.6752,
    "race=Black": 0.4060,
    "race=unknown": 0.0443,
    "enzyme_inducer": 1.2799,
    "amiodarone": -0.5695,
}
# Patients within 20 % of their dose, of the whole cohort (derivation and validation), appendix S10.
PUBLISHED_COHORT_N: Final = 5052
PUBLISHED_WITHIN_20_PERCENT: Final[dict[str, int]] = {"pharmacogenetic": 2322, "clinical": 1942, "fixedDose": 1484}

NEEDS: Final = ("age_decade", "height_cm", "weight_kg", "sex", "race", "cyp2c9", "vkorc1", "enzyme_inducer", "amiodarone")
# Levels that the algorithms know; any other value counts as unknown (of CYP2C9 *1/*1 and VKORC1 G/G are the reference).
LEVELS: Final[dict[str, tuple[str, ...]]] = {
    "race": ("White", "Asian", "Black"),
    "cyp2c9": ("*1/*1", "*1/*2", "*1/*3", "*2/*2", "*2/*3", "*3/*3"),
    "vkorc1": ("G/G", "A/G", "A/A"),
}


def weekly_dose_mg(coefficients: Mapping[str, float], raw: Mapping[str, np.ndarray]) -> np.ndarray:
    """Weekly dose [N], mg, by PHARMACOGENETIC or CLINICAL.

    raw: NEEDS, each [N] with NaN or None for unknown. Height and weight that are missing are imputed within `raw`
    (see impute_size). Raises InvalidInput where a feature is absent or a size is unknown for every patient.
    """
    _require(raw)
    size = impute_size(raw)
    root = np.full(len(raw["race"]), coefficients["intercept"])
    for name, coefficient in coefficients.items():
        if name != "intercept":
            root += coefficient * _term(name, raw, size)
    return root**2


def impute_size(raw: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Height (cm) and weight (kg) [N] without gaps.

    The appendix imputes each by linear regression on the other, race and sex; here the regressions are made on the
    given patients. Where both are missing, race and sex alone predict.
    """
    height, weight = raw["height_cm"], raw["weight_kg"]
    groups = [np.ones(len(height)), raw["sex"] == "male", *(raw["race"] == r for r in ("Asian", "Black", "White"))]
    base = np.stack([np.asarray(g, float) for g in groups], axis=1)
    return {"height_cm": _regressed(height, weight, base), "weight_kg": _regressed(weight, height, base)}


def _require(raw: Mapping[str, np.ndarray]) -> None:
    for name in NEEDS:
        if name not in raw:
            raise InvalidInput(f"feature {name}: absent, the IWPC's algorithms need {', '.join(NEEDS)}")
    for name in ("height_cm", "weight_kg"):
        if np.isnan(raw[name]).all():
            raise InvalidInput(f"feature {name}: unknown for all {len(raw[name])} patients, needed for at least 1")


def _term(name: str, raw: Mapping[str, np.ndarray], size: Mapping[str, np.ndarray]) -> np.ndarray:
    feature, _, level = name.partition("=")
    if level == "unknown":
        return np.array([value not in LEVELS[feature] for value in raw[feature]], float)
    if level:
        return np.asarray(raw[feature] == level, float)
    return size[feature] if feature in size else np.nan_to_num(raw[feature], nan=0.0)


def _regressed(values: np.ndarray, other: np.ndarray, base: np.ndarray) -> np.ndarray:
    known, with_other = ~np.isnan(values), ~np.isnan(other)
    filled = values.copy()
    for rows, design in (
        (with_other, np.column_stack([base, np.nan_to_num(other)])),
        (~with_other, base),
    ):
        use = known & with_other if rows is with_other else known
        if use.any() and (rows & ~known).any():
            coefficients, *_ = np.linalg.lstsq(design[use], values[use], rcond=None)
            filled[rows & ~known] = design[rows & ~known] @ coefficients
    return filled
