"""What is deployed: the ensemble's dose, its interval, and the individual parameters that explain it."""

import io
from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from virtual_patient.job import InvalidInput
from virtual_patient.metrics import conformal
from virtual_patient.metrics.conformal import Conformal
from virtual_patient.warfarin import model
from virtual_patient.warfarin.model import Encoding, Multipliers


class Prediction(NamedTuple):
    """In the order of dose.onnx's outputs."""

    dose_mg_week: Float[Array, " n"]
    dose_lower: Float[Array, " n"]
    dose_upper: Float[Array, " n"]
    parameters: Float[Array, "n 8"]  # columns and units as PARAMETER_NAMES


class RootDose(NamedTuple):
    """Square root of the weekly dose (mg): the ensemble's value and the variance between members."""

    value: Float[Array, " n"]
    variance: Float[Array, " n"]


@dataclass(frozen=True, eq=False)
class Ensemble:
    """M members (leading axis of every leaf), the view's encoding, and the calibrated interval."""

    encoding: Encoding
    members: Multipliers
    conformal: Conformal

    def predict(self, x: Float[Array, "n f"], target_inr: Float[Array, " n"]) -> Prediction:
        """x: encoded features in the view's order; target_inr in (1, 21)."""
        root = self.root_dose(x, target_inr)
        width = conformal.scale(self.conformal.noise_variance, self.conformal.noise_exponent, root.value, root.variance)
        return Prediction(
            dose_mg_week=root.value**2,
            dose_lower=jnp.maximum(root.value + width * self.conformal.lower, 0.0) ** 2,
            dose_upper=(root.value + width * self.conformal.upper) ** 2,
            parameters=model.individual_parameters(self.encoding.typical(x) + jnp.mean(self._multipliers(x), axis=0)),
        )

    def root_dose(self, x: Float[Array, "n f"], target_inr: Float[Array, " n"]) -> RootDose:
        return root_dose(model.typical_log_dose(self.encoding, x, target_inr), self._multipliers(x))

    def _multipliers(self, x: Float[Array, "n f"]) -> Float[Array, "m n 2"]:
        covariates = self.encoding.covariates(x)
        routes = jnp.asarray(self.encoding.routes, x.dtype)
        return jax.vmap(lambda member: member(covariates, routes))(self.members)


def root_dose(typical_log_dose: Float[Array, " n"], moved: Float[Array, "m n 2"]) -> RootDose:
    """The ensemble is the geometric mean over members, so that its dose is that of its mean ln CL and mean ln EC50."""
    log_dose = typical_log_dose + jnp.sum(moved, axis=2)
    return RootDose(jnp.exp(jnp.mean(log_dose, axis=0) / 2), jnp.var(jnp.exp(log_dose / 2), axis=0))


def to_bytes(ensemble: Ensemble, linear: np.ndarray) -> bytes:
    """model.npz: the members' weights, the interval, and the linear comparator's coefficients."""
    buffer = io.BytesIO()
    leaves = {f"members_{name}": np.asarray(getattr(ensemble.members, name)) for name in _LEAVES}
    np.savez(buffer, **leaves, conformal=np.asarray(ensemble.conformal), linear=linear)
    return buffer.getvalue()


def from_bytes(content: bytes, encoding: Encoding) -> tuple[Ensemble, np.ndarray]:
    """The inverse. Raises InvalidInput where the weights do not fit the encoding."""
    with np.load(io.BytesIO(content)) as saved:
        members = Multipliers(**{name: jnp.asarray(saved[f"members_{name}"]) for name in _LEAVES})
        conformal = Conformal(*map(float, saved["conformal"]))
        linear = saved["linear"]
    if members.linear.shape[1] != len(encoding.columns):
        raise InvalidInput(f"model.npz: {members.linear.shape[1]} covariates, the view gives {len(encoding.columns)}")
    return Ensemble(encoding, members, conformal), linear


_LEAVES = ("bias", "linear", "into", "into_bias", "out")
