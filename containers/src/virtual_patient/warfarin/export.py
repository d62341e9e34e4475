"""Export to ONNX, and the check that ONNX Runtime computes what JAX does."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np

from virtual_patient.job import write_atomically
from virtual_patient.pkpd.kernel import inr_course
from virtual_patient.pkpd.parameters import PARAMETER_NAMES
from virtual_patient.warfarin.ensemble import Ensemble, Prediction

OPSET = 21
DOSE_INPUTS, DOSE_OUTPUTS = ("features", "target_inr"), Prediction._fields
COURSE_INPUTS, COURSE_OUTPUTS = ("parameters", "daily_dose_mg"), ("inr",)
COURSE_DAYS = 28  # horizon of the parity check
TARGETS_INR = (2.0, 2.5, 3.0, 3.5)


class Parity(NamedTuple):
    """Largest relative difference between ONNX Runtime and JAX over all outputs and patients."""

    dose: float
    course: float


def export(ensemble: Ensemble, folder: Path) -> None:
    """Writes dose.onnx and course.onnx, float32 with dynamic batch (and days)."""
    columns = len(ensemble.encoding.log_cl_weight)
    _write(ensemble.predict, [("N", columns), ("N",)], DOSE_INPUTS, DOSE_OUTPUTS, folder / "dose.onnx")
    _write(inr_course, [("N", len(PARAMETER_NAMES)), ("N", "D")], COURSE_INPUTS, COURSE_OUTPUTS, folder / "course.onnx")


def parity(ensemble: Ensemble, folder: Path, x: np.ndarray) -> Parity:
    """On the encoded patients x [N, F], each with a target INR of TARGETS_INR, on the dose predicted for them."""
    target = np.resize(np.float32(TARGETS_INR), len(x))
    expected = [np.asarray(out) for out in jax.jit(ensemble.predict)(x, target)]
    dose_session, course_session = session(folder / "dose.onnx"), session(folder / "course.onnx")
    got = dose_session.run(list(DOSE_OUTPUTS), {"features": x, "target_inr": target})
    daily = np.repeat(expected[0][:, None] / 7, COURSE_DAYS, axis=1).astype(np.float32)
    inr = np.asarray(jax.jit(inr_course)(expected[3], daily))
    got_inr = course_session.run(list(COURSE_OUTPUTS), {"parameters": expected[3], "daily_dose_mg": daily})
    return Parity(max(map(_relative, got, expected)), _relative(got_inr[0], inr))


def session(path: Path):
    """A single-threaded CPU session of ONNX Runtime, as deterministic as a served one."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _write(program: Callable, inputs: Sequence, input_names: Sequence[str], output_names: Sequence[str], path: Path) -> None:
    # Imported here: evaluation and simulation run without the exporter.
    from jax2onnx import to_onnx

    proto = to_onnx(
        lambda *arguments: jax.tree.leaves(program(*arguments)),
        inputs=inputs,
        model_name=path.stem,
        opset=OPSET,
        input_names=input_names,
        output_names=output_names,
    )
    write_atomically(path, proto.SerializeToString(deterministic=True))


def _relative(got: np.ndarray, expected: np.ndarray) -> float:
    return float(np.max(np.abs(got - expected) / np.maximum(np.abs(expected), 1e-3)))
