"""The hybrid model: covariates move an individual's clearance and EC50 away from the published typical values.

    ln CL   = ln CL(CYP2C9, age)   + m_cl,     m = omega * 3 tanh((linear(x) + network(x)) / 3)
    ln EC50 = ln EC50(VKORC1)      + m_ec50
    weekly dose = steady_state.weekly_dose_mg(CL, EC50, target INR)

Typical values and between-patient variability (omega) are published (pkpd/parameters.py), so an individual never
leaves three published standard deviations of the genotype's typical value. A stable dose reveals only the product
CL * EC50; which of the two a covariate moves is set by pharmacology (ROUTES), and how far by the omegas as priors.
"""

from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from virtual_patient.job import InvalidInput
from virtual_patient.pkpd import steady_state
from virtual_patient.pkpd.parameters import (
    CL_L_H,
    CYP2C9_GENOTYPES,
    EC50_MG_L,
    INDIVIDUAL,
    PARAMETER_NAMES,
    PLAUSIBLE_SD,
    VKORC1_GENOTYPES,
)
from virtual_patient.warfarin.features import View

HEADS = ("cl_l_h", "ec50_mg_l")
OMEGA = (CL_L_H.omega, EC50_MG_L.omega)
GENOTYPES = ("cyp2c9", "vkorc1")  # without them in the view there is no mechanistic half

# Which parameter a covariate may move. A feature not named here may move both.
ROUTES: dict[str, tuple[str, ...]] = {
    "age_decade": ("cl_l_h",),  # hepatic clearance falls with age (Hamberg 2010)
    "height_cm": ("cl_l_h",),  # liver mass
    "weight_kg": ("cl_l_h",),  # liver mass; allometry
    "sex": ("cl_l_h",),
    "cyp2c9": ("cl_l_h",),  # the enzyme that clears S-warfarin
    "amiodarone": ("cl_l_h",),  # inhibits CYP2C9
    "enzyme_inducer": ("cl_l_h",),  # induces CYP2C9
    "azole": ("cl_l_h",),  # inhibit CYP2C9
    "sulfonamide": ("cl_l_h",),  # inhibit CYP2C9
    "simvastatin": ("cl_l_h",),
    "atorvastatin": ("cl_l_h",),
    "statin_other": ("cl_l_h",),  # fluvastatin inhibits CYP2C9
    "macrolide": ("cl_l_h",),
    "smoker": ("cl_l_h",),  # induction
    "heart_failure": ("cl_l_h",),  # hepatic congestion
    "vkorc1": ("ec50_mg_l",),  # the target enzyme
    "race": ("ec50_mg_l",),  # other variants and vitamin K intake
    "acetaminophen": ("ec50_mg_l",),  # its metabolite inhibits the vitamin K cycle
    "aspirin": ("ec50_mg_l",),
    "diabetes": ("ec50_mg_l",),
    "valve_replacement": ("ec50_mg_l",),
    "indication_dvt_pe": ("ec50_mg_l",),
    "indication_af": ("ec50_mg_l",),
    "indication_valve": ("ec50_mg_l",),
    "indication_stroke": ("ec50_mg_l",),
}
# Features whose absence carries no information about the patient, only about what a hospital records: unknown
# counts as "no", as in the IWPC's algorithms.
MISSING_IS_INFORMATIVE = ("height_cm", "weight_kg", "sex", "race", "cyp2c9", "vkorc1", "age_decade")
CLIP = 4.0  # encoded covariates beyond this many scales are held there, so that the networks never extrapolate far
AGE_DECADE_MIDDLE_YEARS = 5.0


@dataclass(frozen=True, eq=False)
class Encoding:
    """What of the view's F columns the model reads; constants of the program, made by `encode`."""

    features: tuple[str, ...]
    columns: np.ndarray  # [S] indices into the view's columns
    routes: np.ndarray  # [S, 2] 1 where the column may move the head
    log_cl_weight: np.ndarray  # [F]
    log_cl_base: float
    log_ec50_weight: np.ndarray  # [F]
    log_ec50_base: float
    age_years_weight: np.ndarray  # [F]
    age_years_base: float

    def typical(self, x: Float[Array, "n f"]) -> Float[Array, "n 2"]:
        """ln CL (L/h) and ln EC50 (mg/L) by genotype and age as published; unknown genotype: the population's mean."""
        age = x @ jnp.asarray(self.age_years_weight, x.dtype) + self.age_years_base
        log_cl = x @ jnp.asarray(self.log_cl_weight, x.dtype) + self.log_cl_base + jnp.log(steady_state.cl_age_factor(age))
        log_ec50 = x @ jnp.asarray(self.log_ec50_weight, x.dtype) + self.log_ec50_base
        return jnp.stack([log_cl, log_ec50], axis=1)

    def covariates(self, x: Float[Array, "n f"]) -> Float[Array, "n s"]:
        """The columns that the multipliers depend on."""
        return jnp.clip(x[:, self.columns], -CLIP, CLIP)


