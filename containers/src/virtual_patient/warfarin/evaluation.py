"""The evaluation job: every measure that a gate may ask for, each with its interval and its evidence file."""

from typing import Any

import numpy as np

from virtual_patient.job import InvalidInput, Job, progress, read_json, write_json
from virtual_patient.tracking.tracker import Tracker
from virtual_patient.warfarin import doses as dosing
from virtual_patient.warfarin import ensemble as ensembles
from virtual_patient.warfarin import export, measures, plausibility, plots, tracking
from virtual_patient.warfarin.features import Cohort, read_cohort
from virtual_patient.warfarin.measures import Measure
from virtual_patient.warfarin.model import encode
from virtual_patient.warfarin.settings import parse

PLAUSIBILITY_PATIENTS = 500
COHORT_REFERENCES = ("iwpc",)


def run(job: Job, tracker: Tracker) -> None:
    """`evaluate` of the job contract. Raises InvalidInput."""
    reference = _cohort_reference(job.parameters)
    folder = job.channel("model")
    description = read_json(folder / "model.json")
    settings = parse(description["hyperparameters"])
    cohort = read_cohort(job.channel("features"))
    _same_view(cohort, description)
    encoding = encode(cohort.view, settings.features)
    if not (folder / "model.npz").is_file():
        raise InvalidInput(f"{folder / 'model.npz'}: no such file")
    ensemble, coefficients = ensembles.from_bytes((folder / "model.npz").read_bytes(), encoding)

    progress(0.05, "comparators")
    compared = dosing.comparators(cohort)
    development, outside = cohort.take(cohort.development), cohort.take(~cohort.development)
    held_out = dosing.read_out_of_fold(folder / "out_of_fold.parquet", development)
    inside = dosing.leave_one_site_out(development, held_out, _take(compared, cohort.development), settings.interval_level)
    external = None
    if len(outside):
        external = dosing.external(outside, _take(compared, ~cohort.development), folder, ensemble, coefficients, settings, held_out)

    progress(0.2, "errors, intervals, subgroups")
    seed = settings.seed
    groups = measures.subgroup_table(inside, seed)
    ablation = measures.ablation(inside, seed)
    found = [
        *measures.errors("leave_one_site_out", inside, seed),
        *(measures.errors("external", external, seed) if external else []),
        *measures.validation(inside, held_out, seed),
        *measures.intervals("leave_one_site_out", inside, settings.interval_level),
        *(measures.intervals("external", external, settings.interval_level) if external else []),
        *measures.calibration(inside, seed),
        *measures.subgroups(groups),
        *measures.from_ablation(ablation),
        *measures.low_dose_safety(inside, seed),
        *(measures.reproduction(inside) if reference == "iwpc" else []),
    ]
    progress(0.7, "physiological plausibility")
    sample = development.x[_spread(len(development), PLAUSIBILITY_PATIENTS)]
    found += measures.plausibility(plausibility.check(folder, cohort.view, sample))
    progress(0.9, "parity of JAX and ONNX Runtime")
    found += measures.parity(export.parity(ensemble, folder, sample), len(sample))

    drawn = plots.series(inside, external, held_out, groups, settings)
    _write(job, found, inside, external, held_out, groups, ablation, drawn)
    tracking.evaluated(tracker, found)
    progress(1.0, f"evaluated: {len(found)} measures")


def _write(job: Job, found: list[Measure], inside, external, held_out, groups, ablation, drawn: dict[str, Any]) -> None:
    for measure in found:
        write_json(job.output / measure.evidence_path, {**measure.listed(), "method": measure.method, "data": measure.data})
    for name, content in drawn.items():
        write_json(job.output / f"plots/{name}.json", content)
    document = {
        "measures": [measure.listed() for measure in found],
        "metrics": {
            "leaveOneSiteOut": measures.metrics(inside),
            "validation": measures.validation_metrics(inside, held_out),
            "external": measures.metrics(external) if external else None,
        },
        "ablation": ablation,
        "subgroups": groups,
        "calibration": drawn["calibration"],
        "plots": {name: f"plots/{name}.json" for name in drawn},
    }
    write_json(job.output / "evaluation.json", document)


def _cohort_reference(parameters: dict[str, Any]) -> str | None:
    """Which published cohort the data are, so that its published results can be reproduced; None for any other data."""
    reference = parameters.get("cohort_reference") or None
    if reference is not None and reference not in COHORT_REFERENCES:
        raise InvalidInput(f"parameter cohort_reference: {reference!r}, allowed: {', '.join(COHORT_REFERENCES)} or absent")
    return reference


def _same_view(cohort: Cohort, description: dict[str, Any]) -> None:
    if list(cohort.view.names) != description["view"]["columns"]:
        raise InvalidInput(
            f"view '{cohort.view.name}' version {cohort.view.version}: its columns are not those that the model was trained on, "
            f"allowed: view '{description['view']['name']}' version {description['view']['version']}"
        )


def _take(doses: dict[str, np.ndarray], rows: np.ndarray) -> dict[str, np.ndarray]:
    return {name: values[rows] for name, values in doses.items()}


def _spread(n: int, most: int) -> np.ndarray:
    """At most `most` row indices, evenly spread."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).astype(int))
