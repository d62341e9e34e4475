"""A small cohort in the job contract's form, seeded, with doses from the published mechanism plus known covariate effects."""

import json
import os
import re
import tempfile
from pathlib import Path

# Compiled programs are kept between runs and shared with the jobs that tests start; set before JAX loads.
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(Path(tempfile.gettempdir()) / "virtual-patient-jax-cache"))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")

import duckdb
import numpy as np
import pytest

from virtual_patient.job import Job
from virtual_patient.pkpd import steady_state

NUMERIC = {"age_decade": (6.0, 1.0), "height_cm": (168.0, 10.0), "weight_kg": (78.0, 20.0), "target_inr": (2.5, 0.25)}
LEVELS = {
    "sex": ("male", "female"),
    "race": ("White", "Asian", "Black", "Unknown"),
    "cyp2c9": ("*1/*1", "*1/*2", "*1/*3", "*2/*2", "*2/*3", "*3/*3", "other"),
    "vkorc1": ("G/G", "A/G", "A/A"),
}
BINARY = ("amiodarone", "enzyme_inducer", "aspirin")
SETTINGS = {
    "model": "warfarin",
    "seed": "11",
    "members": "3",
    "steps": "150",
    "hidden": "3",
    "learning_rate": "0.02",
    "huber_delta": "0.5",
    "prior_weight": "0.01",
    "linear_decay": "1",
    "network_decay": "3",
    "ridge_penalty": "1",
    "interval_level": "0.9",
    "recorded_target_reliability": "0",
    "features": "age_decade,height_cm,weight_kg,sex,race,cyp2c9,vkorc1,amiodarone,enzyme_inducer",
}


def view() -> dict:
    columns = []
    for feature, (center, scale) in NUMERIC.items():
        columns.append({"column": f"x_{feature}", "feature": feature, "kind": "numeric", "center": center, "scale": scale})
        columns.append({"column": f"x_{feature}_missing", "feature": feature, "kind": "missing"})
    for feature, levels in LEVELS.items():
        for level in levels:
            slug = re.sub("[^a-z0-9]+", "_", level.lower()).strip("_")
            columns.append({"column": f"x_{feature}_{slug}", "feature": feature, "kind": "level", "level": level})
        columns.append({"column": f"x_{feature}_missing", "feature": feature, "kind": "missing"})
    for feature in BINARY:
        columns.append({"column": f"x_{feature}", "feature": feature, "kind": "numeric", "center": 0, "scale": 1})
        columns.append({"column": f"x_{feature}_missing", "feature": feature, "kind": "missing"})
    return {"name": "warfarin-dose", "version": "1", "columns": columns, "features": [*NUMERIC, *LEVELS, *BINARY]}


def patients(n: int = 360, seed: int = 5) -> list[dict]:
    draw = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        row = {
            "person_id": 10_000 + i,
            "site": f"S{i % 5}",
            "split": "external" if i % 5 == 4 else "validation" if i % 10 == 0 else "train",
            "age_decade": float(np.clip(round(draw.normal(6.3, 1.5)), 1, 9)),
            "target_inr": 2.5,
            "sex": str(draw.choice(LEVELS["sex"])),
            "race": str(draw.choice(LEVELS["race"], p=[0.55, 0.3, 0.1, 0.05])),
            "cyp2c9": str(draw.choice(LEVELS["cyp2c9"][:3], p=[0.75, 0.15, 0.10])),
            "vkorc1": str(draw.choice(LEVELS["vkorc1"])),
            **{name: float(draw.random() < 0.15) for name in BINARY},
        }
        row["height_cm"] = float(draw.normal(176 if row["sex"] == "male" else 163, 7))
        row["weight_kg"] = float((row["height_cm"] - 95) * draw.lognormal(0, 0.18))
        cl = steady_state.genotype_cl_l_h(row["cyp2c9"]) * float(steady_state.cl_age_factor(10 * row["age_decade"] + 5))
        ec50 = steady_state.genotype_ec50_mg_l(row["vkorc1"])
        effect = 0.009 * (row["weight_kg"] - 78) - 0.3 * row["amiodarone"] - 0.2
        typical = float(steady_state.weekly_dose_mg(cl, ec50, 2.5)) * np.exp(effect)
        row["weekly_dose_mg"] = float(np.clip((np.sqrt(typical) + draw.normal(0, 0.6)) ** 2, 3.0, 150.0))
        row["inr_on_dose"] = None
        for name, share in (("height_cm", 0.1), ("weight_kg", 0.05), ("cyp2c9", 0.05), ("amiodarone", 0.2)):
            if draw.random() < share:
                row[name] = None
        rows.append(row)
    return rows


def encoded(row: dict, document: dict) -> dict:
    out = {}
    for column in document["columns"]:
        value = row[column["feature"]]
        if column["kind"] == "missing":
            out[column["column"]] = float(value is None)
        elif column["kind"] == "level":
            out[column["column"]] = float(value == column["level"])
        else:
            out[column["column"]] = 0.0 if value is None else (value - column["center"]) / column["scale"]
    return out


def write_features(folder: Path, rows: list[dict], document: dict) -> Path:
    """Writes the features channel; returns the folder that holds it."""
    channel = folder / "features"
    channel.mkdir(parents=True, exist_ok=True)
    (channel / "view.json").write_text(json.dumps(document))
    table = [{**row, **encoded(row, document)} for row in rows]
    text = {"site", "split", *LEVELS}
    types = {name: "BIGINT" if name == "person_id" else "VARCHAR" if name in text else "DOUBLE" for name in table[0]}
    with duckdb.connect() as connection:
        connection.execute("create table t (" + ", ".join(f'"{name}" {kind}' for name, kind in types.items()) + ")")
        connection.executemany(f"insert into t values ({', '.join('?' * len(types))})", [list(row.values()) for row in table])
        connection.execute(f"copy t to '{channel / 'features.parquet'}' (format parquet)")
    return folder


@pytest.fixture(scope="session")
def cohort_folder(tmp_path_factory) -> Path:
    return write_features(tmp_path_factory.mktemp("cohort"), patients(), view())


@pytest.fixture(scope="session")
def settings() -> dict:
    """Hyperparameters as SageMaker passes them: strings."""
    return dict(SETTINGS)


@pytest.fixture(scope="session")
def trained(cohort_folder, settings, tmp_path_factory) -> Path:
    """The output of one whole, uninterrupted training job."""
    from virtual_patient.train import run

    folder = tmp_path_factory.mktemp("trained")
    run(Job(cohort_folder, folder / "output", folder / "checkpoints", settings))
    return folder / "output"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real data beside the checkout; tests that need it are skipped where it is absent."""
    folder = Path(__file__).resolve().parents[3] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"shared data beside the checkout is absent ({folder.name})")
    return folder
