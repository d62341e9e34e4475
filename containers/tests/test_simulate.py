"""The simulate job end to end on a small synthetic cohort, by its command line."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from virtual_patient.job import InvalidInput
from virtual_patient.pkpd import kernel
from virtual_patient.simulate import _model
from virtual_patient.trial.design import parse_design
from virtual_patient.trial.endpoints import analysed, estimates, interval
from virtual_patient.trial.patients import draw, eligible_rows
from virtual_patient.trial.protocol import simulation_of
from virtual_patient.warfarin.features import read_cohort

SOURCE = Path(__file__).parents[1] / "src"
EU_PACT = Path(__file__).parents[2] / "config" / "trials" / "eu-pact.json"


@pytest.fixture(scope="module")
def channels(cohort_folder, trained, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("simulate")
    (folder / "features").symlink_to(cohort_folder / "features")
    (folder / "model").symlink_to(trained)
    return folder


@pytest.fixture(scope="module")
def programs():
    """The compiled arms; what is assumed of chance lies in the patients, not in them."""
    design = parse_design(EU_PACT.read_text())
    return [simulation_of(design, arm) for arm in design.arms]


@pytest.fixture(scope="module")
def simulated(channels, programs):
    """(design, virtual patients, outcome and series by arm) of a trial."""
    design = parse_design(EU_PACT.read_text())
    cohort = read_cohort(channels / "features")
    patients = draw(cohort, _model(channels / "model", cohort), design, 150, seed=7)
    return design, patients, {arm.name: program(patients) for arm, program in zip(design.arms, programs)}


def simulate(channels: Path, folder: Path, **parameters) -> subprocess.CompletedProcess:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "parameters.json").write_text(json.dumps(parameters))
    places = [f"--{name}={folder / name}" for name in ("output", "checkpoints")]
    command = [sys.executable, "-m", "virtual_patient.simulate", f"--input={channels}", *places, f"--parameters={folder / 'parameters.json'}"]
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=False, env=environment)


def short_design(**changed) -> str:
    return json.dumps(json.loads(EU_PACT.read_text()) | {"sensitivity": []} | changed)


@pytest.fixture(scope="module")
def finished(channels, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    ended = simulate(channels, folder, model="warfarin", design=short_design(sensitivity=[{"name": "every dose taken", "missedDoses": None}]), seed="7", patientsPerArm="60")
    return ended, folder / "output" / "result.json"


def test_the_job_leaves_its_result(finished):
    ended, path = finished
    assert (ended.returncode, ended.stderr) == (0, "")
    result = json.loads(path.read_text())
    assert [(arm["name"], arm["n"]) for arm in result["arms"]] == [("genotype-guided", 60), ("standard", 60)]
    for arm in result["arms"]:
        low, high = arm["interval"]
        assert 0 < low < arm["ttrPercent"] < high < 100
        assert arm["ttrPercent"] + arm["timeBelowPercent"] + arm["timeAbovePercent"] == pytest.approx(100, abs=1e-2)
    assert result["series"]["days"] == list(range(1, 86))
    assert all(arm["meanInr"][0] == pytest.approx(1) for arm in result["series"]["arms"])
    assert [row["endpoint"] for row in result["published"]["gaps"]] == ["ttrPercent", "ttrPercent"]
    assert [row["name"] for row in result["sensitivity"]] == ["every dose taken"]


def test_progress_rises_to_one(finished):
    shares = [json.loads(line)["progress"] for line in finished[0].stdout.splitlines()]
    assert shares == sorted(shares) and shares[-1] == 1.0


def test_the_same_seed_gives_the_same_bytes(channels, finished, tmp_path):
    again = simulate(channels, tmp_path / "again", model="warfarin", design=short_design(sensitivity=[{"name": "every dose taken", "missedDoses": None}]), seed=7, patientsPerArm=60)
    assert again.returncode == 0
    assert (tmp_path / "again" / "output" / "result.json").read_bytes() == finished[1].read_bytes()


def test_another_seed_draws_other_patients(channels):
    cohort = read_cohort(channels / "features")
    design = parse_design(EU_PACT.read_text())
    first, second = (draw(cohort, _model(channels / "model", cohort), design, 50, seed=seed).parameters for seed in (7, 8))
    assert not np.array_equal(first, second)


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"design": "{"}, "design: not JSON"),
        ({}, "parameter design: None, allowed: a design as JSON text"),
        ({"model": "glucose"}, "parameter model: 'glucose'"),
        ({"seed": "x"}, "parameter seed: 'x', allowed: a whole number of 0-2147483647"),
        ({"seed": -1}, "parameter seed: -1"),
        ({"patientsPerArm": 20_001}, "parameter patientsPerArm: 20001, allowed: a whole number of 10-20000"),
    ],
)
def test_a_bad_parameter_is_one_line_and_exit_code_2(channels, tmp_path, parameters, named):
    given = parameters if "design" in parameters or not parameters else {"design": short_design(), **parameters}
    ended = simulate(channels, tmp_path, **{"model": "warfarin", **given})
    assert ended.returncode == 2
    assert ended.stderr.startswith("error: ") and ended.stderr.count("\n") == 1
    assert named in ended.stderr


def test_too_few_eligible_patients_are_refused(channels, tmp_path):
    design = json.loads(short_design())
    design["eligibility"]["require"].append({"feature": "age_decade", "in": [1]})
    ended = simulate(channels, tmp_path, model="warfarin", design=json.dumps(design))
    assert ended.returncode == 2
    assert "eligible patients: 0 of 360, allowed: at least 10" in ended.stderr


def test_an_unknown_feature_is_refused(channels):
    design = json.loads(short_design())
    design["eligibility"]["require"].append({"feature": "shoe_size", "in": [42]})
    with pytest.raises(InvalidInput, match="feature 'shoe_size', allowed: .*vkorc1"):
        eligible_rows(read_cohort(channels / "features"), parse_design(design))


@pytest.mark.parametrize("missing", [("vkorc1",), ("height_cm",)])
def test_a_cohort_without_what_the_rules_need_is_refused(channels, missing):
    cohort = read_cohort(channels / "features")
    without = replace(cohort, raw={name: values for name, values in cohort.raw.items() if name not in missing})
    with pytest.raises(InvalidInput, match=f"column '{missing[0]}' is absent"):
        eligible_rows(without, parse_design(EU_PACT.read_text()))


def test_only_eligible_patients_are_drawn(channels):
    cohort = read_cohort(channels / "features")
    rows = eligible_rows(cohort, parse_design(EU_PACT.read_text()))
    assert 0 < len(rows) < len(cohort)
    assert set(cohort.raw["race"][rows]) == {"White"}


def test_arms_share_their_patients_and_their_chance(simulated):
    """Before any dose can differ the arms are one: the same baseline tests, the same dropouts."""
    guided, standard = (series for _, series in simulated[2].values())
    np.testing.assert_array_equal(guided.patients, standard.patients)
    assert guided.patients[0] == 150 > guided.patients[-1]
    assert float(guided.mean_inr[1]) != float(standard.mean_inr[1])


def test_simulated_inr_is_the_kernels(simulated, channels):
    """An arm of fixed doses, everything taken: its mean INR is that of the kernel's course."""
    document = json.loads(short_design(missedDoses=None, inrNoise="none", dropout={"share": 0}))
    fixed = [{"fromDay": 1, "rule": "fixed", "ageYears": 75, "dosesMgUpToAge": [7, 3], "dosesMgAboveAge": [4]}]
    document["arms"] = [{"name": "a", "phases": fixed}, {"name": "standard", "phases": fixed}]
    design = parse_design(document)
    cohort = read_cohort(channels / "features")
    patients = draw(cohort, _model(channels / "model", cohort), design, 40, seed=3)
    _, series = simulation_of(design, design.arms[0])(patients)
    young = (patients.covariates.age_years <= 75)[:, None]
    dose_mg = jnp.where(young, jnp.asarray([7.0] + [3.0] * 83), 4.0)
    expected = kernel.inr_course(patients.parameters, dose_mg)
    np.testing.assert_allclose(series.mean_inr[1:], np.mean(expected, axis=0), rtol=1e-5)
    in_range = 100 * np.mean((expected >= 2) & (expected <= 3), axis=0)
    np.testing.assert_allclose(series.percent_in_range[1:], in_range, atol=1e-3)


