"""Endpoints of a trial: estimates and bootstrap intervals, reduced on the device."""

from collections.abc import Callable
from typing import Final, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from virtual_patient.trial.design import Design
from virtual_patient.trial.protocol import Outcome

REPLICATES: Final = 2000
LEVEL: Final = 0.95


class Endpoint(NamedTuple):
    name: str
    title: str
    unit: str
    definition: str
    reduction: str  # "mean" or "median" over patients


ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    Endpoint("ttrPercent", "Time in range", "%", "share of the observed days with INR in the target range, Rosendaal interpolation, mean over patients", "mean"),
    Endpoint("timeBelowPercent", "Time below range", "%", "as time in range, INR below it", "mean"),
    Endpoint("timeAbovePercent", "Time above range", "%", "as time in range, INR above it", "mean"),
    Endpoint("inrAtLeast4Percent", "Ever INR 4.0 or above", "%", "share of patients with a measured INR of 4.0 or above", "mean"),
    Endpoint("daysToFirstInrInRange", "Days to first INR in range", "days", "median day of the first measured INR in range", "median"),
    Endpoint("daysToConfirmedInrInRange", "Days to confirmed INR in range", "days", "median day of the second of two consecutive measured INRs in range", "median"),
    Endpoint("inrTests", "INR tests", "tests", "number of INR measurements, mean over patients", "mean"),
    Endpoint("finalWeeklyDoseMg", "Final weekly dose", "mg/week", "prescribed dose at the end, median over patients", "median"),
)


class Estimate(NamedTuple):
    """A value with its bootstrap replicates [B]; infinite where more than half the patients never had the event."""

    value: Float[Array, ""]
    replicates: Float[Array, " b"]


def analysed(outcome: Outcome, design: Design) -> Bool[Array, " n"]:
    """Patients whose INR was followed long enough for the primary endpoint."""
    return outcome.observed_days >= design.minimum_days_observed


@jax.jit
def estimates(outcome: Outcome, included: Bool[Array, " n"], key: jax.Array) -> dict[str, Estimate]:
    """Every endpoint of one arm. The same key draws the same patients in every arm: replicates are paired."""
    values = _values(outcome)
    reductions = {e.name: _reduction(e.reduction, values[e.name]) for e in ENDPOINTS}
    rows = jnp.cumsum(included) - 1  # the included patients, numbered
    count = jnp.sum(included)

    def replicate(key):
        drawn = jnp.floor(jax.random.uniform(key, included.shape) * count).astype(int)
        # As many draws as there are included patients; the rest of the fixed-size draw weighs nothing.
        weight = jnp.zeros(included.shape).at[drawn].add(jnp.arange(len(included)) < count)
        weight = jnp.where(included, weight[rows], 0.0)
        return {name: reduce(weight) for name, reduce in reductions.items()}

    replicates = jax.lax.map(replicate, jax.random.split(key, REPLICATES))
    return {name: Estimate(reduce(included * 1.0), replicates[name]) for name, reduce in reductions.items()}


def interval(replicates: np.ndarray) -> list[float] | None:
    """Percentile interval at LEVEL, None where it is not finite."""
    tail = (1 - LEVEL) / 2
    finite = np.sort(np.asarray(replicates))
    bounds = [float(finite[int(np.floor(tail * (len(finite) - 1)))]), float(finite[int(np.ceil((1 - tail) * (len(finite) - 1)))])]
    return bounds if np.isfinite(bounds).all() else None


def independent(replicates: np.ndarray) -> np.ndarray:
    """The replicates out of step with the other arm's, as if the arms had had different patients."""
    return np.roll(np.asarray(replicates), 1)


def _values(outcome: Outcome) -> dict[str, Float[Array, " n"]]:
    return {
        "ttrPercent": 100 * outcome.ttr,
        "timeBelowPercent": 100 * outcome.below,
        "timeAbovePercent": 100 * outcome.above,
        "inrAtLeast4Percent": 100.0 * outcome.excessive,
        "daysToFirstInrInRange": outcome.first_in_range_day,
        "daysToConfirmedInrInRange": outcome.confirmed_in_range_day,
        "inrTests": 1.0 * outcome.tests,
        "finalWeeklyDoseMg": outcome.final_weekly_dose_mg,
    }


def _reduction(kind: str, values: Float[Array, " n"]) -> Callable[[Float[Array, " n"]], Float[Array, ""]]:
    """The weighted mean, or the lower weighted median: the first value at which half of the weight is reached."""
    if kind == "mean":
        return lambda weight: jnp.sum(jnp.where(weight > 0, values, 0.0) * weight) / jnp.sum(weight)
    order = jnp.argsort(values)
    ranked = values[order]
    return lambda weight: ranked[jnp.argmax(jnp.cumsum(weight[order]) >= jnp.sum(weight) / 2)]
