import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import numpy as np
import onnxruntime
import pytest

from virtual_patient.job import InvalidInput, Job
from virtual_patient.pkpd.parameters import PARAMETER_NAMES
from virtual_patient.provenance import code_digest, environment_digest
from virtual_patient.train import run
from virtual_patient.warfarin.features import read_cohort

SOURCE = Path(__file__).resolve().parents[1] / "src"


def start(module: str, folder: Path, cohort: Path, settings: dict) -> subprocess.Popen:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "parameters.json").write_text(json.dumps(settings))
    return subprocess.Popen(
        [sys.executable, "-m", f"virtual_patient.{module}", "--input", str(cohort), "--output", str(folder / "output"),
         "--checkpoints", str(folder / "checkpoints"), "--parameters", str(folder / "parameters.json")],
        env={**os.environ, "PYTHONPATH": str(SOURCE)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_outputs_are_those_of_the_contract(trained):
    assert {path.name for path in trained.iterdir()} == {
        "dose.onnx", "course.onnx", "model.npz", "model.json", "out_of_fold.parquet", "history.json",
    }  # fmt: skip


def test_dose_graph_has_the_contracts_inputs_and_outputs_for_any_batch(trained, cohort_folder):
    session = onnxruntime.InferenceSession(str(trained / "dose.onnx"))
    cohort = read_cohort(cohort_folder / "features")
    assert [i.name for i in session.get_inputs()] == ["features", "target_inr"]
    assert [o.name for o in session.get_outputs()] == ["dose_mg_week", "dose_lower", "dose_upper", "parameters"]
    whole = session.run(None, {"features": cohort.x, "target_inr": cohort.target_inr})
    one = session.run(None, {"features": cohort.x[7:8], "target_inr": cohort.target_inr[7:8]})
    assert [out.shape for out in whole] == [(len(cohort),)] * 3 + [(len(cohort), len(PARAMETER_NAMES))]
    for alone, among in zip(one, whole):
        assert alone[0] == pytest.approx(among[7], rel=1e-5)


def test_course_graph_takes_any_number_of_days(trained):
    session = onnxruntime.InferenceSession(str(trained / "course.onnx"))
    described = json.loads((trained / "model.json").read_text())["parameters"]
    middle = np.float32([[np.sqrt(p["lower"] * p["upper"]) for p in described]])
    for days in (1, 5, 40):
        (inr,) = session.run(None, {"parameters": middle, "daily_dose_mg": np.full((1, days), 5, np.float32)})
        assert inr.shape == (1, days)
        assert np.all(np.diff(inr[0]) > 0)


def test_parity_is_recorded_and_small(trained):
    described = json.loads((trained / "model.json").read_text())
    assert described["code"]["digest"] == code_digest()
    assert described["environment"]["digest"] == environment_digest()
    parity = described["parity"]
    assert 0 <= parity["doseMaxRelativeError"] < 1e-4
    assert 0 <= parity["courseMaxRelativeError"] < 1e-4


def test_out_of_fold_predictions_cover_development_and_no_external_patient(trained, cohort_folder):
    cohort = read_cohort(cohort_folder / "features")
    rows = duckdb.sql(f"select * from '{trained / 'out_of_fold.parquet'}' order by person_id").fetchnumpy()
    assert np.array_equal(rows["person_id"], cohort.person_id[cohort.development])
    assert np.all(rows["dose_mg_week"] > 0)
    in_validation = cohort.split[cohort.development] == "validation"
    assert np.array_equal(np.ma.getmaskarray(rows["validation_mg_week"]), ~in_validation)
    spread = np.mean(np.abs(rows["weekly_dose_mg"] - np.mean(rows["weekly_dose_mg"])))
    error = np.mean(np.abs(rows["dose_mg_week"] - rows["weekly_dose_mg"]))
    assert error < 0.6 * spread
    assert error < np.mean(np.abs(rows["mechanistic_mg_week"] - rows["weekly_dose_mg"]))


def test_killed_in_the_middle_it_goes_on_to_the_same_bytes(trained, cohort_folder, settings, tmp_path):
    job = start("train", tmp_path, cohort_folder, settings)
    for line in job.stdout:
        if "step 100" in line:
            break
    job.kill()
    job.wait()
    job.stdout.close()
    job.stderr.close()
    assert (tmp_path / "checkpoints" / "hybrid.ckpt").is_file()
    assert not (tmp_path / "output" / "model.npz").exists()
    again = start("train", tmp_path, cohort_folder, settings)
    out, err = again.communicate(timeout=300)
    assert again.returncode == 0, err
    progress = [json.loads(line) for line in out.splitlines()]
    assert any(p["message"].startswith("hybrid: resumed at step") for p in progress)
    assert [p["progress"] for p in progress] == sorted(p["progress"] for p in progress)
    for name in ("model.npz", "dose.onnx", "course.onnx", "model.json", "history.json"):
        assert digest(tmp_path / "output" / name) == digest(trained / name), name


def test_a_checkpoint_of_another_job_is_not_resumed_from(trained, cohort_folder, settings, tmp_path, monkeypatch, capsys):
    """Same folder, other seed: the finished checkpoints there must not become this job's result."""
    from virtual_patient.warfarin import export

    monkeypatch.setattr(export, "export", lambda ensemble, folder: None)  # the fit is what is under test
    monkeypatch.setattr(export, "parity", lambda ensemble, folder, x: export.Parity(0.0, 0.0))
    checkpoints = trained.parent / "checkpoints"
    copies = tmp_path / "checkpoints"
    copies.mkdir()
    for path in checkpoints.iterdir():
        (copies / path.name).write_bytes(path.read_bytes())
    run(Job(cohort_folder, tmp_path / "output", copies, {**settings, "seed": "12"}))
    assert "resumed" not in capsys.readouterr().out
    assert digest(tmp_path / "output" / "model.npz") != digest(trained / "model.npz")


def rewrite(cohort: Path, folder: Path, query: str) -> Path:
    """The same cohort with its table replaced by a query over `t`."""
    channel = folder / "features"
    channel.mkdir(parents=True)
    (channel / "view.json").write_bytes((cohort / "features" / "view.json").read_bytes())
    source = f"with t as (select * from '{cohort / 'features' / 'features.parquet'}') {query}"
    duckdb.sql(f"copy ({source}) to '{channel / 'features.parquet'}' (format parquet)")
    return folder


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("select * exclude (x_weight_kg) from t", "column(s) absent: x_weight_kg"),
        ("select * replace (null::double as x_weight_kg) from t", "null or non-finite values in x_weight_kg, allowed: finite numbers"),
        ("select * replace (900.0 as weekly_dose_mg) from t", "weekly_dose_mg 900, allowed: 0.5-400 mg/week"),
        ("select * replace ('test' as split) from t", "split 'test', allowed: train, validation, external"),
        ("select * from t union all select * from t", "360 person_id more than once, allowed: one row each"),
        ("select * from t where false", "0 patients, allowed: at least 1"),
        ("select * replace ('S1' as site) from t", "site: 1 in the development data, allowed: at least 2 for leave-one-site-out"),
    ],
)
def test_bad_data_are_refused_by_one_line(cohort_folder, settings, tmp_path, query, message):
    cohort = rewrite(cohort_folder, tmp_path, query)
    with pytest.raises(InvalidInput) as error:
        run(Job(cohort, tmp_path / "output", tmp_path / "checkpoints", settings))
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "error: the following arguments are required: --input, --output, --checkpoints, --parameters"),
        (["--parameters", "nowhere.json"], "error: nowhere.json: no such file"),
    ],
)
def test_the_command_line_answers_bad_use_with_one_line_and_code_2(arguments, message, tmp_path):
    rest = ["--input", "in", "--output", "out", "--checkpoints", "ck"] if arguments else []
    done = subprocess.run(
        [sys.executable, "-m", "virtual_patient.train", *rest, *arguments],
        env={**os.environ, "PYTHONPATH": str(SOURCE)}, cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == message + "\n"


def test_an_unknown_model_is_named(cohort_folder, settings, tmp_path):
    with pytest.raises(InvalidInput, match="parameter model: 'heparin', allowed: warfarin"):
        run(Job(cohort_folder, tmp_path, tmp_path, {**settings, "model": "heparin"}))


def test_columns_are_read_by_name_not_by_position(trained, cohort_folder, settings, tmp_path, monkeypatch):
    """The view's columns reversed, and the table's with them: the same patients get the same doses."""
    from virtual_patient.warfarin import export

    monkeypatch.setattr(export, "export", lambda ensemble, folder: None)
    monkeypatch.setattr(export, "parity", lambda ensemble, folder, x: export.Parity(0.0, 0.0))
    cohort = rewrite(cohort_folder, tmp_path, "select columns('^x_'), columns('^[^x]') from t order by weekly_dose_mg")
    view = json.loads((cohort / "features" / "view.json").read_text())
    view["columns"].reverse()
    (cohort / "features" / "view.json").write_text(json.dumps(view))
    few = {**settings, "steps": "60", "hidden": "0"}  # without networks nothing is drawn per column
    for name, source in (("reversed", cohort), ("original", cohort_folder)):
        run(Job(source, tmp_path / name, tmp_path / f"{name}-checkpoints", few))
    doses = [
        duckdb.sql(f"select dose_mg_week from '{tmp_path / name / 'out_of_fold.parquet'}' order by person_id").fetchnumpy()["dose_mg_week"]
        for name in ("reversed", "original")
    ]
    assert doses[0] == pytest.approx(doses[1], rel=1e-3)


def test_onnx_runtime_is_told_not_to_write_telemetry():
    code = "import os, virtual_patient.job; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    bare = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    done = subprocess.run([sys.executable, "-c", code], env={**bare, "PYTHONPATH": str(SOURCE)}, capture_output=True, text=True)
    assert done.stdout.strip() == "1", done.stderr
