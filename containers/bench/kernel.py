"""The kernel against vmap(Diffrax Tsit5): time of forward and gradient, and error, in one run.

    python containers/bench/kernel.py [--patients 1000] [--days 90]

Both sides are jitted, in float64, on the same patients, doses and cores. The peer is given what makes it fastest: an
automatic first step and the smallest step buffer that suffices. Its tolerance is a ladder, because speed without an
error says nothing. Errors are relative, the greatest over patients and days: of the INR against Tsit5 at 1e-10 (which
is itself held against SciPy's DOP853 on a few patients), of the gradient against Tsit5's at 1e-9.
Ends with 1 unless the kernel is at least 20 times faster than the cheapest rung that is not more accurate than it.
"""

import argparse
import json
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
from scipy.integrate import solve_ivp

from virtual_patient.pkpd import kernel, reference
from virtual_patient.pkpd.parameters import INDIVIDUAL

LEAST_RATIO = 20
LADDER = (1e-3, 1e-4)
PEER_STEPS_PER_DAY = 64
DOP853_PATIENTS = 3
GRADIENT_PATIENTS = 32


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--patients", type=int, default=1000)
    parser.add_argument("--days", type=int, default=90)
    arguments = parser.parse_args()
    jax.config.update("jax_enable_x64", True)

    parameters, dose_mg = cohort(arguments.patients, arguments.days)
    truth = peer(1e-10, steps=4096)(parameters, dose_mg)
    few = slice(0, DOP853_PATIENTS)
    yardstick_error = relative(truth[few], dop853(parameters[few], dose_mg[few]))
    some = slice(0, GRADIENT_PATIENTS)
    true_gradient = gradient(peer(1e-9, steps=1024))(parameters[some], dose_mg[some])

    def measure(solve, repeats):
        forward, backward = jax.jit(solve), gradient(solve)
        return {
            "error": relative(forward(parameters, dose_mg), truth),
            "gradientError": gradient_error(backward(parameters[some], dose_mg[some]), true_gradient),
            "forwardSeconds": fastest(forward, parameters, dose_mg, repeats),
            "gradientSeconds": fastest(backward, parameters, dose_mg, repeats),
        }

    ours = measure(kernel.inr_course, repeats=7)
    show("kernel", ours)
    rungs = []
    for rtol in LADDER:
        rung = {"rtol": rtol, **measure(peer(rtol, PEER_STEPS_PER_DAY), repeats=1)}
        rung["forwardRatio"] = rung["forwardSeconds"] / ours["forwardSeconds"]
        rung["gradientRatio"] = rung["gradientSeconds"] / ours["gradientSeconds"]
        rung["kernelAtLeastAsAccurate"] = ours["error"] <= rung["error"]
        show(f"Tsit5 rtol {rtol:g}", rung)
        rungs.append(rung)

    comparable = [rung for rung in rungs if rung["kernelAtLeastAsAccurate"]]
    forward = min((rung["forwardRatio"] for rung in comparable), default=0.0)
    backward = min((rung["gradientRatio"] for rung in comparable), default=0.0)
    reached = min(forward, backward) >= LEAST_RATIO
    print(json.dumps({
        "patients": arguments.patients, "days": arguments.days, "yardstickErrorAgainstDop853": yardstick_error,
        "kernel": ours, "ladder": rungs, "forwardRatio": forward, "gradientRatio": backward,
        "leastRatio": LEAST_RATIO, "reached": reached,
    }))  # fmt: skip
    sys.exit(0 if reached else 1)


def cohort(patients: int, days: int) -> tuple[jax.Array, jax.Array]:
    """Individual parameters [N, P] of the published between-patient variability, doses [N, D] as a titration has them."""
    random = np.random.default_rng(2010)
    columns = [p.value * np.exp(p.omega * random.standard_normal(patients)) for p in INDIVIDUAL.values()]
    dose_mg = random.choice([0.0, 2.5, 5.0, 7.5, 10.0], (patients, days), p=[0.03, 0.27, 0.4, 0.2, 0.1])
    return jnp.asarray(np.stack(columns, axis=1)), jnp.asarray(dose_mg)


def peer(rtol: float, steps: int):
    def solve(parameters, dose_mg):
        return jax.vmap(lambda p, d: reference.patient_course(p, d, rtol, rtol * 1e-2, steps))(parameters, dose_mg)

    return jax.jit(solve)


def gradient(solve):
    """Of the mean squared INR, by every individual parameter."""
    return jax.jit(jax.grad(lambda parameters, dose_mg: jnp.mean(solve(parameters, dose_mg) ** 2)))


def dop853(parameters, dose_mg) -> np.ndarray:
    def one(p, doses):
        state, by_day = np.array(reference.UNTREATED), []
        for dose in doses:
            state[0] += kernel.S_FRACTION * dose
            slope = jax.jit(lambda t, y: reference.derivative(t, y, p))
            state = np.array(solve_ivp(slope, (0, 24), state, method="DOP853", rtol=1e-10, atol=1e-12).y[:, -1])
            by_day.append(float(reference.inr_of(state, p)))
        return by_day

    return np.array([one(p, d) for p, d in zip(parameters, np.asarray(dose_mg))])


def relative(inr, truth) -> float:
    return float(np.max(np.abs(np.asarray(inr) / np.asarray(truth) - 1)))


def gradient_error(found, truth) -> float:
    """Per parameter, against the parameter's greatest derivative over the patients; the greatest."""
    found, truth = np.asarray(found), np.asarray(truth)
    return float(np.max(np.max(np.abs(found - truth), axis=0) / np.max(np.abs(truth), axis=0)))


def fastest(function, parameters, dose_mg, repeats: int) -> float:
    jax.block_until_ready(function(parameters, dose_mg))  # compiles
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        jax.block_until_ready(function(parameters, dose_mg))
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def show(name: str, row: dict) -> None:
    ratios = f"  forward x{row['forwardRatio']:.0f}  gradient x{row['gradientRatio']:.0f}" if "forwardRatio" in row else ""
    print(
        f"{name:<16} error {row['error']:.1e} (gradient {row['gradientError']:.1e})"
        f"  forward {row['forwardSeconds'] * 1e3:.1f} ms  gradient {row['gradientSeconds'] * 1e3:.1f} ms{ratios}",
        file=sys.stderr,
        flush=True,
    )


if __name__ == "__main__":
    main()
