"""The same equations as kernel.py, stated as differential equations and solved by Diffrax: slow, independent, the yardstick."""

import diffrax
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from virtual_patient.pkpd.parameters import INR_MAX, PARAMETER_NAMES, S_FRACTION

DAY_H = 24.0
STATES = ("gut_mg", "central_mg", "a1", "a2", "a3", "a4", "a5", "a6")
UNTREATED = (0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0)


def derivative(t_h: float, state: Float[Array, "8"], parameters: Float[Array, " p"]) -> Float[Array, "8"]:
    """Time derivative (per hour) of STATES for one patient; Hamberg et al. 2010, structure as in parameters.py."""
    p = dict(zip(PARAMETER_NAMES, parameters))
    gut, central, a1, a2, a3, a4, a5, a6 = state
    # Past the trace the effect is nil; a fractional power of a negative rounding error would not be a number.
    c = jnp.maximum(central / p["v_l"], 1e-12)
    effect = c ** p["gamma"] / (p["ec50_mg_l"] ** p["gamma"] + c ** p["gamma"])
    ktr1, ktr2 = 3 / p["mtt1_h"], 3 / p["mtt2_h"]
    return jnp.stack([
        -p["ka_1_h"] * gut,
        p["ka_1_h"] * gut - p["cl_l_h"] / p["v_l"] * central,
        ktr1 * (1 - effect - a1),
        ktr1 * (a1 - a2),
        ktr1 * (a2 - a3),
        ktr2 * (1 - effect - a4),
        ktr2 * (a4 - a5),
        ktr2 * (a5 - a6),
    ])


def inr_of(state: Float[Array, "8"], parameters: Float[Array, " p"]) -> Float[Array, ""]:
    return parameters[PARAMETER_NAMES.index("inr_base")] + INR_MAX.value * (1 - (state[4] + state[7]) / 2)


def patient_course(
    parameters: Float[Array, " p"],
    daily_dose_mg: Float[Array, " d"],
    rtol: float = 1e-7,
    atol: float = 1e-9,
    max_steps_per_day: int = 4096,
) -> Float[Array, " d"]:
    """INR [D] of one patient 24 h after each dose by Tsit5 with adaptive steps; vmap it over patients.

    max_steps_per_day bounds what a gradient keeps: a smaller one is faster, too small a one raises.
    """
    term = diffrax.ODETerm(derivative)
    steps = diffrax.PIDController(rtol=rtol, atol=atol)

    def one_day(state, dose_mg):
        dosed = state.at[0].add(S_FRACTION * dose_mg)
        solution = diffrax.diffeqsolve(
            term,
            diffrax.Tsit5(),
            t0=0.0,
            t1=DAY_H,
            dt0=None,
            y0=dosed,
            args=parameters,
            stepsize_controller=steps,
            max_steps=max_steps_per_day,
        )
        end = solution.ys[-1]
        return end, inr_of(end, parameters)

    start = jnp.asarray(UNTREATED, parameters.dtype)
    return jax.lax.scan(one_day, start, daily_dose_mg)[1]
