"""Steady state of the warfarin model in closed form: typical parameters, INR at a constant concentration, dose for a target INR.

Equations and parameters: Hamberg et al. 2010 (see parameters.py). All functions are pure JAX, elementwise over
any common shape, differentiable, and use only operations that export to ONNX.
"""

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from virtual_patient.pkpd.parameters import (
    CL_AGE_SLOPE_PER_YEAR,
    CL_PER_ALLELE_L_H,
    CYP2C9_FREQUENCY,
    CYP2C9_GENOTYPES,
    EC50_PER_ALLELE_MG_L,
    GAMMA,
    INR_BASE,
    INR_MAX,
    REFERENCE_AGE_YEARS,
    S_FRACTION,
    VKORC1_FREQUENCY,
    VKORC1_GENOTYPES,
)

HOURS_PER_WEEK = 168.0
ADULT_AGE_YEARS = (18.0, 90.0)  # the age slope is not carried beyond adults


def genotype_cl_l_h(cyp2c9: str | None) -> float:
    """Typical S-warfarin clearance (L/h) at the reference age.

    cyp2c9: one of CYP2C9_GENOTYPES; anything else (None, rarer alleles) gets the population's mean.
    """
    if cyp2c9 not in CYP2C9_GENOTYPES:
        return sum(f * genotype_cl_l_h(g) for f, g in zip(CYP2C9_FREQUENCY, CYP2C9_GENOTYPES))
    return sum(CL_PER_ALLELE_L_H[allele] for allele in cyp2c9.split("/"))


def genotype_ec50_mg_l(vkorc1: str | None) -> float:
    """Typical EC50 (mg/L of S-warfarin); vkorc1: one of VKORC1_GENOTYPES, else the population's mean."""
    if vkorc1 not in VKORC1_GENOTYPES:
        return sum(f * genotype_ec50_mg_l(g) for f, g in zip(VKORC1_FREQUENCY, VKORC1_GENOTYPES))
    return sum(EC50_PER_ALLELE_MG_L[allele] for allele in vkorc1.split("/"))


def cl_age_factor(age_years: ArrayLike) -> Array:
    """Clearance relative to that at the reference age; falls with age, held constant outside adult ages."""
    age = jnp.clip(age_years, *ADULT_AGE_YEARS)
    return 1.0 - CL_AGE_SLOPE_PER_YEAR * (age - REFERENCE_AGE_YEARS)


def inr_at_concentration(c_mg_l: ArrayLike, ec50_mg_l: ArrayLike) -> Array:
    """INR at a constant S-warfarin concentration (mg/L)."""
    c, ec50 = jnp.asarray(c_mg_l), jnp.asarray(ec50_mg_l)
    effect = c**GAMMA.value / (ec50**GAMMA.value + c**GAMMA.value)
    return INR_BASE.value + INR_MAX.value * effect


def concentration_for_inr(target_inr: ArrayLike, ec50_mg_l: ArrayLike) -> Array:
    """Constant S-warfarin concentration (mg/L) that holds the INR; 1 < target_inr < 21."""
    effect = (jnp.asarray(target_inr) - INR_BASE.value) / INR_MAX.value
    return jnp.asarray(ec50_mg_l) * (effect / (1.0 - effect)) ** (1.0 / GAMMA.value)


def weekly_dose_mg(cl_l_h: ArrayLike, ec50_mg_l: ArrayLike, target_inr: ArrayLike) -> Array:
    """Racemic warfarin (mg/week) that replaces what is cleared at the target's concentration."""
    return jnp.asarray(cl_l_h) * concentration_for_inr(target_inr, ec50_mg_l) * HOURS_PER_WEEK / S_FRACTION


def steady_inr(weekly_dose_mg: ArrayLike, cl_l_h: ArrayLike, ec50_mg_l: ArrayLike) -> Array:
    """INR that a constant racemic dose (mg/week) settles at."""
    c = jnp.asarray(weekly_dose_mg) * S_FRACTION / HOURS_PER_WEEK / jnp.asarray(cl_l_h)
    return inr_at_concentration(c, ec50_mg_l)
