"""Virtual patients of a trial: eligible patients of the pinned cohort, drawn with replacement, and all their chance.

Everything random is drawn here, once per patient and before any arm is simulated: the arms differ by their dosing
alone (common random numbers).
"""

from collections.abc import Callable
from typing import Literal, NamedTuple, get_args

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from virtual_patient.job import InvalidInput
from virtual_patient.pkpd.parameters import INDIVIDUAL, PARAMETER_NAMES, SIGMA_LN_INR
from virtual_patient.trial.design import Design
from virtual_patient.warfarin import nejm2009
from virtual_patient.warfarin.features import Cohort

# Mosteller 1987, N Engl J Med 317:1098: body surface in m2 = sqrt(height_cm * weight_kg / 3600).
MOSTELLER = 3600.0
YEARS_PER_DECADE = 10.0
LEAST_ELIGIBLE = 10
DTYPE = jnp.float32
# What the dosing rules ask for; diabetes and indication_stroke count as absent where the view lacks them.
NEEDED = ("age_decade", "height_cm", "weight_kg", "sex", "race", "cyp2c9", "vkorc1", "amiodarone", "enzyme_inducer")
Stream = Literal["who", "age", "kinetics", "inr", "adherence", "dose", "dropout"]


class Covariates(NamedTuple):
    """What the dosing rules know of N patients. 0/1 where not said otherwise; unknown co-medication counts as not taken."""

    age_years: Float[Array, " n"]
    bsa_m2: Float[Array, " n"]
    cyp2c9_2: Int[Array, " n"]  # number of *2 alleles
    cyp2c9_3: Int[Array, " n"]  # number of *3 alleles
    vkorc1_a: Int[Array, " n"]  # number of -1639 A alleles
    black: Int[Array, " n"]
    amiodarone: Int[Array, " n"]
    diabetes: Int[Array, " n"]
    stroke: Int[Array, " n"]
    maintenance_mg_day: dict[str, Float[Array, " n"]]  # by design.DOSE_SOURCES


class VirtualPatients(NamedTuple):
    """N virtual patients over D days of dosing."""

    covariates: Covariates
    parameters: Float[Array, "n p"]  # individual, columns as PARAMETER_NAMES
    inr_error_ln: Float[Array, "n v"]  # of the INR measured on day 1 ... D + 1, log scale
    taken: Float[Array, "n d"]  # share of the prescribed dose that is taken, 1 or 0
    last_day: Int[Array, " n"]  # last day in the trial, D + 1 for those who stay


# Encoded inputs [N, F] and target INR [N] to individual parameters [N, P] and weekly dose [N], mg.
Model = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def eligible_rows(cohort: Cohort, design: Design) -> np.ndarray:
    """Rows of the cohort that the design admits. Raises InvalidInput on an absent feature and on too few patients."""
    absent = [name for name in NEEDED if name not in cohort.raw]
    if absent:
        raise InvalidInput(f"features.parquet: column '{absent[0]}' is absent, needed: {', '.join(NEEDED)}")
    admitted = np.ones(len(cohort), bool)
    for requirement in design.eligibility:
        if requirement.feature not in cohort.raw:
            raise InvalidInput(f"design.eligibility: feature '{requirement.feature}', allowed: {', '.join(sorted(cohort.raw))}")
        values = cohort.raw[requirement.feature]
        admitted &= np.array([value in requirement.levels for value in values])
    age = cohort.raw["age_decade"]
    rows = np.flatnonzero(admitted & ~np.isnan(age))
    if len(rows) < LEAST_ELIGIBLE:
        raise InvalidInput(f"eligible patients: {len(rows)} of {len(cohort)}, allowed: at least {LEAST_ELIGIBLE}")
    return rows


def draw(cohort: Cohort, model: Model, design: Design, patients: int, seed: int) -> VirtualPatients:
    """`patients` virtual patients; the same seed and cohort give the same ones, whatever the design assumes of chance."""
    rows = eligible_rows(cohort, design)
    chosen = rows[_chance(seed, "who").integers(0, len(rows), patients)]
    typical, weekly_dose_mg = model(cohort.x[rows], cohort.target_inr[rows])
    if typical.shape[1] != len(PARAMETER_NAMES):
        raise InvalidInput(f"dose.onnx: {typical.shape[1]} parameters, allowed: {len(PARAMETER_NAMES)} ({', '.join(PARAMETER_NAMES)})")
    position = np.searchsorted(rows, chosen)
    within_decade = _chance(seed, "age").random(patients)
    return VirtualPatients(
        covariates=_covariates(cohort, chosen, within_decade, weekly_dose_mg[position]),
        parameters=_individual(typical[position], design, seed),
        inr_error_ln=_inr_error(design, patients, seed),
        taken=_taken(design, patients, seed),
        last_day=_last_day(design, patients, seed),
    )


