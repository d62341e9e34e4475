import json
from dataclasses import replace
from pathlib import Path

import jax
import jax.flatten_util
import jax.numpy as jnp
import numpy as np
import pytest

from virtual_patient.job import InvalidInput
from virtual_patient.pkpd import steady_state
from virtual_patient.pkpd.parameters import CL_L_H, EC50_MG_L, INDIVIDUAL, PARAMETER_NAMES
from virtual_patient.warfarin import ensemble as ensembles
from virtual_patient.warfarin import fit as fitting
from virtual_patient.warfarin import model
from virtual_patient.warfarin.features import View, read_cohort
from virtual_patient.warfarin.folds import ALL, VALIDATION, make_folds
from virtual_patient.warfarin.settings import parse
from virtual_patient.warfarin.training import make_data


@pytest.fixture(scope="module")
def cohort(cohort_folder):
    return read_cohort(cohort_folder / "features")


@pytest.fixture(scope="module")
def parsed(settings):
    return parse(settings)


@pytest.fixture(scope="module")
def encoding(cohort, parsed):
    return model.encode(cohort.view, parsed.features)


@pytest.fixture(scope="module")
def deployed(trained, encoding):
    return ensembles.from_bytes((trained / "model.npz").read_bytes(), encoding)[0]


def row(view: View, **levels) -> np.ndarray:
    x = np.zeros((1, len(view.columns)), np.float32)
    for feature, level in levels.items():
        x[0, view.position(feature, "level", level)] = 1.0
    return x


def test_typical_values_are_the_published_ones(cohort, encoding):
    x = row(cohort.view, cyp2c9="*1/*3", vkorc1="A/G")
    x[0, cohort.view.position("age_decade", "numeric")] = 1.0  # decade 7: 75 years in the middle
    cl, ec50 = np.exp(np.asarray(encoding.typical(jnp.asarray(x))))[0]
    assert cl == pytest.approx((0.174 + 0.0422) * (1 - 0.00571 * 4), rel=1e-5)
    assert ec50 == pytest.approx(2.05 + 0.96, rel=1e-5)


@pytest.mark.parametrize("levels", [{}, {"cyp2c9": "other"}])
def test_unknown_genotypes_have_the_population_mean(cohort, encoding, levels):
    cl, ec50 = np.exp(np.asarray(encoding.typical(jnp.asarray(row(cohort.view, **levels)))))[0]
    assert cl == pytest.approx(steady_state.genotype_cl_l_h(None) * float(steady_state.cl_age_factor(65.0)), rel=1e-5)
    assert ec50 == pytest.approx(steady_state.genotype_ec50_mg_l(None), rel=1e-5)


def test_multipliers_never_leave_three_published_standard_deviations(encoding):
    covariates = jnp.asarray(np.random.default_rng(0).normal(0, 50, (200, len(encoding.columns))))
    wild = jax.tree.map(lambda leaf: leaf + 30.0, model.initial(jax.random.key(0), len(encoding.columns), 3))
    moved = np.abs(np.asarray(wild(covariates, jnp.asarray(encoding.routes))))
    assert np.all(moved <= 3 * np.array([CL_L_H.omega, EC50_MG_L.omega]) * (1 + 1e-6))
    assert moved.max() > 1.0


def test_a_covariate_moves_only_the_parameter_that_pharmacology_gives_it(cohort, encoding):
    member = jax.tree.map(lambda leaf: leaf + 0.1, model.initial(jax.random.key(1), len(encoding.columns), 3))
    routes = jnp.asarray(encoding.routes)
    rows = np.tile(row(cohort.view, cyp2c9="*1/*1", vkorc1="G/G"), (3, 1))
    rows[1, cohort.view.position("amiodarone", "numeric")] = 1.0
    rows[2, cohort.view.position("race", "level", "Asian")] = 1.0
    moved = np.asarray(member(encoding.covariates(jnp.asarray(rows)), routes))
    assert moved[1, 0] != moved[0, 0] and moved[1, 1] == moved[0, 1]
    assert moved[2, 1] != moved[0, 1] and moved[2, 0] == moved[0, 0]


def test_gradient_of_the_loss_against_finite_differences(cohort, encoding, parsed):
    """Mechanism and network are one program: the gradient passes through both."""
    with jax.enable_x64(True):
        few = cohort.take(np.arange(40))
        data = jax.tree.map(lambda leaf: jnp.asarray(np.asarray(leaf, np.float64)), make_data(encoding, few, parsed))
        weights, routes = jnp.full(40, 1 / 40), jnp.asarray(encoding.routes)
        member = jax.tree.map(
            lambda leaf: jnp.asarray(np.random.default_rng(leaf.size).normal(0, 0.2, leaf.shape)),
            model.initial(jax.random.key(0), len(encoding.columns), 3),
        )
        flat, rebuild = jax.flatten_util.ravel_pytree(member)

        @jax.jit
        def of(values):
            return fitting.loss(rebuild(values), weights, data, routes, parsed, 40)

        gradient = np.asarray(jax.grad(of)(flat))
        checked = np.random.default_rng(2).choice(np.flatnonzero(np.abs(gradient) > 1e-6), 25, replace=False)
        for i in checked:
            step = jnp.zeros_like(flat).at[i].set(1e-5)
            difference = (float(of(flat + step)) - float(of(flat - step))) / 2e-5
            assert gradient[i] == pytest.approx(difference, rel=1e-5, abs=1e-9)


