"""The training's hyperparameters, checked: every value may arrive as a string, as SageMaker passes it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from virtual_patient.job import InvalidInput
from virtual_patient.warfarin.features import DEFAULT_TARGET_INR

# name: (smallest, largest) allowed value
RANGES: dict[str, tuple[float, float]] = {
    "seed": (0, 2**31 - 1),
    "members": (2, 50),
    "steps": (1, 20_000),
    "hidden": (0, 256),
    "learning_rate": (1e-5, 0.5),
    "huber_delta": (0.01, 100.0),
    "prior_weight": (0.0, 10.0),
    "linear_decay": (0.0, 1e4),
    "network_decay": (0.0, 1e4),
    "ridge_penalty": (1e-6, 1e6),
    "interval_level": (0.5, 0.99),
    "recorded_target_reliability": (0.0, 1.0),
}
NOT_OURS = ("model", "cohort_reference")  # meant for other parts of the same job description


@dataclass(frozen=True)
class Settings:
    """Hyperparameters of the hybrid model; the values live in config/models/warfarin/hyperparameters.json."""

    seed: int
    members: int  # of the ensemble, each on its own bootstrap of the patients
    steps: int  # full-batch Adam steps
    hidden: int  # hidden units of each parameter's network; 0 leaves its log-linear part alone
    learning_rate: float  # at the start of the cosine decay
    huber_delta: float  # where the loss turns from squared to absolute, in residual standard deviations
    prior_weight: float  # weight of the published between-patient variability as a prior, relative to the data
    linear_decay: float  # L2 on log-linear effects, in patients
    network_decay: float  # L2 on the networks' weights, in patients
    ridge_penalty: float  # of the linear comparator
    interval_level: float  # of the prediction interval in dose.onnx
    recorded_target_reliability: float  # see cohort_target
    features: tuple[str, ...]  # used by the model, of those in the view

    def cohort_target(self, recorded_target_inr: np.ndarray) -> np.ndarray:
        """Target INR [N] that a retrospective patient's dose is taken to have aimed at.

        A recorded target is often a range by indication, not what the clinic titrated to: only its reliable share of
        the distance to the default is followed. A target asked for in a prediction is exact and is not changed.
        """
        return DEFAULT_TARGET_INR + self.recorded_target_reliability * (recorded_target_inr - DEFAULT_TARGET_INR)

    def as_json(self) -> dict[str, Any]:
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


def parse(parameters: Mapping[str, Any]) -> Settings:
    """Raises InvalidInput on a missing, unknown, malformed or out-of-range hyperparameter."""
    names = [field.name for field in fields(Settings)]
    for name in parameters:
        if name not in names and name not in NOT_OURS and not name.startswith("sagemaker_"):
            raise InvalidInput(f"hyperparameter {name}: unknown, allowed: {', '.join((*names, *NOT_OURS))}")
    absent = [name for name in names if name not in parameters]
    if absent:
        raise InvalidInput(f"hyperparameter {absent[0]}: absent, needed: {', '.join(names)}")
    values: dict[str, Any] = {f.name: _number(f.name, parameters[f.name], f.type) for f in fields(Settings) if f.name in RANGES}
    return Settings(**values, features=_names(parameters["features"]))


def _number(name: str, value: Any, kind: Any) -> float | int:
    lo, hi = RANGES[name]
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    whole = kind is int
    if not lo <= number <= hi or (whole and number != int(number)):
        raise InvalidInput(f"hyperparameter {name}: {value!r}, allowed: {'whole numbers ' if whole else ''}{lo:g}-{hi:g}")
    return int(number) if whole else number


def _names(value: Any) -> tuple[str, ...]:
    names = tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else tuple(value)
    if not names or not all(isinstance(name, str) and name for name in names):
        raise InvalidInput(f"hyperparameter features: {value!r}, allowed: names of features, separated by commas")
    return names
