"""The kernel and its reference against SciPy's DOP853, finite differences and the closed steady state."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from virtual_patient.pkpd import kernel, reference
from virtual_patient.pkpd.parameters import INDIVIDUAL, PARAMETER_NAMES
from virtual_patient.pkpd.steady_state import genotype_cl_l_h, genotype_ec50_mg_l, inr_at_concentration

TYPICAL = np.array([p.value for p in INDIVIDUAL.values()])
PATIENTS, DAYS = 6, 21
course = jax.jit(kernel.inr_course)


@jax.jit
def gradient(parameters, dose_mg):
    """Of each patient's summed squared INR, by that patient's parameters."""
    return jax.grad(lambda p: jnp.sum(kernel.inr_course(p, dose_mg) ** 2))(parameters)


@pytest.fixture(autouse=True)
def double_precision():
    with jax.enable_x64(True):
        yield


def cohort(patients: int, days: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    parameters = np.stack([p.value * np.exp(p.omega * random.standard_normal(patients)) for p in INDIVIDUAL.values()], axis=1)
    parameters[:, PARAMETER_NAMES.index("cl_l_h")] *= random.choice([1.0, 0.75, 0.25], patients)
    parameters[:, PARAMETER_NAMES.index("ec50_mg_l")] *= random.choice([1.0, 0.73, 0.47], patients)
    return parameters, random.choice([0.0, 2.5, 5.0, 10.0], (patients, days))


def dop853(parameters: np.ndarray, daily_dose_mg: np.ndarray) -> np.ndarray:
    """INR after each dose, the equations written out once more in plain Python."""
    cl, v, ka, ec50, gamma, mtt1, mtt2, base = parameters

    def slope(_, y):
        gut, central, *a = y
        effect = max(central / v, 0.0) ** gamma / (ec50**gamma + max(central / v, 0.0) ** gamma)
        k1, k2 = 3 / mtt1, 3 / mtt2
        return [
            -ka * gut, ka * gut - cl / v * central,
            k1 * (1 - effect - a[0]), k1 * (a[0] - a[1]), k1 * (a[1] - a[2]),
            k2 * (1 - effect - a[3]), k2 * (a[3] - a[4]), k2 * (a[4] - a[5]),
        ]  # fmt: skip

    state, inr = np.array([0, 0, 1, 1, 1, 1, 1, 1], float), []
    for dose_mg in daily_dose_mg:
        state[0] += 0.5 * dose_mg
        state = solve_ivp(slope, (0, 24), state, method="DOP853", rtol=1e-11, atol=1e-13).y[:, -1]
        inr.append(base + 20 * (1 - (state[4] + state[7]) / 2))
    return np.array(inr)


@pytest.fixture(scope="module")
def truth():
    parameters, dose_mg = cohort(PATIENTS, DAYS)
    return parameters, dose_mg, np.stack([dop853(p, d) for p, d in zip(parameters, dose_mg)])


def test_kernel_agrees_with_dop853(truth):
    parameters, dose_mg, inr = truth
    np.testing.assert_allclose(course(jnp.asarray(parameters), jnp.asarray(dose_mg)), inr, rtol=1e-6)


def test_reference_agrees_with_dop853(truth):
    parameters, dose_mg, inr = truth
    solve = jax.jit(jax.vmap(partial(reference.patient_course, rtol=1e-9, atol=1e-11)))
    np.testing.assert_allclose(solve(parameters, dose_mg), inr, rtol=1e-7)


def test_kernel_in_single_precision_agrees_with_dop853(truth):
    parameters, dose_mg, inr = truth
    found = course(jnp.asarray(parameters, jnp.float32), jnp.asarray(dose_mg, jnp.float32))
    assert found.dtype == jnp.float32
    np.testing.assert_allclose(found, inr, rtol=1e-5)


def test_kernel_follows_the_reference_over_ninety_days():
    parameters, dose_mg = cohort(20, 90, seed=1)
    solve = jax.jit(jax.vmap(partial(reference.patient_course, rtol=1e-8, atol=1e-10)))
    np.testing.assert_allclose(course(jnp.asarray(parameters), jnp.asarray(dose_mg)), solve(parameters, dose_mg), rtol=1e-6)


def test_gradient_by_parameter_agrees_with_finite_differences():
    parameters, dose_mg = (jnp.asarray(each) for each in cohort(PATIENTS, DAYS, seed=2))
    found = gradient(parameters, dose_mg)
    for column, name in enumerate(PARAMETER_NAMES):
        step = 1e-5 * parameters[:, column]
        # the patients are independent: one perturbation serves them all
        nudge = jnp.zeros_like(parameters).at[:, column].set(step)
        rise = jnp.sum(course(parameters + nudge, dose_mg) ** 2 - course(parameters - nudge, dose_mg) ** 2, axis=1)
        np.testing.assert_allclose(found[:, column], rise / (2 * step), rtol=1e-4 if name == "ka_1_h" else 1e-5, err_msg=name)


def test_gradient_by_dose_agrees_with_finite_differences():
    parameters, dose_mg = (jnp.asarray(each) for each in cohort(PATIENTS, DAYS, seed=3))
    day, step = 4, 1e-4

    def last_inr(dose_on_day):
        return course(parameters, dose_mg.at[:, day].set(dose_on_day))[:, -1]

    dose = dose_mg[:, day] + 1.0
    found = jax.grad(lambda d: jnp.sum(last_inr(d)))(dose)
    np.testing.assert_allclose(found, (last_inr(dose + step) - last_inr(dose - step)) / (2 * step), rtol=1e-5)


def test_gradient_is_finite_before_the_first_dose():
    parameters = jnp.asarray(TYPICAL)[None]
    assert np.isfinite(gradient(parameters, jnp.asarray([[0.0, 0.0, 5.0]]))).all()


@settings(max_examples=25, deadline=None)
@given(
    cl=st.floats(0.03, 1.2), ec50=st.floats(0.4, 20.0), gamma=st.floats(0.8, 2.0), mtt1=st.floats(10, 60),
    mtt2=st.floats(60, 240), dose_mg=st.floats(0.5, 15.0),
)  # fmt: skip
def test_inr_stays_in_its_range_and_rises_with_dose(cl, ec50, gamma, mtt1, mtt2, dose_mg):
    parameters = np.array([[cl, 14.3, 2.0, ec50, gamma, mtt1, mtt2, 1.0]] * 2)
    low, high = course(jnp.asarray(parameters), jnp.asarray([[dose_mg] * 30, [dose_mg * 1.2] * 30]))
    assert (low >= 1.0).all() and (high < 21.0).all()
    assert (high[1:] > low[1:]).all()


def test_no_dose_leaves_the_baseline():
    np.testing.assert_allclose(course(jnp.asarray(TYPICAL)[None], jnp.zeros((1, 10))), 1.0, rtol=1e-12)


@pytest.mark.parametrize(("cyp2c9", "vkorc1"), [("*1/*1", "G/G"), ("*1/*3", "A/G"), ("*3/*3", "A/A")])
def test_long_course_reaches_the_level_of_the_mean_concentration(cyp2c9, vkorc1):
    """Averaged over the dosing interval the effect is below that of the mean concentration by Jensen's inequality alone."""
    cl, ec50 = genotype_cl_l_h(cyp2c9), genotype_ec50_mg_l(vkorc1)
    parameters = TYPICAL.copy()
    parameters[[PARAMETER_NAMES.index("cl_l_h"), PARAMETER_NAMES.index("ec50_mg_l")]] = cl, ec50
    dose_mg = 14 * cl * 24  # mean S-warfarin concentration of 7 mg/L
    inr = float(course(jnp.asarray(parameters)[None], jnp.full((1, 400), dose_mg))[0, -1])
    at_mean = float(inr_at_concentration(7.0, ec50))
    assert at_mean * 0.97 < inr < at_mean * 1.01


def test_day_by_day_equals_the_whole_course():
    parameters, dose_mg = (jnp.asarray(each) for each in cohort(4, 12, seed=5))
    day, state, by_day = kernel.prepare(parameters), kernel.untreated(parameters), []
    for dose in dose_mg.T:
        state = kernel.advance(day, state, dose)
        by_day.append(kernel.inr(day, state))
    np.testing.assert_allclose(jnp.stack(by_day, axis=1), course(parameters, dose_mg), rtol=1e-13)


def test_patients_do_not_touch_each_other():
    parameters, dose_mg = (jnp.asarray(each) for each in cohort(5, 12, seed=6))
    together = course(parameters, dose_mg)
    alone = jnp.concatenate([course(p[None], d[None]) for p, d in zip(parameters, dose_mg)])
    np.testing.assert_allclose(together, alone, rtol=1e-13)