def test_genotype_guidance_helps_most_where_genotype_is_all(channels, programs):
    """With no other variability a dose by genotype keeps patients in range better than one dose for all."""
    design = parse_design(short_design(missedDoses=None, inrNoise="none", betweenPatientVariability="none"))
    cohort = read_cohort(channels / "features")
    patients = draw(cohort, _model(channels / "model", cohort), design, 150, seed=5)  # as many as `simulated`: no second compilation
    guided, standard = (program(patients)[0] for program in programs)
    assert float(np.mean(guided.ttr)) > float(np.mean(standard.ttr)) + 0.02
    assert float(np.mean(guided.excessive)) <= float(np.mean(standard.excessive))


def test_dropouts_leave_at_the_stated_share(channels):
    document = json.loads(short_design(dropout={"share": 0.3}))
    cohort = read_cohort(channels / "features")
    patients = draw(cohort, _model(channels / "model", cohort), parse_design(document), 4000, seed=1)
    left = int(np.sum(patients.last_day < 85))
    assert stats.binomtest(left, 4000, 0.3).pvalue > 1e-4


def test_missed_doses_have_the_published_quartiles(channels):
    cohort = read_cohort(channels / "features")
    patients = draw(cohort, _model(channels / "model", cohort), parse_design(EU_PACT.read_text()), 4000, seed=1)
    missed = 1 - np.mean(patients.taken, axis=1)
    # Platt et al. 2010: 5.8, 14.4, 33.8 %
    np.testing.assert_allclose(np.quantile(missed, [0.25, 0.5, 0.75]), [0.058, 0.144, 0.338], atol=0.025)


