"""INR under any daily dosing of warfarin: the exact solution of the PK/PD equations, one day at a time.

With x_i = 1 - A_i the equations of Hamberg et al. 2010 (see parameters.py) read

    gut'     = -ka gut                                     gut jumps by the S-warfarin half of each dose
    central' =  ka gut - k central,  k = CL / V            C = central / V
    x1' = ktr (E(C) - x1),  x2' = ktr (x1 - x2),  x3' = ktr (x2 - x3),   ktr = 3 / MTT, for each of two chains
    INR = INR_BASE + 20 (x3 + x6) / 2

The PK is linear, so C(t) within a day is two exponentials. A transit chain is linear in E, so its state after a
day is a constant 3x3 map of its state before, plus the integral of E(C(t)) against an Erlang density. Only that
integral is not elementary: Gauss-Legendre quadrature takes it, with eight nodes while the dose is absorbed and
eight in the rest of the day. Nothing steps, so nothing has to be stable or adapted, and the gradient is that of
a short product of smooth terms.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from virtual_patient.pkpd.parameters import INR_MAX, PARAMETER_NAMES, S_FRACTION

__all__ = ["PARAMETER_NAMES", "Day", "State", "advance", "course", "inr", "inr_course", "prepare", "untreated"]

DAY_H = 24.0
# Ends the absorption panel: exp(-ka * 4 h) = 3e-4 at ka = 2 /h. Chosen among 2, 2.5, 3, 4, 5 h by the greatest error over
# 300 patients of the published variability and 40 days; over 1,000 and 90 days it is 3e-7 (bench/kernel.py).
ABSORPTION_END_H = 4.0
NODES_PER_PANEL = 8
# Far below any effect (EC50 is of the order of 1 mg/L); keeps log C and its gradient finite before the first dose.
TRACE_MG_L = 1e-12

_COLUMN = {name: column for column, name in enumerate(PARAMETER_NAMES)}


def _nodes() -> tuple[np.ndarray, np.ndarray]:
    """Times after the dose [Q] and weights [Q], both in hours.

    The absorption panel is integrated over the square root of time: C rises from zero on the first day, and E, of
    the order of C^gamma with a fractional gamma, is not smooth there.
    """
    x, w = np.polynomial.legendre.leggauss(NODES_PER_PANEL)
    root, share = (x + 1) / 2, w / 2
    rest_h = DAY_H - ABSORPTION_END_H
    times = np.concatenate([ABSORPTION_END_H * root**2, ABSORPTION_END_H + rest_h * root])
    return times, np.concatenate([ABSORPTION_END_H * 2 * root * share, rest_h * share])


NODE_H, NODE_WEIGHT_H = _nodes()


class Day(NamedTuple):
    """What one day does to each of N patients, Q nodes per day; made once from the individual parameters."""

    node_c_from_central: Float[Array, "n q"]  # mg/L at a node per mg in the central compartment at dosing
    node_c_from_gut: Float[Array, "n q"]  # mg/L at a node per mg in the gut at dosing
    gut_kept: Float[Array, " n"]  # share of the gut's amount that is left after 24 h
    central_kept: Float[Array, " n"]
    central_from_gut: Float[Array, " n"]  # mg in the central compartment after 24 h per mg in the gut at dosing
    log_ec50: Float[Array, "n 1"]
    gamma: Float[Array, "n 1"]
    node_to_chain: Float[Array, "n q 6"]  # inhibition after 24 h in each transit compartment per inhibition at a node
    chain_kept: Float[Array, "n 2 3"]  # terms of the chains' 24 h transition: exp(-a) (1, a, a^2 / 2), a = 24 h * ktr
    inr_base: Float[Array, " n"]


class State(NamedTuple):
    """N patients at the moment before a dose."""

    gut_mg: Float[Array, " n"]
    central_mg: Float[Array, " n"]
    inhibition: Float[Array, "n 6"]  # x of both transit chains, 0 untreated, 1 at full inhibition


def prepare(parameters: Float[Array, "n p"]) -> Day:
    """The day's operator of each patient.

    parameters: [N, 8] individual values, columns and units as PARAMETER_NAMES; all positive, ka_1_h > cl_l_h / v_l.
    """
    cl, v, ka, ec50, gamma, mtt1, mtt2, inr_base = (parameters[:, _COLUMN[name]] for name in PARAMETER_NAMES)
    dtype = parameters.dtype
    node_h = jnp.asarray(NODE_H, dtype)
    weight_h = jnp.asarray(NODE_WEIGHT_H, dtype)
    k = cl / v
    absorbed = ka / (ka - k)

    def from_gut(hours):  # Bateman function, per mg in the gut
        return absorbed[:, None] * (jnp.exp(-k[:, None] * hours) - jnp.exp(-ka[:, None] * hours))

    whole_day = jnp.full((1,), DAY_H, dtype)
    left_h = DAY_H - node_h
    to_chain, kept = [], []
    for mtt in (mtt1, mtt2):
        ktr = (3.0 / mtt)[:, None]
        decay = weight_h * ktr * jnp.exp(-ktr * left_h)
        to_chain += [decay, decay * ktr * left_h, decay * (ktr * left_h) ** 2 / 2]
        a = 3.0 / mtt * DAY_H
        kept.append(jnp.stack([jnp.exp(-a), jnp.exp(-a) * a, jnp.exp(-a) * a * a / 2], axis=1))
    return Day(
        node_c_from_central=jnp.exp(-k[:, None] * node_h) / v[:, None],
        node_c_from_gut=from_gut(node_h) / v[:, None],
        gut_kept=jnp.exp(-ka * DAY_H),
        central_kept=jnp.exp(-k * DAY_H),
        central_from_gut=from_gut(whole_day)[:, 0],
        log_ec50=jnp.log(ec50)[:, None],
        gamma=gamma[:, None],
        node_to_chain=jnp.stack(to_chain, axis=2),
        chain_kept=jnp.stack(kept, axis=1),
        inr_base=inr_base,
    )


def untreated(parameters: Float[Array, "n p"]) -> State:
    """No drug, no inhibition. Made of the parameters' own shape, so that an exported batch stays dynamic."""
    zero = parameters[:, 0] * 0
    return State(gut_mg=zero, central_mg=zero, inhibition=jnp.stack([zero] * 6, axis=1))