def test_folds_hide_the_hospital_and_the_last_one_sees_everyone(cohort):
    development = cohort.take(cohort.development)
    folds = make_folds(development)
    assert folds.names == ("S0", "S1", "S2", "S3", VALIDATION, ALL)
    for fold, site in enumerate(("S0", "S1", "S2", "S3")):
        assert set(development.site[folds.sees[fold]]) == {"S0", "S1", "S2", "S3"} - {site}
        assert set(development.site[folds.held_out_by_site == fold]) == {site}
    assert set(development.split[folds.sees[folds.validation]]) == {"train"}
    assert folds.sees[-1].all()


def test_a_bootstrap_never_draws_a_hidden_patient(cohort, parsed):
    folds = make_folds(cohort.take(cohort.development))
    weights = fitting.bootstrap_weights(folds, parsed).reshape(len(folds.names), parsed.members, -1)
    assert np.all(weights[~np.broadcast_to(folds.sees[:, None], weights.shape)] == 0)
    assert weights.sum(axis=2) == pytest.approx(1.0, abs=1e-5)


def test_dose_and_parameters_of_a_prediction_agree(deployed, cohort):
    out = deployed.predict(jnp.asarray(cohort.x), jnp.full(len(cohort), 2.5))
    column = {name: np.asarray(out.parameters)[:, i] for i, name in enumerate(PARAMETER_NAMES)}
    expected = steady_state.weekly_dose_mg(column["cl_l_h"], column["ec50_mg_l"], 2.5)
    assert np.asarray(out.dose_mg_week) == pytest.approx(np.asarray(expected), rel=1e-4)
    assert np.all(column["v_l"] == np.float32(INDIVIDUAL["v_l"].value))
    assert np.all((out.dose_lower < out.dose_mg_week) & (out.dose_mg_week < out.dose_upper))


def test_dose_rises_with_the_target(deployed, cohort):
    x = jnp.asarray(cohort.x[:50])
    doses = [np.asarray(deployed.predict(x, jnp.full(50, target)).dose_mg_week) for target in (2.0, 2.5, 3.0, 3.5)]
    assert np.all(np.diff(np.stack(doses), axis=0) > 0)


def test_training_recovers_a_known_covariate_effect(deployed, cohort):
    """The cohort's doses fall by exp(-0.3) with amiodarone and rise by 0.9 % per kg."""
    view = cohort.view
    base = row(view, sex="male", race="White", cyp2c9="*1/*1", vkorc1="A/G")
    amiodarone, heavier = base.copy(), base.copy()
    amiodarone[0, view.position("amiodarone", "numeric")] = 1.0
    heavier[0, view.position("weight_kg", "numeric")] = 1.0  # 20 kg
    doses = np.asarray(deployed.predict(jnp.asarray(np.concatenate([base, amiodarone, heavier])), jnp.full(3, 2.5)).dose_mg_week)
    assert np.log(doses[1] / doses[0]) == pytest.approx(-0.3, abs=0.12)
    assert np.log(doses[2] / doses[0]) == pytest.approx(0.18, abs=0.08)


def test_values_never_seen_missing_fall_back_near_the_published_mean(deployed, cohort):
    """VKORC1 is always known in training; without it the dose lies between those of the genotypes."""
    view = cohort.view
    unknown = row(view, sex="male", race="White", cyp2c9="*1/*1")
    unknown[0, view.position("vkorc1", "missing")] = 1.0
    known = np.concatenate([row(view, sex="male", race="White", cyp2c9="*1/*1", vkorc1=v) for v in ("A/A", "G/G")])
    low, high, middle = np.asarray(deployed.predict(jnp.asarray(np.concatenate([known, unknown])), jnp.full(3, 2.5)).dose_mg_week)
    assert low < middle < high


def test_retrospective_targets_are_followed_by_their_reliability(parsed):
    recorded = np.array([2.0, 2.5, 3.0], np.float32)
    assert parsed.cohort_target(recorded) == pytest.approx([2.5, 2.5, 2.5])
    assert replace(parsed, recorded_target_reliability=0.5).cohort_target(recorded) == pytest.approx([2.25, 2.5, 2.75])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"members": "1"}, "hyperparameter members: '1', allowed: whole numbers 2-50"),
        ({"members": "2.5"}, "hyperparameter members: '2.5', allowed: whole numbers 2-50"),
        ({"learning_rate": "fast"}, "hyperparameter learning_rate: 'fast', allowed: 1e-05-0.5"),
        ({"interval_level": "nan"}, "hyperparameter interval_level: 'nan', allowed: 0.5-0.99"),
        ({"featurs": "x"}, "hyperparameter featurs: unknown"),
        ({"features": ","}, "hyperparameter features: ','"),
    ],
)
def test_bad_hyperparameters_are_named(settings, change, message):
    with pytest.raises(InvalidInput) as error:
        parse({**settings, **change})
    assert str(error.value).startswith(message)


def test_a_feature_that_the_view_lacks_is_named(cohort):
    with pytest.raises(InvalidInput, match="feature shoe_size: not in view 'warfarin-dose'"):
        model.encode(cohort.view, ("cyp2c9", "shoe_size"))


def test_shipped_hyperparameters_are_valid():
    path = Path(__file__).resolve().parents[2] / "config" / "models" / "warfarin" / "hyperparameters.json"
    assert parse(json.loads(path.read_text())).members >= 2
