"""What a data scientist does with the stock MLflow client. Prints one JSON object; the assertions stand in mlflow.ts.

environment: URI (a project's tracking address), OTHER (another project's), SIGNED (a project that asks for signatures),
BUSY (URI behind a gateway that refuses each address once with 429), TOKENS (JSON: role -> token), FOLDER (scratch).
"""

import json
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

os.environ |= {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "60", "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}

import mlflow  # noqa: E402
import numpy as np  # noqa: E402
import onnx  # noqa: E402
import pandas as pd  # noqa: E402
import requests  # noqa: E402
from mlflow import MlflowClient  # noqa: E402
from mlflow.entities import Metric, Param, RunTag  # noqa: E402
from mlflow.exceptions import MlflowException  # noqa: E402

URI, OTHER, SIGNED, BUSY, FOLDER = (os.environ[name] for name in ("URI", "OTHER", "SIGNED", "BUSY", "FOLDER"))
TOKENS = json.loads(os.environ["TOKENS"])


def of(role: str) -> None:
    os.environ["MLFLOW_TRACKING_TOKEN"] = TOKENS[role]


def at(uri: str) -> MlflowClient:
    """Without its own registry's address a client takes the process's."""
    return MlflowClient(uri, registry_uri=uri)


def refused(call) -> dict:
    try:
        call()
    except MlflowException as error:
        return {"code": error.error_code, "status": error.get_http_status_code(), "message": error.message}
    return {"code": None}


class Linear(mlflow.pyfunc.PythonModel):
    """A dose that grows with weight: enough to be told apart from another model."""

    def __init__(self, slope: float):
        self.slope = slope

    def predict(self, context, model_input, params=None):
        return model_input["weight_kg"].to_numpy() * self.slope


def models() -> dict:
    """A pyfunc and an ONNX model: logged, registered, loaded back."""
    mlflow.set_tracking_uri(URI)
    mlflow.set_registry_uri(URI)
    mlflow.set_experiment("models")
    patients = pd.DataFrame({"weight_kg": [50.0, 68.0, 90.5]})
    x = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [None, 1])
    y = onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [None, 1])
    node = onnx.helper.make_node("Mul", ["x", "slope"], ["y"])
    slope = onnx.helper.make_tensor("slope", onnx.TensorProto.FLOAT, [1], [0.5])
    graph = onnx.helper.make_graph([node], "dose", [x], [y], [slope])
    network = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=9)
    with mlflow.start_run() as run:
        mlflow.log_params({"slope": 0.5})
        plain = mlflow.pyfunc.log_model(name="plain", python_model=Linear(0.5), registered_model_name="plain", pip_requirements=[], input_example=None)
        mlflow.onnx.log_model(network, name="network", registered_model_name="network", pip_requirements=[])
    client = MlflowClient(URI)
    client.set_registered_model_alias("plain", "candidate", "1")
    loaded = mlflow.pyfunc.load_model("models:/plain@candidate").predict(patients)
    answered = mlflow.pyfunc.load_model("models:/network/1").predict(patients.astype("float32").to_numpy())
    network_doses = list(answered.values())[0] if isinstance(answered, dict) else np.asarray(answered)
    return {
        "expected": (patients["weight_kg"] * 0.5).tolist(),
        "plain": np.asarray(loaded).ravel().tolist(),
        "network": np.asarray(network_doses).ravel().tolist(),
        "loggedModel": plain.model_id,
        "source": client.get_model_version("plain", "1").source,
        "runDeletion": refused(lambda: client.delete_run(run.info.run_id)),
        "modelDeletion": refused(lambda: client.delete_logged_model(plain.model_id)),
    }


def concurrency(of_versions: int) -> dict:
    """Versions made at once, and two clients on one alias."""
    client = MlflowClient(URI)
    client.create_registered_model("raced")
    with ThreadPoolExecutor(20) as pool:
        made = list(pool.map(lambda index: int(client.create_model_version("raced", f"s3://elsewhere/{index}").version), range(of_versions)))
        list(pool.map(lambda version: client.set_registered_model_alias("raced", "best", str(version)), [1, 2] * 5))
    return {"versions": sorted(made), "best": int(client.get_model_version_by_alias("raced", "best").version)}


def pagination(runs: int) -> dict:
    client = MlflowClient(URI)
    experiment = client.create_experiment("pages")
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda index: client.create_run(experiment, start_time=index, tags={"index": str(index)}).info.run_id, range(runs)))
        list(pool.map(lambda run: client.log_batch(run[1], [Metric("score", run[0] / runs, run[0], 0)], [Param("half", str(run[0] % 2))]), enumerate(made)))
    found, token, pages = [], None, 0
    while True:
        page = client.search_runs([experiment], "params.half = '1' AND metrics.score >= 0.1", max_results=17, order_by=["metrics.score DESC"], page_token=token)
        found += [int(run.data.tags["index"]) for run in page]
        pages, token = pages + 1, page.token
        if not token:
            return {"found": found, "pages": pages}