def advance(day: Day, state: State, dose_mg: Float[Array, " n"]) -> State:
    """The state 24 h after a racemic dose of dose_mg [N] (mg, not negative)."""
    gut = state.gut_mg + S_FRACTION * dose_mg
    c = day.node_c_from_central * state.central_mg[:, None] + day.node_c_from_gut * gut[:, None]
    e = jax.nn.sigmoid(day.gamma * (jnp.log(jnp.maximum(c, TRACE_MG_L)) - day.log_ec50))
    made = jnp.sum(e[:, :, None] * day.node_to_chain, axis=1)
    return State(
        gut_mg=gut * day.gut_kept,
        central_mg=state.central_mg * day.central_kept + gut * day.central_from_gut,
        inhibition=_transit(day.chain_kept, state.inhibition) + made,
    )


def inr(day: Day, state: State) -> Float[Array, " n"]:
    """INR [N] at the state's time."""
    return day.inr_base + INR_MAX.value / 2 * (state.inhibition[:, 2] + state.inhibition[:, 5])


def course(parameters: Float[Array, "n p"], daily_dose_mg: Float[Array, "n d"]) -> tuple[State, Float[Array, "n d"]]:
    """The state after the last day and the INR [N, D] 24 h after each day's dose."""
    day = prepare(parameters)

    def one_day(state, dose_mg):
        state = advance(day, state, dose_mg)
        return state, inr(day, state)

    state, by_day = jax.lax.scan(one_day, untreated(parameters), daily_dose_mg.T)
    return state, by_day.T


def inr_course(parameters: Float[Array, "n p"], daily_dose_mg: Float[Array, "n d"]) -> Float[Array, "n d"]:
    """INR 24 h after each dose.

    parameters: [N, 8], columns and units as PARAMETER_NAMES. daily_dose_mg: [N, D] racemic warfarin, mg, the first
    dose into an untreated patient. Returns [N, D]. Relative error below 1e-6 (float32: 1e-5) over the plausible range;
    differentiable in both arguments; exports to ONNX with N and D dynamic.
    """
    return course(parameters, daily_dose_mg)[1]


def _transit(kept: Float[Array, "n 2 3"], x: Float[Array, "n 6"]) -> Float[Array, "n 6"]:
    moved = []
    for chain in range(2):
        first, second, third = x[:, 3 * chain], x[:, 3 * chain + 1], x[:, 3 * chain + 2]
        stay, one_on, two_on = kept[:, chain, 0], kept[:, chain, 1], kept[:, chain, 2]
        moved += [stay * first, stay * second + one_on * first, stay * third + one_on * second + two_on * first]
    return jnp.stack(moved, axis=1)
