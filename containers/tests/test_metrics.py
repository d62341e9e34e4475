import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as property_settings
from hypothesis import strategies as st
from scipy import stats

from virtual_patient.metrics import calibration, conformal, dose_error, subgroups


@pytest.fixture
def draw():
    return np.random.default_rng(3)


def test_error_summary_by_hand():
    observed = np.array([10.0, 20.0, 40.0, 35.0])
    predicted = np.array([12.0, 15.0, 40.0, 42.0])
    summary = dose_error.summary(predicted, observed)
    assert summary == {"n": 4, "maeMgPerWeek": pytest.approx(3.5), "within20Percent": pytest.approx(75.0)}


@given(st.floats(0.5, 300), st.floats(-0.5, 0.5))
@property_settings(max_examples=200, deadline=None)
def test_within_tolerance_is_a_fifth_of_the_observed_dose(dose, relative):
    got = dose_error.within_tolerance(np.array([dose * (1 + relative)]), np.array([dose]))[0]
    if abs(abs(relative) - 0.2) > 1e-6:
        assert got == float(abs(relative) < 0.2)


def test_mean_interval_has_the_width_of_the_normal_theory(draw):
    values = draw.normal(5.0, 2.0, 2000)
    estimate = dose_error.mean_with_interval(values, seed=1)
    half = 1.96 * np.std(values, ddof=1) / np.sqrt(len(values))
    assert estimate.value == np.mean(values)
    assert estimate.interval[0] == pytest.approx(estimate.value - half, abs=0.12 * half)
    assert estimate.interval[1] == pytest.approx(estimate.value + half, abs=0.12 * half)
    assert dose_error.mean_with_interval(values, seed=1) == estimate


def test_coverage_counts_and_gives_the_wilson_interval():
    observed = np.arange(100.0)
    share = calibration.coverage(observed, np.full(100, 9.5), np.full(100, 89.0))
    z = stats.norm.ppf(0.975)
    middle = (80 + z * z / 2) / (100 + z * z)
    half = z / (100 + z * z) * np.sqrt(80 * 20 / 100 + z * z / 4)
    assert share.value == 0.8
    assert share.interval == pytest.approx((middle - half, middle + half), abs=1e-9)


def test_slope_recovers_an_overfitted_prediction(draw):
    predicted = draw.normal(6, 1, 4000)
    observed = 2 + 0.5 * predicted + draw.normal(0, 0.3, 4000)
    line = calibration.slope(predicted, observed)
    assert line.interval[0] < 0.5 < line.interval[1]
    assert line.value == pytest.approx(np.polyfit(predicted, observed, 1)[0], rel=1e-9)


def test_deciles_hold_everyone_once(draw):
    predicted = draw.gamma(4, 8, 997)
    rows = calibration.by_decile(predicted, predicted)
    assert sum(row["n"] for row in rows) == 997
    assert all(a["predictedMean"] < b["predictedMean"] for a, b in zip(rows, rows[1:]))


@pytest.mark.parametrize("exponent", [0.0, 0.7])
@pytest.mark.parametrize("level", [0.8, 0.9])
def test_conformal_intervals_cover_new_patients(draw, level, exponent):
    def sample(n):
        mu = draw.uniform(3, 8, n)
        return mu, mu + mu**exponent * draw.gamma(2, 0.4, n) - 0.8 * mu**exponent, np.full(n, 0.01)

    mu, y, variance = sample(6000)
    calibrated = conformal.calibrate(y, mu, variance, level)
    assert calibrated.noise_exponent == pytest.approx(exponent, abs=0.12)
    new_mu, new_y, new_variance = sample(20_000)
    lower, upper = conformal.bounds(calibrated, new_mu, new_variance)
    assert np.mean((new_y >= lower) & (new_y <= upper)) == pytest.approx(level, abs=0.015)
    for tail in (np.mean(new_y < lower), np.mean(new_y > upper)):
        assert tail == pytest.approx((1 - level) / 2, abs=0.012)


def test_conformal_rank_has_the_finite_sample_correction():
    score = np.arange(1.0, 20.0)  # 19 scores: the 95 % quantile is the 19th = ceil(20 * 0.95)
    assert conformal._upper_quantile(score, 0.95) == 19.0
    assert conformal._upper_quantile(score, 0.90) == 18.0
    assert conformal._upper_quantile(score, 0.99) == 19.0


def test_bounds_widen_where_the_ensemble_disagrees(draw):
    mu = np.full(500, 6.0)
    calibrated = conformal.calibrate(mu + draw.normal(0, 1, 500), mu, np.zeros(500), 0.9)
    low, high = conformal.bounds(calibrated, np.array([6.0, 6.0]), np.array([0.0, 4.0]))
    assert high[1] - low[1] > 1.5 * (high[0] - low[0])


def test_a_group_does_not_calibrate_its_own_interval(draw):
    """A group whose outcomes are all far off is missed by bounds that have not seen it."""
    mu, group = np.full(400, 6.0), np.repeat(["a", "b"], 200)
    y = mu + draw.normal(0, 0.5, 400) + 10 * (group == "b")
    low, high = conformal.bounds_by_group(y, mu, np.zeros(400), group, 0.9)
    assert np.mean((y >= low) & (y <= high)) < 0.05


def test_subgroups_name_the_group_that_is_served_worse(draw):
    observed = draw.uniform(10, 60, 200)
    old = np.arange(200) < 60
    reference = observed + 5.0
    predicted = np.where(old, observed * 1.5, observed + 4.0)
    bounds = (observed - 1, np.where(old, observed - 0.5, observed + 1))
    rows = subgroups.table({"age": {"old": old, "young": ~old, "few": np.arange(200) < 5}}, predicted, reference, observed, bounds, 30, 1)
    by = {row["level"]: row for row in rows}
    assert set(by) == {"old", "young"}
    assert by["old"]["medianRelativeBias"] == pytest.approx(0.5)
    assert by["old"]["coverage"] == 0.0 and by["young"]["coverage"] == 1.0
    assert by["young"]["excessOverReference"] == pytest.approx(-0.2)
