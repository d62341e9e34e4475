"""Dosing rules against hand calculations, time in range against brute force, designs against their mistakes."""

import copy
import json
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from virtual_patient.job import InvalidInput
from virtual_patient.trial import dosing, rosendaal
from virtual_patient.trial.design import Fixed, parse_design
from virtual_patient.trial.patients import Covariates

EU_PACT = Path(__file__).parents[2] / "config" / "trials" / "eu-pact.json"


def covariates(**changed) -> Covariates:
    one = {
        "age_years": 70.0, "bsa_m2": 1.9, "cyp2c9_2": 0, "cyp2c9_3": 0, "vkorc1_a": 0, "black": 0, "amiodarone": 0,
        "diabetes": 0, "stroke": 0,
    } | changed  # fmt: skip
    return Covariates(**{name: jnp.asarray([value]) for name, value in one.items()}, maintenance_mg_day={})


def test_fixed_doses_go_by_day_and_age():
    rule = Fixed(1, 75, (10, 5, 5), (5, 5, 5))
    given_at = {age: [float(dosing.fixed(rule, covariates(age_years=age), jnp.asarray(day))[0]) for day in (1, 2, 3, 9)] for age in (75.0, 75.5)}
    assert given_at == {75.0: [10, 5, 5, 5], 75.5: [5, 5, 5, 5]}


@pytest.mark.parametrize(("n2", "n3", "k"), [(0, 0, 0.0189), (1, 0, 0.0158), (0, 1, 0.0132), (2, 0, 0.0130), (1, 1, 0.0090), (0, 2, 0.0075)])
def test_loading_brings_the_drug_to_its_maintenance_level(n2, n3, k):
    """After the three doses the body holds at 24 h what the maintenance dose D holds at steady state: D q / (1 - q)."""
    maintenance = 4.0
    patient = covariates(cyp2c9_2=n2, cyp2c9_3=n3)
    doses = [float(dosing.loading(jnp.asarray([maintenance]), patient, jnp.asarray(day))[0]) for day in range(5)]
    q = np.exp(-24 * k)
    daily = maintenance / ((1 - q) * (1 + q + q**2))
    np.testing.assert_allclose(doses, [1.5 * daily - 2.0, daily, 0.5 * daily + 2.0, maintenance, maintenance], rtol=1e-5)
    even = daily * (q + q**2 + q**3)
    np.testing.assert_allclose(even, maintenance * q / (1 - q), rtol=1e-12)


def test_lenzini_pharmacogenetic_by_hand():
    patient = covariates(age_years=65.0, vkorc1_a=1, cyp2c9_3=1, bsa_m2=2.0, diabetes=1)
    doses_before = jnp.asarray([[6.0, 7.0, 8.0, 0.0]])  # yesterday first
    found = float(dosing.lenzini("pharmacogenetic", patient, jnp.asarray([1.7]), 2.5, doses_before)[0])
    ln_weekly = 3.10894 - 0.00767 * 65 - 0.51611 * np.log(1.7) - 0.23032 - 0.30770 + 0.24597 * 2 + 0.26729 * 2.5 - 0.11216 + 0.01690 * 7 + 0.02018 * 8
    assert found == pytest.approx(np.exp(ln_weekly) / 7, rel=1e-5)


def test_lenzini_clinical_by_hand():
    found = float(dosing.lenzini("clinical", covariates(), jnp.asarray([1.4]), 2.5, jnp.asarray([[5.0, 5.0, 10.0, 0.0]]))[0])
    ln_weekly = 2.81602 - 0.00590 * 70 - 0.76679 * np.log(1.4) + 0.27815 * 2.5 + 0.17675 * 1.9 + 0.03471 * 5 + 0.03047 * 10
    assert found == pytest.approx(np.exp(ln_weekly) / 7, rel=1e-5)


@pytest.mark.parametrize(
    ("inr", "factor", "hold", "retest"),
    [
        (1.4, 1.15, 0, 7), (1.5, 1.10, 0, 7), (1.7, 1.10, 0, 7), (1.8, 1.075, 0, 7), (1.9, 1.075, 0, 7), (2.0, 1.0, 0, 28), (3.0, 1.0, 0, 28),
        (3.1, 0.925, 0, 7), (3.4, 0.9, 0, 7), (3.9, 0.9, 0, 7), (4.0, 0.875, 2, 7), (5.0, 0.875, 2, 7), (5.1, 0.85, 2, 2),
    ],
)  # fmt: skip
def test_titration_follows_the_aurora_table(inr, factor, hold, retest):
    design = parse_design(EU_PACT.read_text())
    measured = jnp.round(jnp.asarray([inr]) / 0.1) * 0.1  # as the protocol rounds
    changed = dosing.titrate(design.titration, jnp.asarray([5.0]), measured)
    assert (float(changed.dose_mg[0]), int(changed.hold_days[0]), int(changed.retest_days[0])) == (pytest.approx(5 * factor), hold, retest)


