"""Time in range by linear interpolation between tests: Rosendaal et al. 1993, Thromb Haemost 69:236-9."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float


class Exposure(NamedTuple):
    """Days [N] spent below, in and above the range, and observed in all."""

    below: Float[Array, " n"]
    in_range: Float[Array, " n"]
    above: Float[Array, " n"]
    days: Float[Array, " n"]


def nothing(zero: Float[Array, " n"]) -> Exposure:
    return Exposure(zero, zero, zero, zero)


def segment(
    inr_before: Float[Array, " n"], inr_after: Float[Array, " n"], days: Float[Array, " n"], low: float, high: float
) -> Exposure:
    """Days between two tests that the straight line from one INR to the other is below, in (bounds included) and above the range."""
    below = _share_below(inr_before, inr_after, low)
    up_to_high = jnp.where(inr_before == inr_after, (inr_before <= high) * 1.0, _share_below(inr_before, inr_after, high))
    return Exposure(below * days, (up_to_high - below) * days, (1 - up_to_high) * days, days + 0.0 * below)


def add(exposure: Exposure, more: Exposure, where: Bool[Array, " n"]) -> Exposure:
    return jax.tree.map(lambda total, part: total + jnp.where(where, part, 0.0), exposure, more)


def _share_below(start, end, bound):
    """Share of the way from start to end that lies below the bound."""
    lower, upper = jnp.minimum(start, end), jnp.maximum(start, end)
    span = jnp.where(upper > lower, upper - lower, 1.0)
    return jnp.where(upper > lower, jnp.clip((bound - lower) / span, 0.0, 1.0), (start < bound) * 1.0)
