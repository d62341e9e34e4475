"""One arm of a trial, day by day: measure, prescribe, take, advance the kernel."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from virtual_patient.pkpd import kernel
from virtual_patient.trial import dosing, rosendaal
from virtual_patient.trial.design import DAYS, Arm, Design, Fixed, Loading, Maintenance, Phase, Revision, Titration
from virtual_patient.trial.patients import Covariates, VirtualPatients

DOSES_REMEMBERED = 4  # Lenzini 2010 looks back four days
INR_RESOLUTION = 0.1  # a laboratory reports one decimal
EXCESSIVE_INR = 4.0  # the publications' excessive anticoagulation
NEVER = jnp.inf


class Course(NamedTuple):
    """The state of N patients in the morning of a day."""

    body: kernel.State
    dose_mg: Float[Array, " n"]  # daily dose in force
    hold_days: Int[Array, " n"]  # days for which it is still withheld
    doses_before_mg: Float[Array, "n 4"]  # prescribed one, two, three and four days before
    next_test_day: Int[Array, " n"]
    inr: Float[Array, " n"]  # last measured
    measured_day: Int[Array, " n"]
    exposure: rosendaal.Exposure
    tests: Int[Array, " n"]
    excessive: Bool[Array, " n"]  # ever measured at EXCESSIVE_INR or above
    first_in_range_day: Float[Array, " n"]  # NEVER until it happens
    confirmed_in_range_day: Float[Array, " n"]  # second of two consecutive tests in range


class Outcome(NamedTuple):
    """What N patients of an arm leave; days are counted from 1, NEVER (infinite) where it did not happen."""

    ttr: Float[Array, " n"]  # shares of the observed time, by Rosendaal
    below: Float[Array, " n"]
    above: Float[Array, " n"]
    observed_days: Float[Array, " n"]
    excessive: Bool[Array, " n"]
    first_in_range_day: Float[Array, " n"]
    confirmed_in_range_day: Float[Array, " n"]
    tests: Int[Array, " n"]
    final_weekly_dose_mg: Float[Array, " n"]


class Series(NamedTuple):
    """The arm's true INR on each of V = D + 1 days, over the patients still in the trial."""

    mean_inr: Float[Array, " v"]
    percent_in_range: Float[Array, " v"]
    lower_decile_inr: Float[Array, " v"]
    upper_decile_inr: Float[Array, " v"]
    patients: Int[Array, " v"]


def simulation_of(design: Design, arm: Arm) -> Callable[[VirtualPatients], tuple[Outcome, Series]]:
    """The compiled simulation of one arm. The days' reductions over patients are made on the device."""
    return jax.jit(partial(_run, design, arm))


def _run(design: Design, arm: Arm, patients: VirtualPatients) -> tuple[Outcome, Series]:
    operator = kernel.prepare(patients.parameters)
    scheduled = jnp.asarray([day in design.scheduled_days for day in range(1, design.days + 2)])
    last = design.days + 1

    def one_day(course: Course, chance):
        day, inr_error_ln, taken, is_scheduled = chance
        true_inr = kernel.inr(operator, course.body)
        present = day <= patients.last_day
        tested = present & (is_scheduled | (day >= course.next_test_day))
        measured = jnp.round(true_inr * jnp.exp(inr_error_ln) / INR_RESOLUTION) * INR_RESOLUTION
        course = _record(design, course, day, tested, measured)
        course = _prescribe(design, arm, patients.covariates, course, day, tested)
        dose_mg = jnp.where(present & (course.hold_days <= 0), course.dose_mg, 0.0)
        course = course._replace(
            body=kernel.advance(operator, course.body, dose_mg * taken),
            hold_days=course.hold_days - 1,
            doses_before_mg=jnp.concatenate([dose_mg[:, None], course.doses_before_mg[:, :-1]], axis=1),
        )
        return course, _of_day(design, true_inr, present)

    # The last morning has a test and no dose.
    taken = jnp.concatenate([patients.taken, jnp.zeros_like(patients.taken[:, :1])], axis=1)
    chance = (jnp.arange(1, last + 1), patients.inr_error_ln.T, taken.T, scheduled)
    end, series = jax.lax.scan(one_day, _start(patients), chance)
    return _outcome(end), series


def _start(patients: VirtualPatients) -> Course:
    zero = patients.parameters[:, 0] * 0
    none = zero.astype(int)
    return Course(
        body=kernel.untreated(patients.parameters),
        dose_mg=zero,
        hold_days=none,
        doses_before_mg=jnp.stack([zero] * DOSES_REMEMBERED, axis=1),
        next_test_day=none + DAYS[1] + 2,  # beyond any design: only scheduled tests until a titration asks for more
        inr=zero + 1,
        measured_day=none + 1,
        exposure=rosendaal.nothing(zero),
        tests=none,
        excessive=none > 0,
        first_in_range_day=zero + NEVER,
        confirmed_in_range_day=zero + NEVER,
    )