@settings(max_examples=60, deadline=None)
@given(before=st.floats(0.8, 8), after=st.floats(0.8, 8), days=st.integers(1, 60))
def test_time_in_range_agrees_with_brute_force(before, after, days):
    found = rosendaal.segment(jnp.asarray([before]), jnp.asarray([after]), jnp.asarray([days]), 2.0, 3.0)
    line = np.linspace(before, after, 200_001)
    expected = [days * np.mean(line < 2), days * np.mean((line >= 2) & (line <= 3)), days * np.mean(line > 3)]
    np.testing.assert_allclose([float(part[0]) for part in found[:3]], expected, atol=days * 2e-5 + 1e-4)
    assert float(found.days[0]) == days


@pytest.mark.parametrize(("inr", "part"), [(1.9, "below"), (2.0, "in_range"), (3.0, "in_range"), (3.1, "above")])
def test_a_level_course_is_wholly_on_one_side(inr, part):
    found = rosendaal.segment(jnp.asarray([inr]), jnp.asarray([inr]), jnp.asarray([10.0]), 2.0, 3.0)
    assert {name: float(getattr(found, name)[0]) for name in ("below", "in_range", "above")} == {"below": 0, "in_range": 0, "above": 0, part: 10}


def changed(path: list, value) -> str:
    design = copy.deepcopy(json.loads(EU_PACT.read_text()))
    at = design
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return json.dumps(design)


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (["days"], 3, "design.days: 3, allowed: a number of 7-366"),
        (["days"], 84.5, "allowed: a whole number"),
        (["days"], "84", 'design.days: "84"'),
        (["patientsPerArm"], 5, "design.patientsPerArm: 5"),
        (["targetInr"], [3.0, 2.0], "allowed: low below high"),
        (["arms"], [], "design.arms"),
        (["arms", 1, "name"], "genotype-guided", "allowed: each once"),
        (["arms", 0, "phases", 0, "rule"], "guess", 'design.arms[0].phases[0].rule: "guess", allowed: fixed, loading'),
        (["arms", 0, "phases", 0, "rule"], "titration", "allowed: fixed, loading, maintenance"),
        (["arms", 0, "phases", 1, "fromDay"], 5, "revision from day 5, allowed: a scheduled day"),
        (["arms", 0, "phases", 1, "fromDay"], 1, "allowed: rising from day 1"),
        (["arms", 1, "phases", 0, "dosesMgUpToAge"], [10, -5], "dosesMgUpToAge[1]: -5"),
        (["reference"], "usual", "design.reference: 'usual', allowed: genotype-guided, standard"),
        (["titration", "rows", 7, "inrBelow"], 9.0, "the last null"),
        (["titration", "rows", 1, "inrBelow"], 1.2, "allowed: rising"),
        (["titration", "rows", 0, "factor"], float("nan"), "factor: NaN"),
        (["visits", "scheduledDays"], [4, 8], "allowed: rising from day 1"),
        (["visits", "scheduledDays"], [1, 500], "scheduledDays[1]: 500"),
        (["missedDoses", "alpha"], 0, "missedDoses.alpha: 0"),
        (["dropout", "share"], 1.5, "dropout.share: 1.5"),
        (["inrNoise"], "some", 'design.inrNoise: "some", allowed: published, none'),
        (["sensitivity", 0], {"name": "x", "days": 3}, "'days', allowed: betweenPatientVariability, inrNoise, missedDoses"),
        (["published", "arms", 0, "ttrPercent"], "67.4 %", 'ttrPercent: "67.4 %"'),
        (["published"], [], "design.published: [], allowed: an object"),
        (["eligibility", "require", 0, "in"], [], "allowed: a list of 1-100 levels"),
    ],
)
def test_a_mistake_in_a_design_is_one_line_that_names_it(path, value, named):
    with pytest.raises(InvalidInput) as raised:
        parse_design(changed(path, value))
    assert named in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "3", "{}"])
def test_what_is_no_design_is_refused(text):
    with pytest.raises(InvalidInput):
        parse_design(text)
