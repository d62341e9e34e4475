"""Everyone's weekly doses on the same patients: the model, its ablations, and the published comparators."""

from dataclasses import dataclass
from pathlib import Path

import duckdb
import jax.numpy as jnp
import numpy as np

from virtual_patient.job import InvalidInput
from virtual_patient.metrics import conformal
from virtual_patient.warfarin import export, linear, model, nejm2009
from virtual_patient.warfarin.ensemble import Ensemble
from virtual_patient.warfarin.features import Cohort
from virtual_patient.warfarin.settings import Settings

MODEL = "model"
COMPARATORS = ("pharmacogenetic", "clinical", "fixedDose")
SECOND_LEVEL = 0.8  # an inner interval, whose calibration is judged beside that of the exported one


@dataclass(frozen=True)
class Doses:
    """N patients of one evaluation set; all doses in mg/week, [N] each."""

    cohort: Cohort
    by: dict[str, np.ndarray]  # model, mechanisticOnly, linear, pharmacogenetic, clinical, fixedDose, and where made logLinear
    lower: np.ndarray  # of the model's interval at the exported level
    upper: np.ndarray
    second_lower: np.ndarray  # at SECOND_LEVEL
    second_upper: np.ndarray

    @property
    def observed(self) -> np.ndarray:
        return self.cohort.weekly_dose_mg


def comparators(cohort: Cohort) -> dict[str, np.ndarray]:
    """The IWPC's algorithms on the whole cohort, so that missing sizes are imputed once. Raises InvalidInput."""
    return {
        "pharmacogenetic": nejm2009.weekly_dose_mg(nejm2009.PHARMACOGENETIC, cohort.raw),
        "clinical": nejm2009.weekly_dose_mg(nejm2009.CLINICAL, cohort.raw),
        "fixedDose": np.full(len(cohort), nejm2009.FIXED_MG_WEEK),
    }


def read_out_of_fold(path: Path, development: Cohort) -> dict[str, np.ndarray]:
    """Columns of out_of_fold.parquet, aligned with the development patients. Raises InvalidInput where they differ."""
    if not path.is_file():
        raise InvalidInput(f"{path}: no such file")
    with duckdb.connect() as connection:
        columns = connection.execute("select * from read_parquet(?) order by person_id", [str(path)]).fetchnumpy()
    if not np.array_equal(columns["person_id"], development.person_id):
        raise InvalidInput(
            f"{path}: {len(columns['person_id'])} patients that are not the {len(development)} development patients of the features channel"
        )
    return {name: np.ma.filled(values, np.nan) if values.dtype.kind == "f" else values for name, values in columns.items()}


def leave_one_site_out(development: Cohort, held_out: dict[str, np.ndarray], compared: dict[str, np.ndarray], level: float) -> Doses:
    """Every development patient, predicted by fits that have not seen the hospital."""
    predicted, variance = np.sqrt(held_out["dose_mg_week"]), held_out["root_variance"]
    observed = np.sqrt(development.weekly_dose_mg)
    (low, high), (second_low, second_high) = (
        conformal.bounds_by_group(observed, predicted, variance, development.site, one) for one in (level, SECOND_LEVEL)
    )
    by = {
        MODEL: held_out["dose_mg_week"],
        "mechanisticOnly": held_out["mechanistic_mg_week"],
        "logLinear": held_out["log_linear_mg_week"],
        "linear": held_out["linear_mg_week"],
        **compared,
    }
    return Doses(development, by, _square(low), _square(high), _square(second_low), _square(second_high))


def external(
    cohort: Cohort,
    compared: dict[str, np.ndarray],
    folder: Path,
    ensemble: Ensemble,
    coefficients: np.ndarray,
    settings: Settings,
    held_out: dict[str, np.ndarray],
) -> Doses:
    """Patients of hospitals that training never saw, predicted by the exported dose.onnx itself."""
    target = settings.cohort_target(cohort.target_inr).astype(np.float32)
    dose, lower, upper, _ = (
        out.astype(np.float64)
        for out in export.session(folder / "dose.onnx").run(list(export.DOSE_OUTPUTS), {"features": cohort.x, "target_inr": target})
    )
    x = jnp.asarray(cohort.x)
    variance = np.asarray(ensemble.root_dose(x, jnp.asarray(target)).variance, np.float64)
    inner = conformal.calibrate(
        np.sqrt(held_out["weekly_dose_mg"]), np.sqrt(held_out["dose_mg_week"]), held_out["root_variance"], SECOND_LEVEL
    )
    second_low, second_high = conformal.bounds(inner, np.sqrt(dose), variance)
    by = {
        MODEL: dose,
        "mechanisticOnly": np.exp(np.asarray(model.typical_log_dose(ensemble.encoding, x, jnp.asarray(target)), np.float64)),
        "linear": linear.weekly_dose_mg(coefficients, np.asarray(ensemble.encoding.covariates(x))),
        **compared,
    }
    return Doses(cohort, by, lower, upper, _square(second_low), _square(second_high))


def _square(root: np.ndarray) -> np.ndarray:
    return np.maximum(root, 0.0) ** 2
