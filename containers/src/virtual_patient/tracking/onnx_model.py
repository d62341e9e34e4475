"""An ONNX file as the folder of an MLflow model: what `mlflow.onnx` and `mlflow.pyfunc` load, with its signature.

`mlflow.onnx` itself needs pandas to write it; its files are written here by MLflow's model and schema classes, which do not.
"""

import json
import platform
import shutil
from importlib.metadata import version
from pathlib import Path

import numpy as np
import onnx
import yaml
from mlflow.models import Model
from mlflow.types.schema import Schema, TensorSpec

DATA = "model.onnx"
ENVIRONMENT, REQUIREMENTS = "python_env.yaml", "requirements.txt"
PACKAGES = ("onnx", "onnxruntime", "numpy")


def write(graph: Path, folder: Path, model_id: str, run_id: str) -> None:
    """graph: an ONNX file without external data."""
    shutil.copyfile(graph, folder / DATA)
    requirements = [f"mlflow=={version('mlflow-skinny')}", *(f"{name}=={version(name)}" for name in PACKAGES)]
    (folder / REQUIREMENTS).write_text("\n".join(requirements) + "\n")
    environment = {"python": platform.python_version(), "build_dependencies": [], "dependencies": [f"-r {REQUIREMENTS}"]}
    (folder / ENVIRONMENT).write_text(yaml.safe_dump(environment, sort_keys=False))
    model = Model(run_id=run_id, model_id=model_id, model_size_bytes=graph.stat().st_size)
    model.add_flavor(
        "onnx", onnx_version=onnx.__version__, data=DATA, providers=["CPUExecutionProvider"], onnx_session_options=None, code=None
    )
    model.add_flavor(
        "python_function", loader_module="mlflow.onnx", python_version=platform.python_version(), data=DATA, env={"virtualenv": ENVIRONMENT}
    )
    document = model.to_dict() | {"signature": signature(graph), "is_signature_from_type_hint": False, "type_hint_from_example": False}
    (folder / "MLmodel").write_text(yaml.safe_dump(document))


def signature(graph: Path) -> dict[str, str | None]:
    """As `infer_signature` gives it for named tensors: dimensions that vary are -1."""
    inside = onnx.load(str(graph), load_external_data=False).graph
    return {"inputs": json.dumps(_schema(inside.input)), "outputs": json.dumps(_schema(inside.output)), "params": None}


def _schema(values) -> list[dict]:
    return Schema([TensorSpec(_dtype(value), _shape(value), value.name) for value in values]).to_dict()


def _dtype(value) -> np.dtype:
    return np.dtype(onnx.helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type))


def _shape(value) -> tuple[int, ...]:
    return tuple(d.dim_value if d.HasField("dim_value") else -1 for d in value.type.tensor_type.shape.dim)