def odd_names() -> dict:
    """What a name may be: 250 characters, any alphabet."""
    client = MlflowClient(URI)
    experiment = client.create_experiment("Dosis-Größe für Ærø, 剂量 💊")
    run = client.create_run(experiment, run_name="Läufer № 1")
    key = "Ω" * 250
    client.log_batch(run.info.run_id, [Metric(key, float("nan"), 1, 0), Metric("up", float("inf"), 1, 0)], [Param(key, "värde")], [RunTag(key, "标签")])
    read = client.get_run(run.info.run_id)
    return {
        "experiment": client.get_experiment(experiment).name,
        "name": read.info.run_name,
        "param": read.data.params[key],
        "tag": read.data.tags[key],
        "metrics": [str(read.data.metrics[key]), str(read.data.metrics["up"])],
        "tooLong": refused(lambda: client.log_param(run.info.run_id, "Ω" * 251, "1")),
    }


def refusals() -> dict:
    big = Path(FOLDER, "big.bin")
    big.write_bytes(os.urandom(6_000_000))
    client = MlflowClient(URI)
    run = client.create_run("0").info.run_id
    address = f"{URI}/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/big.bin"
    bearer = {"Authorization": f"Bearer {TOKENS['data-scientist']}"}
    search = f"{URI}/api/2.0/mlflow/experiments/search"
    answers = {
        "noToken": requests.post(search, json={}, timeout=30).status_code,
        "badToken": requests.post(search, json={}, headers={"Authorization": "Bearer x.y.z"}, timeout=30).status_code,
        "tooLarge": (put := requests.put(address, data=big.read_bytes(), headers=bearer, timeout=60)).status_code,
        "tooLargeSays": put.json()["message"],
        "trace": requests.post(f"{URI}/api/3.0/mlflow/traces", json={}, headers=bearer, timeout=30).json(),
    }
    of("clinician")
    answers["clinician"] = refused(lambda: MlflowClient(URI).create_experiment("not mine"))
    answers["clinicianReads"] = MlflowClient(URI).get_experiment("0").name
    of("data-scientist")
    return answers


def parts() -> dict:
    """A file too large for one request, in parts both ways, as the client does it by itself."""
    os.environ |= {"MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE": "5000000", "MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE": str(5 * 1024**2), "MLFLOW_MULTIPART_DOWNLOAD_CHUNK_SIZE": str(4 * 1024**2)}
    client = MlflowClient(URI)
    run = client.create_run("0").info.run_id
    file = Path(FOLDER, "weights.bin")
    file.write_bytes(os.urandom(12_000_000))
    client.log_artifact(run, str(file), "model")
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        same = Path(client.download_artifacts(run, "model/weights.bin", folder)).read_bytes() == file.read_bytes()
    return {"listed": [(item.path, item.file_size) for item in client.list_artifacts(run, "model")], "same": same}


def isolation() -> dict:
    here, there = at(URI), at(OTHER)
    experiment = here.create_experiment("only here")
    run = here.create_run(experiment).info.run_id
    return {
        "run": refused(lambda: there.get_run(run)),
        "name": there.get_experiment_by_name("only here") is None,
        "models": [model.name for model in there.search_registered_models()],
    }


def signed() -> dict:
    """In a project that asks for signatures nobody calls a version Production by a client."""
    client = at(SIGNED)
    if not client.search_registered_models("name = 'unsigned'"):
        client.create_registered_model("unsigned")
    version = client.create_model_version("unsigned", "s3://elsewhere/unsigned").version
    return {
        "production": refused(lambda: client.transition_model_version_stage("unsigned", version, "Production")),
        "champion": refused(lambda: client.set_registered_model_alias("unsigned", "champion", version)),
        "staging": client.transition_model_version_stage("unsigned", version, "Staging").current_stage,
    }


def busy() -> dict:
    """A gateway above its limit: the client waits and comes again."""
    os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = "3"
    client = MlflowClient(BUSY)
    run = client.create_run(client.create_experiment("busy")).info.run_id
    client.log_metric(run, "loss", 0.5)
    os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = "1"
    return {"loss": MlflowClient(URI).get_run(run).data.metrics["loss"]}


of("data-scientist")
print(
    json.dumps(
        {
            "version": mlflow.__version__,
            "models": models(),
            "concurrency": concurrency(100),
            "pagination": pagination(60),
            "names": odd_names(),
            "refusals": refusals(),
            "parts": parts(),
            "busy": busy(),
            "isolation": isolation(),
            "signed": signed(),
        }
    )
)
