"""The training cohort: features.parquet read by the names in view.json, never by position."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import duckdb
import numpy as np

from virtual_patient.job import InvalidInput, read_json

SPLITS = ("train", "validation", "external")
KINDS = ("numeric", "level", "missing")
DEFAULT_TARGET_INR = 2.5  # middle of the therapeutic range 2-3, where a patient's own target is unknown
WEEKLY_DOSE_MG = (0.5, 400.0)  # the widest stable dose of the IWPC cohort is 315 mg/week (NEJM 2009 appendix S11)


@dataclass(frozen=True)
class Column:
    """One encoded model input: numeric (value - center) / scale with 0 for missing, level 0/1, or missing 0/1."""

    column: str
    feature: str
    kind: Literal["numeric", "level", "missing"]
    level: str | None = None
    center: float = 0.0
    scale: float = 1.0


@dataclass(frozen=True)
class View:
    """The feature view: which columns encode which feature, in the order of the exported model's inputs."""

    name: str
    version: str
    columns: tuple[Column, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(c.column for c in self.columns)

    @cached_property
    def features(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(c.feature for c in self.columns))

    @cached_property
    def _positions(self) -> dict[tuple[str, str, str | None], int]:
        return {(c.feature, c.kind, c.level): i for i, c in enumerate(self.columns)}

    def position(self, feature: str, kind: str, level: str | None = None) -> int | None:
        """Index of one encoded column, None where the view has none such."""
        return self._positions.get((feature, kind, level))

    def positions(self, features: tuple[str, ...] | list[str], kinds: tuple[str, ...] = KINDS) -> list[int]:
        """Indices of all columns of these features; features that the view lacks are passed over."""
        return [i for i, c in enumerate(self.columns) if c.feature in features and c.kind in kinds]


@dataclass(frozen=True)
class Cohort:
    """N patients. Arrays are aligned and ordered by person_id."""

    view: View
    person_id: np.ndarray  # [N] int64
    site: np.ndarray  # [N] str
    split: np.ndarray  # [N] str, one of SPLITS
    x: np.ndarray  # [N, F] float32, order of view.columns
    raw: dict[str, np.ndarray]  # [N] each: float64 with NaN, or object with None
    target_inr: np.ndarray  # [N] float32
    weekly_dose_mg: np.ndarray  # [N] float64

    def __len__(self) -> int:
        return len(self.person_id)

    def take(self, rows: np.ndarray) -> "Cohort":
        """The patients at these rows (indices or a boolean mask)."""
        return Cohort(
            view=self.view,
            person_id=self.person_id[rows],
            site=self.site[rows],
            split=self.split[rows],
            x=self.x[rows],
            raw={name: values[rows] for name, values in self.raw.items()},
            target_inr=self.target_inr[rows],
            weekly_dose_mg=self.weekly_dose_mg[rows],
        )

    @property
    def development(self) -> np.ndarray:
        """[N] mask of the patients that training may see."""
        return self.split != "external"


def read_view(folder: Path) -> View:
    """The view of a features channel. Raises InvalidInput when view.json is not one."""
    path = folder / "view.json"
    document = read_json(path)
    try:
        columns = tuple(_column(entry) for entry in document["columns"])
        return View(str(document["name"]), str(document["version"]), columns)
    except (KeyError, TypeError) as error:
        raise InvalidInput(f"{path}: missing or malformed {error}, needed: name, version, columns[column, feature, kind]") from None


def read_cohort(folder: Path) -> Cohort:
    """The cohort of a features channel.

    Raises InvalidInput on a missing column, a null or non-finite model input, a dose outside WEEKLY_DOSE_MG, an
    unknown split, or a patient that appears twice.
    """
    view = read_view(folder)
    path = folder / "features.parquet"
    if not path.is_file():
        raise InvalidInput(f"{path}: no such file")
    table = _read_parquet(path)
    _require_columns(path, table, view)
    raw = {name: _plain(table[name]) for name in view.features if name in table}
    cohort = Cohort(
        view=view,
        person_id=np.asarray(table["person_id"], np.int64),
        site=np.asarray(table["site"], str),
        split=np.asarray(table["split"], str),
        x=np.stack([np.ma.filled(table[name].astype(np.float64), np.nan) for name in view.names], axis=1).astype(np.float32),
        raw=raw,
        target_inr=_target_inr(raw, len(table["person_id"])),
        weekly_dose_mg=np.ma.filled(table["weekly_dose_mg"].astype(np.float64), np.nan),
    )
    _validate(path, cohort)
    return cohort


def _column(entry: dict[str, Any]) -> Column:
    if entry["kind"] not in KINDS:
        raise InvalidInput(f"view.json: column {entry['column']}: kind '{entry['kind']}', allowed: {', '.join(KINDS)}")
    return Column(
        entry["column"],
        entry["feature"],
        entry["kind"],
        entry.get("level"),
        float(entry.get("center") or 0.0),
        float(entry.get("scale") or 1.0),
    )


def _read_parquet(path: Path) -> dict[str, np.ma.MaskedArray]:
    with duckdb.connect() as connection:
        try:
            columns = connection.execute("select * from read_parquet(?) order by person_id", [str(path)]).fetchnumpy()
        except duckdb.Error as error:
            raise InvalidInput(f"{path}: not a features table ({str(error).splitlines()[0]})") from None
    return {name: np.ma.asarray(values) for name, values in columns.items()}


def _require_columns(path: Path, table: dict, view: View) -> None:
    needed = ("person_id", "site", "split", "weekly_dose_mg", *view.names)
    absent = [name for name in needed if name not in table]
    if absent:
        raise InvalidInput(f"{path}: column(s) absent: {', '.join(absent)}")


def _plain(values: np.ma.MaskedArray) -> np.ndarray:
    """Numbers with NaN, or text with None, for null."""
    if values.dtype.kind in "biuf":
        return np.ma.filled(values.astype(np.float64), np.nan)
    null = np.ma.getmaskarray(values)
    return np.array([None if none or v is None else str(v) for v, none in zip(values.data, null)], dtype=object)


def _target_inr(raw: dict[str, np.ndarray], n: int) -> np.ndarray:
    target = raw.get("target_inr", np.full(n, np.nan))
    return np.where(np.isnan(target), DEFAULT_TARGET_INR, target).astype(np.float32)


def _validate(path: Path, cohort: Cohort) -> None:
    if len(cohort) == 0:
        raise InvalidInput(f"{path}: 0 patients, allowed: at least 1")
    for split in np.unique(cohort.split):
        if split not in SPLITS:
            raise InvalidInput(f"{path}: split '{split}', allowed: {', '.join(SPLITS)}")
    bad_inputs = [name for name, ok in zip(cohort.view.names, np.isfinite(cohort.x).all(axis=0)) if not ok]
    if bad_inputs:
        raise InvalidInput(f"{path}: null or non-finite values in {', '.join(bad_inputs)}, allowed: finite numbers")
    lo, hi = WEEKLY_DOSE_MG
    bad_dose = cohort.weekly_dose_mg[~((cohort.weekly_dose_mg >= lo) & (cohort.weekly_dose_mg <= hi))]
    if bad_dose.size:
        raise InvalidInput(f"{path}: weekly_dose_mg {bad_dose[0]:g}, allowed: {lo:g}-{hi:g} mg/week")
    if len(np.unique(cohort.person_id)) != len(cohort):
        raise InvalidInput(f"{path}: {len(cohort) - len(np.unique(cohort.person_id))} person_id more than once, allowed: one row each")
