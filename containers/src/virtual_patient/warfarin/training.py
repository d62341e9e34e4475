"""The training job: fit every fold, calibrate on what they did not see, export what is deployed."""

from importlib.metadata import version
from typing import Any

import duckdb
import jax
import jax.numpy as jnp
import numpy as np

import virtual_patient
from virtual_patient.job import Job, progress, write_atomically, write_json
from virtual_patient.metrics import conformal
from virtual_patient.metrics.conformal import Conformal
from virtual_patient.pkpd.parameters import INDIVIDUAL
from virtual_patient.provenance import code_digest, container_image, environment_digest, python_version
from virtual_patient.tracking.tracker import Tracker
from virtual_patient.warfarin import ensemble as ensembles
from virtual_patient.warfarin import export, linear, model, tracking
from virtual_patient.warfarin.ensemble import Ensemble
from virtual_patient.warfarin.features import Cohort, read_cohort
from virtual_patient.warfarin.fit import Data, Fit, fit, log_linear
from virtual_patient.warfarin.folds import Folds, make_folds
from virtual_patient.warfarin.model import Encoding, encode
from virtual_patient.warfarin.settings import Settings, parse

PARITY_PATIENTS = 256
PACKAGES = ("jax", "jaxlib", "equinox", "optax", "numpy", "jax2onnx", "onnx", "onnxruntime")


def run(job: Job, tracker: Tracker) -> None:
    """`train` of the job contract. Raises InvalidInput."""
    settings = parse(job.parameters)
    cohort = read_cohort(job.channel("features"))
    development = cohort.take(cohort.development)
    encoding = encode(cohort.view, settings.features)
    folds = make_folds(development)
    data = make_data(encoding, development, settings)
    progress(0.01, f"{len(development)} patients, {len(np.unique(development.site))} sites, {len(folds.names)} folds of {settings.members} members")
    tracking.open_parts(tracker, folds, settings)

    def fitted(name: str, these: Settings, file: str, start: float, share: float) -> Fit:
        def report(done: float, message: str) -> None:
            progress(start + share * done, f"{name}: {message}")

        found = fit(encoding, data, folds, these, job.checkpoints / file, report, tracking.observer(tracker, folds, settings, name))
        tracker.artifact("checkpoints", file, "checkpoints")
        return found

    hybrid = fitted("hybrid", settings, "hybrid.ckpt", 0.01, 0.7)
    plain = fitted("log-linear", log_linear(settings), "log_linear.ckpt", 0.71, 0.15)
    table, deployed = out_of_fold(encoding, development, data, folds, settings, hybrid, plain)
    coefficients = linear.ridge(np.asarray(data.covariates), development.weekly_dose_mg, settings.ridge_penalty)
    members = jax.tree.map(lambda leaf: leaf[-1], hybrid.members)
    ensemble = Ensemble(encoding, members, deployed)

    progress(0.87, "exporting to ONNX")
    job.output.mkdir(parents=True, exist_ok=True)
    export.export(ensemble, job.output)
    parity = export.parity(ensemble, job.output, development.x[:PARITY_PATIENTS])
    write_atomically(job.output / "model.npz", ensembles.to_bytes(ensemble, coefficients))
    write_parquet(job.output / "out_of_fold.parquet", table)
    write_json(job.output / "history.json", history(folds, settings, hybrid, plain))
    write_json(job.output / "model.json", describe(cohort, development, folds, settings, encoding, deployed, parity))
    tracking.outputs(tracker, parity, deployed)
    progress(1.0, "trained")


def make_data(encoding: Encoding, cohort: Cohort, settings: Settings) -> Data:
    x = jnp.asarray(cohort.x)
    target = jnp.asarray(settings.cohort_target(cohort.target_inr))
    return Data(
        covariates=encoding.covariates(x),
        typical_log_dose=model.typical_log_dose(encoding, x, target),
        root_dose=jnp.sqrt(jnp.asarray(cohort.weekly_dose_mg, jnp.float32)),
    )


