"""The fit: every fold and every ensemble member in one vmapped full-batch Adam run, resumable to the same result."""

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float

from virtual_patient.job import write_atomically
from virtual_patient.warfarin import model
from virtual_patient.warfarin.folds import Folds
from virtual_patient.warfarin.model import Encoding, Multipliers
from virtual_patient.warfarin.settings import Settings

STEPS_PER_CHECKPOINT = 50
# Residual standard deviation of the square root of the weekly dose (mg), about which the loss turns robust.
ROOT_DOSE_SD = 0.95  # sqrt(MSE) of the IWPC's pharmacogenetic algorithm on its cohort (NEJM 2009;360:753-64)


class Data(NamedTuple):
    """The N development patients as the fit sees them."""

    covariates: Float[Array, "n s"]
    typical_log_dose: Float[Array, " n"]
    root_dose: Float[Array, " n"]


class Losses(NamedTuple):
    """Of the steps since the last checkpoint."""

    steps: range
    train: Float[np.ndarray, "t k m"]  # by step, fold, member
    held_out: Float[np.ndarray, "k m"]  # after the last step, on the patients that the fold does not see; nan where it sees all


class Fit(NamedTuple):
    members: Multipliers  # every leaf with leading axes [K, M]: fold, member
    loss: np.ndarray  # [checkpoints, K], mean over members


def loss(
    member: Multipliers, weights: Float[Array, " n"], data: Data, routes: Float[Array, "s 2"], settings: Settings, patients: int
) -> Float[Array, ""]:
    """Negative log posterior per patient, up to a constant.

    A pseudo-Huber loss of the square root of the dose (its residuals are homoscedastic there, as in the IWPC's
    algorithms; robust, so near the conditional median), the published between-patient variability as prior on the
    multipliers, and L2 on the weights. weights [N] sum to one.
    """
    predicted, moved = model.log_dose(member, data.covariates, routes, data.typical_log_dose)
    residual = (jnp.exp(predicted / 2) - data.root_dose) / (ROOT_DOSE_SD * settings.huber_delta)
    misfit = settings.huber_delta**2 * (jnp.sqrt(1 + residual**2) - 1)
    prior = jnp.sum((moved / jnp.asarray(model.OMEGA)) ** 2, axis=1) / 2
    decay = settings.linear_decay * jnp.sum(member.linear**2) + settings.network_decay * (
        jnp.sum(member.into**2) + jnp.sum(member.out**2)
    )
    return jnp.sum(weights * (misfit + settings.prior_weight * prior)) + decay / 2 / patients


def fit(
    encoding: Encoding,
    data: Data,
    folds: Folds,
    settings: Settings,
    checkpoint: Path,
    report: Callable[[float, str], None],
    observe: Callable[[Losses], None] | None = None,
) -> Fit:
    """Trains all folds and members. With an unfinished checkpoint of the same job it goes on from there, to the same bits.

    observe hears of every step, of some twice when the job was killed before their checkpoint.
    """
    step = _Step(encoding, data, bootstrap_weights(folds, settings), settings)
    held_out = held_out_weights(folds)
    state, done, history = step.start(), 0, np.zeros((0, len(folds.names)))
    digest = _digest(encoding, data, folds, settings)
    saved = _restore(checkpoint, digest, (state, history))
    if saved is not None:
        state, done, history = saved
        report(done / settings.steps, f"resumed at step {done} of {settings.steps}")
    while done < settings.steps:
        count = min(STEPS_PER_CHECKPOINT, settings.steps - done)
        state, losses = step.advance(state, count)
        done += count
        by_step = np.asarray(losses).reshape(count, len(folds.names), -1)
        history = np.concatenate([history, by_step[-1:].mean(axis=2)])
        if observe is not None:
            observe(Losses(range(done - count + 1, done + 1), by_step, step.losses(state, held_out)))
        _save(checkpoint, digest, state, done, history)
        report(done / settings.steps, f"step {done} of {settings.steps}, loss {history[-1].mean():.4f}")
    shape = (len(folds.names), settings.members)
    members = jax.tree.map(lambda leaf: leaf.reshape(shape + leaf.shape[1:]), state[0])
    return Fit(members, history)


