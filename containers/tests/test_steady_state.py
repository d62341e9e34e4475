import csv

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from virtual_patient.pkpd import steady_state
from virtual_patient.pkpd.kernel import inr_course
from virtual_patient.pkpd.parameters import INDIVIDUAL, PARAMETER_NAMES

# Steady-state INR on 5 mg a day at age 71 and weekly dose for INR 2.5 at age 65, computed from the published
# parameters of Hamberg 2010 independently of this code.
CHECKS = [
    ("*1/*1", "G/G", 1.940, 55.8),
    ("*1/*1", "A/G", 2.314, 41.0),
    ("*1/*1", "A/A", 3.110, 26.1),
    ("*1/*3", "G/G", 2.571, 34.7),
    ("*2/*2", "A/A", 5.111, 13.2),
    ("*3/*3", "A/A", 8.512, 6.3),
]


def check(cyp2c9: str, vkorc1: str, inr_5mg_age71: float, dose_age65: float) -> None:
    cl, ec50 = steady_state.genotype_cl_l_h(cyp2c9), steady_state.genotype_ec50_mg_l(vkorc1)
    inr = steady_state.steady_inr(35.0, cl * steady_state.cl_age_factor(71.0), ec50)
    dose = steady_state.weekly_dose_mg(cl * steady_state.cl_age_factor(65.0), ec50, 2.5)
    assert float(inr) == pytest.approx(inr_5mg_age71, abs=0.0011)
    assert float(dose) == pytest.approx(dose_age65, abs=0.051)


@pytest.mark.parametrize("row", CHECKS, ids=lambda row: f"{row[0]} {row[1]}")
def test_published_steady_states(row):
    check(*row)


def test_published_steady_states_of_all_genotypes(shared_data):
    with open(shared_data / "warfarin-literature" / "hamberg_steady_state_check.csv") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 18
    for row in rows:
        check(row["cyp2c9"], row["vkorc1"], float(row["inr_5mg_age71_h2010"]), float(row["dose_mgwk_for_INR2p5_age65_h2010"]))


def test_clearance_falls_with_age():
    factor = np.asarray(steady_state.cl_age_factor(jnp.array([30.0, 50.0, 71.0, 85.0])))
    assert np.all(np.diff(factor) < 0)
    assert factor[2] == pytest.approx(1.0)


def test_the_age_slope_is_not_carried_beyond_adults():
    assert float(steady_state.cl_age_factor(10.0)) == float(steady_state.cl_age_factor(18.0))
    assert float(steady_state.cl_age_factor(100.0)) == float(steady_state.cl_age_factor(90.0))


def test_unknown_genotypes_get_the_population_mean():
    assert min(CL := [steady_state.genotype_cl_l_h(g) for g in ("*1/*1", "*3/*3")]) < steady_state.genotype_cl_l_h(None) < max(CL)
    assert steady_state.genotype_cl_l_h("*1/*11") == steady_state.genotype_cl_l_h(None)
    assert steady_state.genotype_ec50_mg_l("A/A") < steady_state.genotype_ec50_mg_l(None) < steady_state.genotype_ec50_mg_l("G/G")


@pytest.mark.parametrize("target", [1.5, 2.0, 2.5, 3.5, 5.0])
def test_the_dose_for_a_target_settles_at_it(target):
    dose = steady_state.weekly_dose_mg(0.3, 3.0, target)
    assert float(steady_state.steady_inr(dose, 0.3, 3.0)) == pytest.approx(target, rel=1e-5)


def test_closed_form_agrees_with_the_time_course():
    """Doses come once a day while the closed form has a constant concentration: the difference stays below 1 %."""
    cl, ec50 = 0.348, 4.1
    parameters = np.array([[{"cl_l_h": cl, "ec50_mg_l": ec50}.get(n, INDIVIDUAL[n].value) for n in PARAMETER_NAMES]])
    dose = float(steady_state.weekly_dose_mg(cl, ec50, 2.5))
    inr = inr_course(jnp.asarray(parameters), jnp.full((1, 120), dose / 7))
    assert float(inr[0, -1]) == pytest.approx(2.5, rel=0.01)


@pytest.mark.parametrize("argument", [0, 1, 2])
def test_gradient_of_the_dose_against_finite_differences(argument):
    with jax.enable_x64(True):
        at = [0.25, 3.1, 2.6]
        step = 1e-6
        up, down = ([value + sign * step * (i == argument) for i, value in enumerate(at)] for sign in (1, -1))
        difference = (float(steady_state.weekly_dose_mg(*up)) - float(steady_state.weekly_dose_mg(*down))) / (2 * step)
        gradient = float(jax.grad(steady_state.weekly_dose_mg, argnums=argument)(*at))
    assert gradient == pytest.approx(difference, rel=1e-7)