def out_of_fold(
    encoding: Encoding, cohort: Cohort, data: Data, folds: Folds, settings: Settings, hybrid: Fit, plain: Fit
) -> tuple[dict[str, np.ndarray], Conformal]:
    """Each patient's predictions (mg/week) by fits that have not seen the hospital, and the interval to deploy.

    root_variance is the variance between members of the square root of the dose; validation_mg_week is by the fit
    that saw the `train` split only, null elsewhere.
    """
    rows = np.arange(len(cohort))
    held_out = folds.held_out_by_site
    roots = [_root_dose(encoding, data, hybrid, fold) for fold in range(len(folds.names))]
    value = np.stack([r.value for r in roots])[held_out, rows].astype(np.float64)
    variance = np.stack([r.variance for r in roots])[held_out, rows].astype(np.float64)
    observed = np.sqrt(cohort.weekly_dose_mg)
    table = {
        "person_id": cohort.person_id,
        "site": cohort.site,
        "split": cohort.split,
        "weekly_dose_mg": cohort.weekly_dose_mg,
        "dose_mg_week": value**2,
        "root_variance": variance,
        "mechanistic_mg_week": np.exp(np.asarray(data.typical_log_dose, np.float64)),
        "log_linear_mg_week": np.stack([_root_dose(encoding, data, plain, f).value for f in range(len(folds.names))])[held_out, rows] ** 2.0,
        "linear_mg_week": _linear_out_of_fold(np.asarray(data.covariates), cohort.weekly_dose_mg, folds, settings),
    }
    if folds.validation is not None:
        later = np.asarray(roots[folds.validation].value, np.float64) ** 2
        table["validation_mg_week"] = np.where(cohort.split == "validation", later, np.nan)
    return table, conformal.calibrate(observed, value, variance, settings.interval_level)


def describe(
    cohort: Cohort, development: Cohort, folds: Folds, settings: Settings, encoding: Encoding, deployed: Conformal, parity: export.Parity
) -> dict[str, Any]:
    """model.json. Free of times and paths, so that the same data, code, installed packages, image and settings give the same bytes."""
    splits, counts = np.unique(development.split, return_counts=True)
    return {
        "name": "warfarin",
        "code": {"version": virtual_patient.__version__, "digest": code_digest()},
        "environment": {"python": python_version(), "digest": environment_digest()},
        "image": container_image(),
        "packages": {name: version(name) for name in PACKAGES},
        "view": {"name": cohort.view.name, "version": cohort.view.version, "columns": list(cohort.view.names)},
        "featuresUsed": list(encoding.features),
        "hyperparameters": settings.as_json(),
        "fit": {
            "patients": len(development),
            "splits": {str(split): int(count) for split, count in zip(splits, counts)},
            "sites": sorted(set(development.site.tolist())),
            "folds": list(folds.names),
        },
        "inputs": {"dose.onnx": list(export.DOSE_INPUTS), "course.onnx": list(export.COURSE_INPUTS)},
        "outputs": {"dose.onnx": list(export.DOSE_OUTPUTS), "course.onnx": list(export.COURSE_OUTPUTS)},
        "units": {"dose_mg_week": "mg/week", "target_inr": "INR", "daily_dose_mg": "mg racemic warfarin", "inr": "INR 24 h after each dose"},
        "interval": {"level": deployed.level, "method": "split conformal on leave-one-site-out residuals of sqrt(mg/week)", **deployed._asdict()},
        "parameters": [
            {"name": name, "unit": p.unit, "lower": p.lower, "upper": p.upper, "source": p.source, "individual": name in model.HEADS}
            for name, p in INDIVIDUAL.items()
        ],
        "parity": {"patients": min(PARITY_PATIENTS, len(development)), "doseMaxRelativeError": parity.dose, "courseMaxRelativeError": parity.course},
    }


def history(folds: Folds, settings: Settings, hybrid: Fit, plain: Fit) -> dict[str, Any]:
    """Loss by checkpoint and fold, mean over members."""
    return {
        "folds": list(folds.names),
        "steps": settings.steps,
        "hybrid": np.round(hybrid.loss, 6).tolist(),
        "logLinear": np.round(plain.loss, 6).tolist(),
    }


def write_parquet(path, table: dict[str, np.ndarray]) -> None:
    """One row per patient, columns in the order given."""
    part = path.with_suffix(".part")
    text = {name: values.astype(object) if values.dtype.kind == "U" else values for name, values in table.items()}
    with duckdb.connect() as connection:
        connection.register("patients", text)
        connection.execute(f"copy (select * from patients) to '{part}' (format parquet)")
    part.replace(path)


def _root_dose(encoding: Encoding, data: Data, fitted: Fit, fold: int) -> ensembles.RootDose:
    members = jax.tree.map(lambda leaf: leaf[fold], fitted.members)
    routes = jnp.asarray(encoding.routes, jnp.float32)
    moved = jax.vmap(lambda member: member(data.covariates, routes))(members)
    return ensembles.root_dose(data.typical_log_dose, moved)


def _linear_out_of_fold(covariates: np.ndarray, weekly_dose_mg: np.ndarray, folds: Folds, settings: Settings) -> np.ndarray:
    predicted = np.empty(len(covariates))
    for fold in np.unique(folds.held_out_by_site):
        here, sees = folds.held_out_by_site == fold, folds.sees[fold]
        coefficients = linear.ridge(covariates[sees], weekly_dose_mg[sees], settings.ridge_penalty)
        predicted[here] = linear.weekly_dose_mg(coefficients, covariates[here])
    return predicted
