"""The `simulate` job: a trial's design, simulated in virtual patients of a registered model and a pinned cohort.

Channels: `features` (the cohort), `model` (the output of `train`), and optionally `design` (one JSON file).
Parameters: `model` (the model's name), `design` (the design as JSON text, unless it comes by the channel), `seed`, `patientsPerArm`
(default: the design's). Leaves `result.json`.
"""

from pathlib import Path
from typing import Any

import jax
import numpy as np

from virtual_patient.job import InvalidInput, Job, main, progress, write_json
from virtual_patient.model_package import package_of
from virtual_patient.trial import report
from virtual_patient.trial.design import PATIENTS_PER_ARM, Design, parse_design
from virtual_patient.trial.endpoints import Estimate, analysed, estimates
from virtual_patient.trial.patients import Model, draw, eligible_rows
from virtual_patient.trial.protocol import Series, simulation_of
from virtual_patient.warfarin.export import session
from virtual_patient.warfarin.features import Cohort, read_cohort

DEFAULT_SEED = 2013
SEEDS = (0, 2_147_483_647)
BOOTSTRAP_STREAM = 1_000_003  # keeps the bootstrap's randomness apart from the patients'


def run(job: Job) -> None:
    """Raises InvalidInput on a bad design, parameter, cohort or model."""
    design = _design(job)
    seed = _whole(job.parameters, "seed", DEFAULT_SEED, *SEEDS)
    patients = _whole(job.parameters, "patientsPerArm", design.patients_per_arm, *PATIENTS_PER_ARM)
    package_of(job, "model")  # the dosing rules are of warfarin: any other model is refused
    cohort = read_cohort(job.channel("features"))
    model = _model(job.channel("model"), cohort)
    progress(0.05, f"{design.name}: {patients} patients an arm from {len(eligible_rows(cohort, design))} eligible of {len(cohort)}")

    programs = {arm.name: simulation_of(design, arm) for arm in design.arms}
    scenarios = [("", design), *design.sensitivity]
    steps = len(scenarios) * len(design.arms)
    done = 0
    rows: list[dict[str, Any]] = []
    for name, assumed in scenarios:
        virtual = draw(cohort, model, assumed, patients, seed)
        found: dict[str, dict[str, Estimate]] = {}
        series: dict[str, Series] = {}
        for arm in design.arms:
            outcome, series[arm.name] = programs[arm.name](virtual)
            included = analysed(outcome, assumed)
            if not bool(np.any(included)):
                raise InvalidInput(f"patients followed for {assumed.minimum_days_observed} days: 0 of {patients}, allowed: at least 1")
            found[arm.name] = estimates(outcome, included, jax.random.key(seed + BOOTSTRAP_STREAM))
            done += 1
            progress(0.05 + 0.9 * done / steps, f"{name or design.title}: {arm.name}")
        if name:
            rows.append(report.scenario(name, assumed, found))
        else:
            main_result = (int(np.sum(included)), found, series)

    followed, found, series = main_result
    result = report.document(design, seed, patients, len(eligible_rows(cohort, design)), followed, found, series, rows)
    write_json(job.output / "result.json", result)
    progress(1.0, "; ".join(f"{arm['name']} TTR {arm['ttrPercent']:.1f} %" for arm in result["arms"]))


def _design(job: Job) -> Design:
    given = job.parameters.get("design")
    folder = job.input / "design"
    if given is None and folder.is_dir():
        files = sorted(folder.glob("*.json"))
        if len(files) != 1:
            raise InvalidInput(f"channel 'design': {len(files)} JSON files, allowed: 1")
        given = files[0].read_text()
    if not isinstance(given, (str, dict)):
        raise InvalidInput(f"parameter design: {given!r}, allowed: a design as JSON text")
    return parse_design(given)


def _whole(parameters: dict[str, Any], name: str, default: int, lo: int, hi: int) -> int:
    """SageMaker passes numbers as text."""
    given = parameters.get(name, default)
    try:
        value = int(str(given))
    except ValueError:
        value = None
    if value is None or not lo <= value <= hi:
        raise InvalidInput(f"parameter {name}: {given!r}, allowed: a whole number of {lo}-{hi}")
    return value


def _model(folder: Path, cohort: Cohort) -> Model:
    path = folder / "dose.onnx"
    if not path.is_file():
        raise InvalidInput(f"{path}: no such file")
    dose = session(path)
    columns = dose.get_inputs()[0].shape[1]
    if columns != cohort.x.shape[1]:
        raise InvalidInput(f"features: {cohort.x.shape[1]} encoded columns, allowed: {columns}, as the model was trained")

    def predict(x: np.ndarray, target_inr: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        parameters, weekly_dose_mg = dose.run(["parameters", "dose_mg_week"], {"features": x, "target_inr": target_inr})
        return parameters, weekly_dose_mg

    return predict


if __name__ == "__main__":
    main(run, "simulate")