def _chance(seed: int, stream: Stream) -> np.random.Generator:
    """Each purpose has its own stream: what one assumption draws does not shift the draws of another."""
    return np.random.default_rng([seed, get_args(Stream).index(stream)])


def _covariates(cohort: Cohort, rows: np.ndarray, within_decade: np.ndarray, model_weekly_mg: np.ndarray) -> Covariates:
    # Size is imputed over the whole cohort, where the regressions have most to go by.
    size = nejm2009.impute_size(cohort.raw)
    height, weight = size["height_cm"][rows], size["weight_kg"][rows]
    if not (np.isfinite(height).all() and np.isfinite(weight).all()):
        raise InvalidInput("height_cm, weight_kg: unknown for every patient, needed: some of each")
    age_years = YEARS_PER_DECADE * (cohort.raw["age_decade"][rows] + within_decade)
    raw = {name: values[rows] for name, values in cohort.raw.items()} | {"height_cm": height, "weight_kg": weight}
    cyp2c9, vkorc1 = raw["cyp2c9"], raw["vkorc1"]
    return Covariates(
        age_years=jnp.asarray(age_years),
        bsa_m2=jnp.asarray(np.sqrt(height * weight / MOSTELLER)),
        cyp2c9_2=_allele_count(cyp2c9, "*2"),
        cyp2c9_3=_allele_count(cyp2c9, "*3"),
        vkorc1_a=_allele_count(vkorc1, "A"),
        black=jnp.asarray((raw["race"] == "Black").astype(int)),
        amiodarone=_yes(cohort, "amiodarone", rows),
        diabetes=_yes(cohort, "diabetes", rows),
        stroke=_yes(cohort, "indication_stroke", rows),
        maintenance_mg_day={
            "iwpc-pharmacogenetic": jnp.asarray(nejm2009.weekly_dose_mg(nejm2009.PHARMACOGENETIC, raw) / 7),
            "iwpc-clinical": jnp.asarray(nejm2009.weekly_dose_mg(nejm2009.CLINICAL, raw) / 7),
            "registered-model": jnp.asarray(model_weekly_mg / 7),
        },
    )


def _individual(typical: np.ndarray, design: Design, seed: int) -> Float[Array, "n p"]:
    """Log-normal around the model's typical values, variances as published."""
    published = design.between_patient_variability == "published"
    omega = np.array([INDIVIDUAL[name].omega if published else 0.0 for name in PARAMETER_NAMES])
    return jnp.asarray(typical * np.exp(omega * _chance(seed, "kinetics").standard_normal(typical.shape)), DTYPE)


def _inr_error(design: Design, patients: int, seed: int) -> Float[Array, "n v"]:
    sigma = SIGMA_LN_INR if design.inr_noise == "published" else 0.0
    return jnp.asarray(sigma * _chance(seed, "inr").standard_normal((patients, design.days + 1)), DTYPE)


def _taken(design: Design, patients: int, seed: int) -> Float[Array, "n d"]:
    if design.missed_doses is None:
        return jnp.ones((patients, design.days), DTYPE)
    missed = _chance(seed, "adherence").beta(design.missed_doses.alpha, design.missed_doses.beta, patients)
    return jnp.asarray(_chance(seed, "dose").random((patients, design.days)) >= missed[:, None], DTYPE)


def _last_day(design: Design, patients: int, seed: int) -> Int[Array, " n"]:
    """Exponential time to leaving, by which `dropout_share` have left on the last day."""
    end = design.days + 1
    if design.dropout_share == 0:
        return jnp.full((patients,), end)
    hazard = -np.log1p(-design.dropout_share) / end
    leaves = np.ceil(_chance(seed, "dropout").exponential(1 / hazard, patients))
    return jnp.asarray(np.minimum(leaves, end).astype(int))


def _yes(cohort: Cohort, feature: str, rows: np.ndarray) -> Int[Array, " n"]:
    if feature not in cohort.raw:
        return jnp.zeros(len(rows), int)
    return jnp.asarray((np.nan_to_num(np.asarray(cohort.raw[feature], float)[rows]) > 0).astype(int))


def _allele_count(genotypes: np.ndarray, allele: str) -> Int[Array, " n"]:
    return jnp.asarray([0 if genotype is None else genotype.split("/").count(allele) for genotype in genotypes])
