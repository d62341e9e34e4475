import json
import shutil
from pathlib import Path

import duckdb
import pytest

from virtual_patient.evaluate import run
from virtual_patient.job import InvalidInput, Job
from virtual_patient.warfarin import measures, nejm2009

GATES = json.loads((Path(__file__).resolve().parents[2] / "config" / "models" / "warfarin" / "gates.json").read_text())


def evaluate(folder: Path, cohort: Path, trained: Path, **parameters) -> dict:
    channels = folder / "input"
    channels.mkdir(parents=True, exist_ok=True)
    for name, source in (("features", cohort / "features"), ("model", trained)):
        if not (channels / name).exists():
            (channels / name).symlink_to(source)
    run(Job(channels, folder / "output", folder / "checkpoints", {"model": "warfarin"} | parameters))
    return json.loads((folder / "output" / "evaluation.json").read_text())


@pytest.fixture(scope="module")
def output(cohort_folder, trained, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("evaluated")
    evaluate(folder, cohort_folder, trained, cohort_reference="iwpc")
    return folder / "output"


@pytest.fixture(scope="module")
def evaluation(output) -> dict:
    return json.loads((output / "evaluation.json").read_text())


def outcome(gate: dict, evaluation: dict) -> str:
    value = next((m["value"] for m in evaluation["measures"] if m["name"] == gate["measure"]), None)
    if value is None:
        return "not applicable"
    threshold = gate["threshold"]
    passed = {
        "<=": lambda: value <= threshold,
        ">=": lambda: value >= threshold,
        "between": lambda: threshold[0] <= value <= threshold[1],
    }[gate["comparison"]]()
    return "pass" if passed else "fail"


def test_metrics_have_the_contracts_form(evaluation):
    for name in ("leaveOneSiteOut", "external"):
        for predictor in ("model", "mechanisticOnly", "linear", "pharmacogenetic", "clinical", "fixedDose"):
            summary = evaluation["metrics"][name][predictor]
            assert set(summary) == {"n", "maeMgPerWeek", "within20Percent"}
    assert evaluation["metrics"]["leaveOneSiteOut"]["model"]["n"] == 288
    assert evaluation["metrics"]["external"]["model"]["n"] == 72
    assert evaluation["metrics"]["validation"]["model"]["n"] == 36


def test_reported_errors_are_those_of_the_held_out_table(evaluation, trained):
    table = f"'{trained / 'out_of_fold.parquet'}'"
    mae, within = duckdb.sql(
        f"select avg(abs(dose_mg_week - weekly_dose_mg)), 100 * avg((abs(dose_mg_week - weekly_dose_mg) <= 0.2 * weekly_dose_mg)::int) from {table}"
    ).fetchall()[0]
    model = evaluation["metrics"]["leaveOneSiteOut"]["model"]
    assert model["maeMgPerWeek"] == pytest.approx(mae)
    assert model["within20Percent"] == pytest.approx(within)


def test_every_measure_has_its_evidence_file_and_lies_in_its_interval(evaluation, output):
    names = [measure["name"] for measure in evaluation["measures"]]
    assert len(names) == len(set(names))
    for measure in evaluation["measures"]:
        evidence = json.loads((output / measure["evidence"]).read_text())
        assert evidence["value"] == measure["value"] and evidence["method"]
        if measure["interval"] is not None:
            assert measure["interval"][0] <= measure["value"] <= measure["interval"][1], measure["name"]


def test_plots_hold_counts_that_add_up_and_no_patient(evaluation, output):
    plots = {name: json.loads((output / path).read_text()) for name, path in evaluation["plots"].items()}
    assert sum(cell["n"] for cell in plots["predicted_vs_observed"]["leaveOneSiteOut"]) == 288
    assert sum(cell["n"] for cell in plots["predicted_vs_observed"]["external"]) == 72
    assert "person" not in json.dumps(plots)
    assert [row["level"] for row in plots["calibration"]["coverageByLevel"]][-1] == 0.95
    assert len(plots["subgroup_forest"]["rows"]) == len(evaluation["subgroups"])


def test_every_gate_asks_for_a_measure_that_exists(evaluation):
    measured = {measure["name"] for measure in evaluation["measures"]}
    assert {gate["measure"] for gate in GATES} <= measured
    assert len({gate["name"] for gate in GATES}) == len(GATES)


def test_without_external_patients_or_a_published_cohort_those_measures_are_absent(cohort_folder, trained, tmp_path):
    channel = tmp_path / "cohort" / "features"
    channel.mkdir(parents=True)
    shutil.copy(cohort_folder / "features" / "view.json", channel)
    source = cohort_folder / "features" / "features.parquet"
    duckdb.sql(f"copy (select * from '{source}' where split <> 'external') to '{channel / 'features.parquet'}' (format parquet)")
    evaluation = evaluate(tmp_path, channel.parent, trained)
    assert evaluation["metrics"]["external"] is None
    for gate in GATES:
        expected_absent = gate.get("requires") in ("external", "published-cohort")
        assert (outcome(gate, evaluation) == "not applicable") == expected_absent, gate["name"]


def test_the_ablation_says_whether_the_network_adds_something(evaluation):
    ablation = evaluation["ablation"]
    mae = ablation["maeMgPerWeek"]
    assert ablation["gainOverMechanisticOnly"]["value"] == pytest.approx(mae["mechanisticOnly"] - mae["model"])
    network = ablation["gainOverLogLinear"]
    adds_nothing = network["interval"][0] <= 0 <= network["interval"][1]
    assert ("network beyond log-linear covariates adds nothing" in ablation["verdict"]) == adds_nothing


def with_predictions(trained: Path, folder: Path, replacement: str) -> Path:
    """The trained model with its held-out predictions altered by a SQL replace list."""
    altered = folder / "model"
    shutil.copytree(trained, altered)
    path = altered / "out_of_fold.parquet"
    path.unlink()
    duckdb.sql(f"copy (select * replace ({replacement}) from '{trained / 'out_of_fold.parquet'}') to '{path}' (format parquet)")
    return altered


@pytest.mark.parametrize(
    ("replacement", "failing"),
    [
        (
            "35.0 + (person_id % 7) as dose_mg_week",
            {"held-out-dose-error", "non-inferior-to-pharmacogenetic", "better-than-fixed-dose", "calibration-slope", "subgroup-bias"},
        ),
        ("dose_mg_week * 1.5 as dose_mg_week", {"mean-bias", "subgroup-bias", "low-dose-safety", "non-inferior-to-pharmacogenetic"}),
        ("weekly_dose_mg as mechanistic_mg_week", {"ablation-mechanistic"}),
        ("weekly_dose_mg as linear_mg_week", {"ablation-linear"}),
    ],
    ids=["uninformative", "half too high", "mechanism is perfect", "linear is perfect"],
)
def test_gates_fail_on_a_model_that_deserves_it(cohort_folder, trained, tmp_path, monkeypatch, replacement, failing):
    from virtual_patient.warfarin import evaluation as module

    monkeypatch.setattr(module, "PLAUSIBILITY_PATIENTS", 20)
    evaluation = evaluate(tmp_path, cohort_folder, with_predictions(trained, tmp_path, replacement))
    outcomes = {gate["name"]: outcome(gate, evaluation) for gate in GATES}
    assert {name for name in failing if outcomes[name] != "fail"} == set()


def test_parity_and_plausibility_see_a_graph_that_is_not_the_model(cohort_folder, trained, tmp_path):
    """dose.onnx with other weights: the served dose would not be the trained one."""
    import numpy as np
    import onnx
    from onnx import numpy_helper

    altered = tmp_path / "model"
    shutil.copytree(trained, altered)
    graph = onnx.load(altered / "dose.onnx")
    for tensor in graph.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype == np.float32 and values.ndim >= 2:
            tensor.CopyFrom(numpy_helper.from_array((values * 1.5).astype(np.float32), tensor.name))
    (altered / "dose.onnx").write_bytes(graph.SerializeToString())
    evaluation = evaluate(tmp_path, cohort_folder, altered)
    outcomes = {gate["name"]: outcome(gate, evaluation) for gate in GATES}
    assert outcomes["parity-dose"] == "fail"
    assert outcomes["parity-course"] == "pass"


def test_reproduction_is_the_ratio_to_the_published_count_scaled_to_n(evaluation, output):
    evidence = json.loads((output / "evidence" / "reproduction_fixed_dose_within_20_ratio.json").read_text())
    scaled = nejm2009.PUBLISHED_WITHIN_20_PERCENT["fixedDose"] * 288 / nejm2009.PUBLISHED_COHORT_N
    assert evidence["value"] == pytest.approx(evidence["data"]["count"] / scaled)
    assert evidence["n"] == 288


def test_small_groups_are_not_judged(evaluation):
    assert evaluation["subgroups"]
    assert all(row["n"] >= measures.SMALLEST_GROUP for row in evaluation["subgroups"])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [({"cohort_reference": "gift"}, "parameter cohort_reference: 'gift', allowed: iwpc or absent"), ({"model": "x"}, "parameter model: 'x', allowed: warfarin")],
)
def test_bad_parameters_are_named(cohort_folder, trained, tmp_path, parameters, message):
    with pytest.raises(InvalidInput) as error:
        evaluate(tmp_path, cohort_folder, trained, **parameters)
    assert message in str(error.value)


def test_a_model_of_another_view_is_refused(cohort_folder, trained, tmp_path):
    altered = tmp_path / "model"
    shutil.copytree(trained, altered)
    description = json.loads((altered / "model.json").read_text())
    description["view"]["columns"].pop()
    (altered / "model.json").write_text(json.dumps(description))
    with pytest.raises(InvalidInput, match="its columns are not those that the model was trained on"):
        evaluate(tmp_path, cohort_folder, altered)