def test_between_patient_variability_is_the_published(channels):
    cohort = read_cohort(channels / "features")
    design = parse_design(EU_PACT.read_text())
    varied = draw(cohort, _model(channels / "model", cohort), design, 4000, seed=1).parameters
    typical = draw(cohort, _model(channels / "model", cohort), parse_design(short_design(betweenPatientVariability="none")), 4000, seed=1).parameters
    spread = np.std(np.log(varied / typical), axis=0)
    # Hamberg et al. 2010: omega^2 of CL, V, EC50; the others have none
    np.testing.assert_allclose(spread, [0.089**0.5, 0.054**0.5, 0, 0.34**0.5, 0, 0, 0, 0], rtol=0.05, atol=1e-6)


def test_bootstrap_interval_of_a_mean_agrees_with_its_standard_error(simulated):
    design, _, by_arm = simulated
    outcome = by_arm["standard"][0]
    included = analysed(outcome, design)
    found = estimates(outcome, included, jax.random.key(1))["ttrPercent"]
    ttr = 100 * np.asarray(outcome.ttr)[np.asarray(included)]
    assert float(found.value) == pytest.approx(np.mean(ttr), rel=1e-5)
    low, high = interval(np.asarray(found.replicates))
    assert (high - low) / 2 == pytest.approx(1.96 * stats.sem(ttr), rel=0.1)


def test_bootstrap_median_agrees_with_numpy(simulated):
    design, _, by_arm = simulated
    outcome = by_arm["standard"][0]
    included = analysed(outcome, design)
    found = estimates(outcome, included, jax.random.key(1))["finalWeeklyDoseMg"]
    assert float(found.value) == pytest.approx(np.quantile(np.asarray(outcome.final_weekly_dose_mg)[np.asarray(included)], 0.5, method="inverted_cdf"))
