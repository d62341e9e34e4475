"""What of a warfarin model's training and evaluation its tracked run shows: curves by fold and member, files, measures."""

from collections.abc import Callable

import numpy as np

from virtual_patient.metrics.conformal import Conformal
from virtual_patient.tracking.tracker import WHOLE, Tracker
from virtual_patient.warfarin.export import Parity
from virtual_patient.warfarin.fit import Losses
from virtual_patient.warfarin.folds import ALL, Folds
from virtual_patient.warfarin.measures import Measure
from virtual_patient.warfarin.settings import Settings

MOST_POINTS = 1000  # of a curve; longer fits are thinned
FILES = ("model.json", "history.json", "model.npz", "dose.onnx", "course.onnx")  # out_of_fold.parquet has a row per patient: it stays where it is
BY_SITE = {"maeMgPerWeek": "mae_mg_week", "within20Percent": "within_20_percent", "n": "patients"}


def open_parts(tracker: Tracker, folds: Folds, settings: Settings) -> None:
    """A nested run per fold; the members of the one that is deployed below it."""
    for name, sees in zip(folds.names, folds.sees):
        tracker.part(_fold(name), held_out="nobody" if name == ALL else name, patients=int(sees.sum()))
    for member in range(settings.members):
        tracker.part(_member(member), within=_fold(ALL), member=member + 1)


def observer(tracker: Tracker, folds: Folds, settings: Settings, model: str) -> Callable[[Losses], None] | None:
    """Records a fit's losses: of the run the mean over folds, of a fold the mean over members. None where nobody listens."""
    if not tracker.active:
        return None
    every = max(1, -(-settings.steps // MOST_POINTS))
    train, held_out = f"{model}/train_loss", f"{model}/validation_loss"

    def observe(losses: Losses) -> None:
        kept = [row for row, step in enumerate(losses.steps) if step % every == 0 or step == settings.steps]
        steps = [losses.steps[row] for row in kept]
        curves, last = losses.train[kept], losses.steps[-1]
        tracker.series(steps, {train: curves.mean(axis=(1, 2))})
        tracker.metrics({held_out: float(np.nanmean(losses.held_out))}, WHOLE, last)
        for fold, name in enumerate(folds.names):
            tracker.series(steps, {train: curves[:, fold].mean(axis=1)}, _fold(name))
            if name != ALL:
                tracker.metrics({held_out: float(losses.held_out[fold].mean())}, _fold(name), last)
        for member in range(settings.members):
            tracker.series(steps, {train: curves[:, folds.names.index(ALL), member]}, _member(member))

    return observe


def outputs(tracker: Tracker, parity: Parity, deployed: Conformal) -> None:
    """The finished files below the job's output, the graphs as logged models, and what is deployed with them."""
    for name in FILES:
        tracker.artifact("output", name)
    tracker.model("dose.onnx", interval_level=deployed.level)
    tracker.model("course.onnx")
    tracker.metrics({"export/parity_dose_max_relative_error": parity.dose, "export/parity_course_max_relative_error": parity.course})
    tracker.metrics({f"interval/{name}": float(value) for name, value in deployed._asdict().items()})


def evaluated(tracker: Tracker, found: list[Measure]) -> None:
    """Every measure that a gate may ask for, with the ends of its interval; a hospital's own below its fold."""
    for measure in found:
        ends = {} if measure.interval is None else {f"{measure.name}/{end}": value for end, value in zip(("lower", "upper"), measure.interval)}
        tracker.metrics({measure.name: measure.value, **ends})
        if measure.name == "leave_one_site_out_mae_mg_week":
            for site, summary in measure.data["bySite"].items():
                tracker.part(_fold(site))
                tracker.metrics({f"leave_one_site_out/{name}": summary[key] for key, name in BY_SITE.items()}, _fold(site))
    tracker.artifact("output", "evaluation.json", "evaluation")


def _fold(name: str) -> str:
    return f"fold {name}"


def _member(member: int) -> str:
    return f"member {member + 1}"