def _record(design: Design, course: Course, day: Int[Array, ""], tested: Bool[Array, " n"], inr: Float[Array, " n"]) -> Course:
    low, high = design.target_inr
    in_range = (inr >= low - INR_RESOLUTION / 2) & (inr <= high + INR_RESOLUTION / 2)
    was_in_range = (course.inr >= low - INR_RESOLUTION / 2) & (course.inr <= high + INR_RESOLUTION / 2) & (course.tests > 0)
    segment = rosendaal.segment(course.inr, inr, day - course.measured_day, low, high)
    return course._replace(
        exposure=rosendaal.add(course.exposure, segment, tested & (course.tests > 0)),
        inr=jnp.where(tested, inr, course.inr),
        measured_day=jnp.where(tested, day, course.measured_day),
        tests=course.tests + tested,
        excessive=course.excessive | (tested & (inr >= EXCESSIVE_INR - INR_RESOLUTION / 2)),
        first_in_range_day=_first(course.first_in_range_day, tested & in_range, day),
        confirmed_in_range_day=_first(course.confirmed_in_range_day, tested & in_range & was_in_range, day),
    )


def _first(known: Float[Array, " n"], happens: Bool[Array, " n"], day: Int[Array, ""]) -> Float[Array, " n"]:
    return jnp.where(happens & jnp.isinf(known), day, known)


def _prescribe(
    design: Design, arm: Arm, covariates: Covariates, course: Course, day: Int[Array, ""], tested: Bool[Array, " n"]
) -> Course:
    """The phases in their order; each acts from its first day to the next phase's."""
    ends = [phase.from_day for phase in arm.phases[1:]] + [design.days + 2]
    for phase, end in zip(arm.phases, ends):
        active = (day >= phase.from_day) & (day < end)
        changed = _by_phase(design, phase, covariates, course, day, tested)
        course = jax.tree.map(lambda new, old: jnp.where(active, new, old), changed, course)
    return course


def _by_phase(design: Design, phase: Phase, covariates: Covariates, course: Course, day, tested) -> Course:
    match phase:
        case Fixed():
            return course._replace(dose_mg=dosing.fixed(phase, covariates, day))
        case Loading(from_day, source):
            maintenance = covariates.maintenance_mg_day[source]
            return course._replace(dose_mg=_rounded(design, dosing.loading(maintenance, covariates, day - from_day)))
        case Maintenance(_, source):
            return course._replace(dose_mg=_rounded(design, covariates.maintenance_mg_day[source]))
        case Revision(from_day, algorithm):
            middle = sum(design.target_inr) / 2
            revised = dosing.lenzini(algorithm, covariates, course.inr, middle, course.doses_before_mg)
            return course._replace(dose_mg=jnp.where(tested & (day == from_day), _rounded(design, revised), course.dose_mg))
        case Titration():
            changed = dosing.titrate(design.titration, course.dose_mg, course.inr)
            return course._replace(
                dose_mg=jnp.where(tested, _rounded(design, changed.dose_mg), course.dose_mg),
                hold_days=jnp.where(tested, changed.hold_days, course.hold_days),
                next_test_day=jnp.where(tested, day + changed.retest_days, course.next_test_day),
            )


def _rounded(design: Design, dose_mg: Float[Array, " n"]) -> Float[Array, " n"]:
    return dosing.in_tablets(dose_mg, design.weekly_dose_step_mg)


def _of_day(design: Design, true_inr: Float[Array, " n"], present: Bool[Array, " n"]) -> Series:
    low, high = design.target_inr
    shown = jnp.where(present, true_inr, jnp.nan)
    deciles = jnp.nanquantile(shown, jnp.asarray([0.1, 0.9]))
    return Series(
        mean_inr=jnp.nanmean(shown),
        percent_in_range=100 * jnp.sum(present & (true_inr >= low) & (true_inr <= high)) / jnp.sum(present),
        lower_decile_inr=deciles[0],
        upper_decile_inr=deciles[1],
        patients=jnp.sum(present),
    )


def _outcome(end: Course) -> Outcome:
    observed = end.exposure.days
    whole = jnp.maximum(observed, 1e-9)
    return Outcome(
        ttr=end.exposure.in_range / whole,
        below=end.exposure.below / whole,
        above=end.exposure.above / whole,
        observed_days=observed,
        excessive=end.excessive,
        first_in_range_day=end.first_in_range_day,
        confirmed_in_range_day=end.confirmed_in_range_day,
        tests=end.tests,
        final_weekly_dose_mg=7 * end.dose_mg,
    )
