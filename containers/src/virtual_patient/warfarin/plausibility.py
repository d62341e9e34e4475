"""Does the exported model behave as physiology and pharmacology demand: checked on the ONNX graphs that are served."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from virtual_patient.pkpd.parameters import CYP2C9_GENOTYPES, INDIVIDUAL, INR_BASE, INR_MAX, PARAMETER_NAMES, VKORC1_GENOTYPES
from virtual_patient.warfarin import export
from virtual_patient.warfarin.features import DEFAULT_TARGET_INR, View

TARGETS_INR = (2.0, 2.25, 2.5, 2.75, 3.0, 3.5)  # targets in clinical use: AF and VTE 2-3, mechanical valves up to 3.5
DOSE_MULTIPLES = (0.5, 0.8, 1.0, 1.25, 2.0)
SETTLING_DAYS = 120  # twelve mean transit times of the slow chain and more: INR is at its steady state
# Every step is one the pharmacology orders: activity falls along each path.
CYP2C9_PATHS = (("*1/*1", "*1/*2", "*2/*2"), ("*1/*1", "*1/*3", "*3/*3"))


@dataclass(frozen=True)
class Plausibility:
    """Percentages of the n patients checked, and relative errors."""

    n: int
    dose_rises_with_target_percent: float
    inr_rises_with_dose_percent: float
    inr_within_model_range_percent: float
    parameters_within_published_limits_percent: float
    settled_inr_error_p95: float  # 95th percentile of |INR / target - 1| after SETTLING_DAYS on the predicted dose
    dose_falls_with_vkorc1_a_percent: float
    dose_falls_with_cyp2c9_loss_percent: float


def check(folder: Path, view: View, x: np.ndarray) -> Plausibility:
    """On encoded patients x [N, F] float32 in the view's order; folder holds dose.onnx and course.onnx."""
    dose_session, course_session = export.session(folder / "dose.onnx"), export.session(folder / "course.onnx")

    def predict(rows: np.ndarray, target: float) -> tuple[np.ndarray, np.ndarray]:
        feed = {"features": rows, "target_inr": np.full(len(rows), target, np.float32)}
        return tuple(dose_session.run(["dose_mg_week", "parameters"], feed))

    by_target = np.stack([predict(x, target)[0] for target in TARGETS_INR])
    dose, parameters = predict(x, DEFAULT_TARGET_INR)
    inr = np.stack([_final_inr(course_session, parameters, multiple * dose) for multiple in DOSE_MULTIPLES])
    settled = _final_inr(course_session, parameters, dose)
    limits = np.array([(INDIVIDUAL[name].lower, INDIVIDUAL[name].upper) for name in PARAMETER_NAMES])
    slack = 1e-5  # float32
    inside = (parameters >= limits[:, 0] * (1 - slack)) & (parameters <= limits[:, 1] * (1 + slack))
    by_vkorc1 = _counterfactual_doses(predict, view, x, "vkorc1", VKORC1_GENOTYPES)
    by_cyp2c9 = _counterfactual_doses(predict, view, x, "cyp2c9", CYP2C9_GENOTYPES)
    cyp2c9_falls = [_falls([by_cyp2c9[level] for level in path]) for path in CYP2C9_PATHS]
    return Plausibility(
        n=len(x),
        dose_rises_with_target_percent=_percent(np.all(np.diff(by_target, axis=0) > 0, axis=0)),
        inr_rises_with_dose_percent=_percent(np.all(np.diff(inr, axis=0) > 0, axis=0)),
        inr_within_model_range_percent=_percent(np.all((inr >= INR_BASE.value) & (inr <= INR_BASE.value + INR_MAX.value), axis=0)),
        parameters_within_published_limits_percent=_percent(np.all(inside, axis=1)),
        settled_inr_error_p95=float(np.quantile(np.abs(settled / DEFAULT_TARGET_INR - 1), 0.95)),
        dose_falls_with_vkorc1_a_percent=_percent(_falls([by_vkorc1[level] for level in VKORC1_GENOTYPES])),
        dose_falls_with_cyp2c9_loss_percent=_percent(np.all(cyp2c9_falls, axis=0)),
    )


def _final_inr(session, parameters: np.ndarray, weekly_dose_mg: np.ndarray) -> np.ndarray:
    daily = np.repeat((weekly_dose_mg / 7).astype(np.float32)[:, None], SETTLING_DAYS, axis=1)
    return session.run(["inr"], {"parameters": parameters, "daily_dose_mg": daily})[0][:, -1]


def _counterfactual_doses(predict, view: View, x: np.ndarray, feature: str, levels: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Each patient's dose had the genotype been another and all else the same."""
    doses = {}
    for level in levels:
        changed = x.copy()
        changed[:, view.positions([feature])] = 0.0
        changed[:, view.position(feature, "level", level)] = 1.0
        doses[level] = predict(changed, DEFAULT_TARGET_INR)[0]
    return doses


def _falls(doses: list[np.ndarray]) -> np.ndarray:
    return np.all(np.diff(np.stack(doses), axis=0) < 0, axis=0)


def _percent(mask: np.ndarray) -> float:
    return float(100 * np.mean(mask))