def bootstrap_weights(folds: Folds, settings: Settings) -> np.ndarray:
    """[K * M, N] weights that sum to one: each member's Poisson bootstrap of the patients that its fold may see."""
    draw = np.random.default_rng(settings.seed)
    counts = draw.poisson(1.0, (settings.members, folds.sees.shape[1]))
    weights = (folds.sees[:, None, :] * counts[None]).reshape(-1, counts.shape[1]).astype(np.float32)
    return weights / weights.sum(axis=1, keepdims=True)


def held_out_weights(folds: Folds) -> np.ndarray:
    """[K, N] equal weights of the patients that a fold does not see; nan for the fold that sees all."""
    unseen = (~folds.sees).astype(np.float32)
    count = unseen.sum(axis=1, keepdims=True)
    return np.divide(unseen, count, out=np.full_like(unseen, np.nan), where=count > 0)


def log_linear(settings: Settings) -> Settings:
    """The same fit without its networks: what they add is the difference."""
    return replace(settings, hidden=0)


class _Step:
    """The compiled training step over K * M members."""

    def __init__(self, encoding: Encoding, data: Data, weights: np.ndarray, settings: Settings):
        self.settings = settings
        self.covariates = data.covariates.shape[1]
        self.members = len(weights)
        self.optimiser = optax.adam(optax.cosine_decay_schedule(settings.learning_rate, settings.steps))
        per_member = partial(
            loss, data=data, routes=jnp.asarray(encoding.routes, jnp.float32), settings=settings, patients=weights.shape[1]
        )
        self.gradient = jax.vmap(jax.value_and_grad(per_member))
        self.loss = jax.vmap(per_member)
        self.weights = jnp.asarray(weights)

    def start(self):
        """Members differ by seed, not by fold: a fold's difference is its data's."""
        keys = jax.random.split(jax.random.key(self.settings.seed), self.settings.members)
        keys = jnp.tile(keys, self.members // self.settings.members)
        members = jax.vmap(lambda key: model.initial(key, self.covariates, self.settings.hidden))(keys)
        return members, jax.vmap(self.optimiser.init)(members)

    @eqx.filter_jit
    def advance(self, state, count: int):
        """The state after `count` steps and the losses [count, K * M] before each of them."""

        def one(state, _):
            members, memory = state
            losses, gradients = self.gradient(members, self.weights)
            updates, memory = jax.vmap(self.optimiser.update)(gradients, memory, members)
            return (optax.apply_updates(members, updates), memory), losses

        state, losses = jax.lax.scan(one, state, None, length=count)
        return state, losses

    def losses(self, state, weights: np.ndarray) -> np.ndarray:
        """[K, M] of the state's members on patients weighted by fold, [K, N]."""
        each = np.repeat(weights, self.members // len(weights), axis=0)
        return np.asarray(self._losses(state[0], jnp.asarray(each))).reshape(len(weights), -1)

    @eqx.filter_jit
    def _losses(self, members, weights):
        return self.loss(members, weights)


def _digest(encoding: Encoding, data: Data, folds: Folds, settings: Settings) -> str:
    """Identifies the job: a checkpoint of any other one is not resumed from."""
    content = hashlib.sha256(json.dumps([settings.as_json(), folds.names, jax.__version__], sort_keys=True).encode())
    for array in (encoding.columns, encoding.routes, folds.sees, *data):
        content.update(np.ascontiguousarray(array).tobytes())
    return content.hexdigest()


def _save(path: Path, digest: str, state, done: int, history: np.ndarray) -> None:
    header = json.dumps({"digest": digest, "done": done, "rows": len(history)}).encode()
    buffer = io.BytesIO()
    eqx.tree_serialise_leaves(buffer, (state, history))
    write_atomically(path, header + b"\n" + buffer.getvalue())


def _restore(path: Path, digest: str, like):
    """(state, done, history), or None where there is no checkpoint of this job."""
    if not path.is_file():
        return None
    header, _, content = path.read_bytes().partition(b"\n")
    try:
        head = json.loads(header)
    except ValueError:
        return None
    if head.get("digest") != digest:
        return None
    state, history = like
    blank = np.zeros((head["rows"], history.shape[1]))
    state, history = eqx.tree_deserialise_leaves(io.BytesIO(content), (state, blank))
    return state, head["done"], history
