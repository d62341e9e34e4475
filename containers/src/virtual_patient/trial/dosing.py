"""Dosing rules: what a protocol prescribes on a day, from what it may know.

Each rule takes the covariates, the day and the course so far, and gives the daily dose in mg, all [N]. Doses are of
racemic warfarin. Rules never see a patient's parameters or true INR.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from virtual_patient.trial.design import Fixed, TitrationRow
from virtual_patient.trial.patients import Covariates

HOURS = 24.0
# Elimination rate of S-warfarin (1/h) by CYP2C9 genotype, (number of *2, number of *3) alleles; Avery et al. 2011,
# Clin Pharmacol Ther 90:701-6, doi:10.1038/clpt.2011.186.
ELIMINATION_1_H = {(0, 0): 0.0189, (1, 0): 0.0158, (0, 1): 0.0132, (2, 0): 0.0130, (1, 1): 0.0090, (0, 2): 0.0075}
LOADING_DAYS = 3

# Lenzini et al. 2010, Clin Pharmacol Ther 87:572-8, doi:10.1038/clpt.2010.13: natural logarithm of the weekly dose
# in mg, from INR, covariates and the doses (mg) two, three and four days before. Fluvastatin is left out: the
# feature view does not tell the statins apart that finely.
LENZINI_2010 = {
    "pharmacogenetic": {
        "intercept": 3.10894,
        "age_years": -0.00767,
        "ln_inr": -0.51611,
        "vkorc1_a": -0.23032,
        "cyp2c9_2": -0.14745,
        "cyp2c9_3": -0.30770,
        "bsa_m2": 0.24597,
        "target_inr": 0.26729,
        "black": -0.09644,
        "stroke": -0.20590,
        "diabetes": -0.11216,
        "amiodarone": -0.10350,
        "dose_2_days_before": 0.01690,
        "dose_3_days_before": 0.02018,
        "dose_4_days_before": 0.01065,
    },
    "clinical": {
        "intercept": 2.81602,
        "age_years": -0.00590,
        "ln_inr": -0.76679,
        "bsa_m2": 0.17675,
        "target_inr": 0.27815,
        "black": 0.07123,
        "stroke": -0.22844,
        "diabetes": -0.16759,
        "amiodarone": -0.11137,
        "dose_2_days_before": 0.03471,
        "dose_3_days_before": 0.03047,
        "dose_4_days_before": 0.01929,
    },
}


class Titrated(NamedTuple):
    dose_mg: Float[Array, " n"]
    hold_days: Int[Array, " n"]
    retest_days: Int[Array, " n"]


def fixed(rule: Fixed, covariates: Covariates, day: Int[Array, ""]) -> Float[Array, " n"]:
    """The day's dose of a table by age."""
    up_to = _of_day(rule.doses_mg_up_to_age, day - rule.from_day)
    above = _of_day(rule.doses_mg_above_age, day - rule.from_day)
    return jnp.where(covariates.age_years <= rule.age_years, up_to, above)


def loading(maintenance_mg: Float[Array, " n"], covariates: Covariates, days_since: Int[Array, ""]) -> Float[Array, " n"]:
    """Avery et al. 2011: three doses that together bring S-warfarin to the level of the maintenance dose D.

    LD = D / ((1 - q) (1 + q + q^2)), q = exp(-24 h k); given as 1.5 LD - 0.5 D, LD, 0.5 LD + 0.5 D.
    """
    k = sum(rate * ((covariates.cyp2c9_2 == n2) & (covariates.cyp2c9_3 == n3)) for (n2, n3), rate in ELIMINATION_1_H.items())
    q = jnp.exp(-HOURS * k)
    daily = maintenance_mg / ((1 - q) * (1 + q + q * q))
    course = jnp.stack([1.5 * daily - 0.5 * maintenance_mg, daily, 0.5 * daily + 0.5 * maintenance_mg, maintenance_mg])
    return course[jnp.minimum(days_since, LOADING_DAYS)]


def lenzini(
    algorithm: str, covariates: Covariates, inr: Float[Array, " n"], target_inr: float, doses_before_mg: Float[Array, "n 4"]
) -> Float[Array, " n"]:
    """The revised daily dose; doses_before_mg are those of one, two, three and four days before."""
    known = covariates._asdict() | {
        "intercept": 1.0,
        "ln_inr": jnp.log(inr),
        "target_inr": target_inr,
        "dose_2_days_before": doses_before_mg[:, 1],
        "dose_3_days_before": doses_before_mg[:, 2],
        "dose_4_days_before": doses_before_mg[:, 3],
    }
    return jnp.exp(sum(coefficient * known[name] for name, coefficient in LENZINI_2010[algorithm].items())) / 7


def titrate(table: tuple[TitrationRow, ...], dose_mg: Float[Array, " n"], inr: Float[Array, " n"]) -> Titrated:
    """The row of the table that the measured INR falls into."""
    row = jnp.sum(inr[:, None] >= jnp.asarray([each.inr_below for each in table[:-1]]), axis=1)
    return Titrated(
        dose_mg=dose_mg * jnp.asarray([each.factor for each in table])[row],
        hold_days=jnp.asarray([each.hold_days for each in table])[row],
        retest_days=jnp.asarray([each.retest_days for each in table])[row],
    )


def in_tablets(dose_mg: Float[Array, " n"], weekly_step_mg: float) -> Float[Array, " n"]:
    """The daily mean of the nearest weekly dose that tablets can make, never negative."""
    return jnp.maximum(jnp.round(dose_mg * 7 / weekly_step_mg) * weekly_step_mg / 7, 0.0)


def _of_day(doses_mg: tuple[float, ...], days_since: Int[Array, ""]) -> Float[Array, ""]:
    return jnp.asarray(doses_mg)[jnp.clip(days_since, 0, len(doses_mg) - 1)]