def encode(view: View, features: tuple[str, ...]) -> Encoding:
    """Raises InvalidInput where the view lacks a genotype or age, or a named feature."""
    for feature in (*GENOTYPES, "age_decade", *features):
        if feature not in view.features:
            raise InvalidInput(f"feature {feature}: not in view '{view.name}', present: {', '.join(view.features)}")
    columns = [
        i for i in view.positions(features) if view.columns[i].kind != "missing" or view.columns[i].feature in MISSING_IS_INFORMATIVE
    ]
    routes = [[float(head in ROUTES.get(view.columns[i].feature, HEADS)) for head in HEADS] for i in columns]
    age = view.position("age_decade", "numeric")
    age_weight = np.zeros(len(view.columns))
    age_weight[age] = 10.0 * view.columns[age].scale
    log_cl_weight, log_cl_base = _log_level_weights(view, "cyp2c9", CYP2C9_GENOTYPES, steady_state.genotype_cl_l_h)
    log_ec50_weight, log_ec50_base = _log_level_weights(view, "vkorc1", VKORC1_GENOTYPES, steady_state.genotype_ec50_mg_l)
    return Encoding(
        features=features,
        columns=np.asarray(columns),
        routes=np.asarray(routes),
        log_cl_weight=log_cl_weight,
        log_cl_base=log_cl_base,
        log_ec50_weight=log_ec50_weight,
        log_ec50_base=log_ec50_base,
        age_years_weight=age_weight,
        age_years_base=10.0 * view.columns[age].center + AGE_DECADE_MIDDLE_YEARS,
    )


class Multipliers(eqx.Module):
    """Trainable part of one member: S covariates -> ln multipliers of CL and EC50, bounded at PLAUSIBLE_SD omegas."""

    bias: Float[Array, "2"]
    linear: Float[Array, "s 2"]
    into: Float[Array, "2 s h"]
    into_bias: Float[Array, "2 h"]
    out: Float[Array, "2 h"]

    def __call__(self, covariates: Float[Array, "n s"], routes: Float[Array, "s 2"]) -> Float[Array, "n 2"]:
        """ln(individual / typical) [N, 2], in the order of HEADS."""
        raw = self.bias + covariates @ (self.linear * routes)
        if self.out.shape[1]:
            hidden = [jnp.tanh(covariates @ (self.into[h] * routes[:, h : h + 1]) + self.into_bias[h]) @ self.out[h] for h in (0, 1)]
            raw = raw + jnp.stack(hidden, axis=1)
        omega = jnp.asarray(OMEGA, covariates.dtype)
        return omega * PLAUSIBLE_SD * jnp.tanh(raw / PLAUSIBLE_SD)


def initial(key: Array, covariates: int, hidden: int) -> Multipliers:
    """Starts at the published typical values: multipliers of (nearly) one."""
    into_key, out_key = jax.random.split(key)
    return Multipliers(
        bias=jnp.zeros(2),
        linear=jnp.zeros((covariates, 2)),
        into=jax.random.normal(into_key, (2, covariates, hidden)) / np.sqrt(max(covariates, 1)),
        into_bias=jnp.zeros((2, hidden)),
        out=0.01 * jax.random.normal(out_key, (2, hidden)),
    )


def log_dose(
    multipliers: Multipliers, covariates: Float[Array, "n s"], routes: Float[Array, "s 2"], typical_log_dose: Float[Array, " n"]
) -> tuple[Float[Array, " n"], Float[Array, "n 2"]]:
    """ln weekly dose (mg) [N] and the ln multipliers [N, 2]: the steady-state dose is proportional to CL and to EC50."""
    moved = multipliers(covariates, routes)
    return typical_log_dose + jnp.sum(moved, axis=1), moved


def typical_log_dose(encoding: Encoding, x: Float[Array, "n f"], target_inr: Float[Array, " n"]) -> Float[Array, " n"]:
    """ln weekly dose (mg) [N] by the published parameters alone: the mechanistic model without a fit."""
    cl, ec50 = jnp.exp(encoding.typical(x)).T
    return jnp.log(steady_state.weekly_dose_mg(cl, ec50, target_inr))


def individual_parameters(log_cl_ec50: Float[Array, "n 2"]) -> Float[Array, "n 8"]:
    """Columns as PARAMETER_NAMES: CL and EC50 of the individual, the rest at the published typical value (dose tells nothing of it)."""
    cl_ec50 = dict(zip(HEADS, jnp.exp(log_cl_ec50).T))
    one = jnp.ones_like(log_cl_ec50[:, 0])
    return jnp.stack([cl_ec50[name] if name in cl_ec50 else one * INDIVIDUAL[name].value for name in PARAMETER_NAMES], axis=1)


def _log_level_weights(view: View, feature: str, levels: tuple[str, ...], typical) -> tuple[np.ndarray, float]:
    """Linear weights [F] over one-hot columns and a base, whose sum is ln typical(level), or the base's where no level is set."""
    base = float(np.log(typical(None)))
    weights = np.zeros(len(view.columns))
    for level in levels:
        column = view.position(feature, "level", level)
        if column is not None:
            weights[column] = np.log(typical(level)) - base
    return weights, base
