"""The measures by name: value, n, interval, unit, method, and the data behind them. gates.json refers to these names.

A measure that the data cannot give (no external hospital, not a published cohort, a group too small) is absent.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from virtual_patient.metrics import calibration as calibrate
from virtual_patient.metrics import dose_error
from virtual_patient.metrics import subgroups as grouped
from virtual_patient.metrics.dose_error import Estimate, absolute_error, within_tolerance
from virtual_patient.warfarin import nejm2009
from virtual_patient.warfarin.doses import COMPARATORS, MODEL, SECOND_LEVEL, Doses
from virtual_patient.warfarin.export import Parity
from virtual_patient.warfarin.plausibility import Plausibility

SMALLEST_GROUP = 30
LOW_DOSE_MG_WEEK = 21.0  # the IWPC's low-dose tier, patients at most risk of bleeding from an overestimate (NEJM 2009, Table 3)
BOOTSTRAP = f"percentile bootstrap over patients, {dose_error.REPLICATES} replicates, 95 %"
WILSON = "Wilson score interval, 95 %"
# Measure names keep to snake_case; the metrics' keys are the job contract's.
SNAKE = {
    "pharmacogenetic": "pharmacogenetic",
    "clinical": "clinical",
    "fixedDose": "fixed_dose",
    "mechanisticOnly": "mechanistic_only",
    "linear": "linear",
}


@dataclass(frozen=True)
class Measure:
    name: str
    value: float
    n: int
    interval: tuple[float, float] | None
    unit: str
    method: str
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def evidence_path(self) -> str:
        return f"evidence/{self.name}.json"

    def listed(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "value": self.value,
            "n": self.n,
            "interval": None if self.interval is None else list(self.interval),
            "unit": self.unit,
            "evidence": self.evidence_path,
        }


def metrics(doses: Doses) -> dict[str, dict]:
    """Summary of every predictor on the set."""
    return {name: dose_error.summary(predicted, doses.observed) for name, predicted in doses.by.items()}


def errors(prefix: str, doses: Doses, seed: int) -> list[Measure]:
    """Absolute error and share within 20 %, and both against each other predictor on the same patients."""
    model, observed = doses.by[MODEL], doses.observed
    own_error, own_within = absolute_error(model, observed), within_tolerance(model, observed)
    by_site = {
        str(site): dose_error.summary(model[doses.cohort.site == site], observed[doses.cohort.site == site])
        for site in np.unique(doses.cohort.site)
    }
    found = [
        _measure(f"{prefix}_mae_mg_week", dose_error.mean_with_interval(own_error, seed), "mg/week", {"bySite": by_site}),
        _measure(f"{prefix}_within_20_percent", dose_error.mean_with_interval(100 * own_within, seed), "%", {"bySite": by_site}),
    ]
    for name, label in SNAKE.items():
        other_error, other_within = absolute_error(doses.by[name], observed), within_tolerance(doses.by[name], observed)
        data = {MODEL: metrics(doses)[MODEL], name: metrics(doses)[name]}
        excess = dose_error.mean_with_interval(own_error - other_error, seed)
        gained = dose_error.mean_with_interval(100 * (own_within - other_within), seed)
        found += [
            _measure(f"{prefix}_excess_mae_over_{label}_mg_week", excess, "mg/week", data),
            _bound(f"{prefix}_excess_mae_over_{label}_upper_mg_week", excess, 1, "mg/week", data),
            _measure(f"{prefix}_gain_within_20_percent_over_{label}", gained, "percentage points", data),
        ]
    return found


def validation_metrics(doses: Doses, held_out: Mapping[str, np.ndarray]) -> dict[str, dict] | None:
    """Patients of the `validation` split by the fit that saw the `train` split only, beside the comparators; None without such."""
    later = doses.cohort.split == "validation"
    if later.sum() < 2:
        return None
    observed = doses.observed[later]
    by = {MODEL: held_out["validation_mg_week"][later], **{name: doses.by[name][later] for name in ("mechanisticOnly", *COMPARATORS)}}
    return {name: dose_error.summary(predicted, observed) for name, predicted in by.items()}


def validation(doses: Doses, held_out: Mapping[str, np.ndarray], seed: int) -> list[Measure]:
    summary = validation_metrics(doses, held_out)
    if summary is None:
        return []
    later = doses.cohort.split == "validation"
    predicted, observed = held_out["validation_mg_week"][later], doses.observed[later]
    own = absolute_error(predicted, observed)
    published = absolute_error(doses.by["pharmacogenetic"][later], observed)
    return [
        _measure("validation_mae_mg_week", dose_error.mean_with_interval(own, seed), "mg/week", summary),
        _measure("validation_excess_mae_over_pharmacogenetic_mg_week", dose_error.mean_with_interval(own - published, seed), "mg/week", summary),
    ]


def intervals(prefix: str, doses: Doses, level: float) -> list[Measure]:
    """Share of observed doses inside the prediction interval; for leave-one-site-out calibrated without the hospital."""
    found = []
    for one, low, high in ((level, doses.lower, doses.upper), (SECOND_LEVEL, doses.second_lower, doses.second_upper)):
        share = calibrate.coverage(doses.observed, low, high)
        width = {"level": one, "medianWidthMgPerWeek": float(np.median(high - low))}
        found.append(Measure(f"{prefix}_coverage_of_{round(100 * one)}_percent_interval", share.value, share.n, share.interval, "share", WILSON, width))
    return found


def calibration(doses: Doses, seed: int) -> list[Measure]:
    model, observed = doses.by[MODEL], doses.observed
    line = calibrate.slope(np.sqrt(model), np.sqrt(observed))
    bias = dose_error.mean_with_interval(model - observed, seed)
    deciles = {"byDecile": calibrate.by_decile(model, observed)}
    least_squares = "least squares of sqrt(observed) on sqrt(predicted), 95 % by Student's t"
    return [
        Measure("calibration_slope", line.value, line.n, line.interval, "1", least_squares, deciles),
        _measure("mean_bias_mg_week", bias, "mg/week", deciles),
    ]


def subgroup_table(doses: Doses, seed: int) -> list[dict]:
    """Race, sex, age and genotypes, of at least SMALLEST_GROUP patients; the reference is the pharmacogenetic algorithm."""
    return grouped.table(
        _groups(doses.cohort.raw),
        doses.by[MODEL],
        doses.by["pharmacogenetic"],
        doses.observed,
        (doses.lower, doses.upper),
        SMALLEST_GROUP,
        seed,
    )


def subgroups(table: list[dict]) -> list[Measure]:
    """The worst group by each criterion."""
    found = []
    if table:
        worst = max(table, key=lambda row: row["excessOverReference"])
        biased = max(table, key=lambda row: abs(row["medianRelativeBias"]))
        method = f"largest over {len(table)} groups of at least {SMALLEST_GROUP} patients, leave-one-site-out"
        found += [
            Measure("subgroup_worst_excess_over_pharmacogenetic", worst["excessOverReference"], worst["n"], None, "share of its MAE", method, worst),
            Measure("subgroup_worst_median_relative_bias", abs(biased["medianRelativeBias"]), biased["n"], None, "share of the dose", method, biased),
        ]
        # A small group's coverage is uncertain: the group counts whose interval shows the least, not the luckless one.
        least = min(table, key=lambda row: row["coverageInterval"][1])
        upper = f"upper end of the {WILSON}, {method.replace('largest', 'smallest')}"
        found.append(Measure("subgroup_least_interval_coverage_upper", least["coverageInterval"][1], least["n"], None, "share", upper, least))
    return found


def ablation(doses: Doses, seed: int) -> dict[str, Any]:
    """What the covariates, the network and the mechanism each add, as paired leave-one-site-out differences in MAE."""
    own = absolute_error(doses.by[MODEL], doses.observed)

    def gain(other: str) -> Estimate:
        return dose_error.mean_with_interval(absolute_error(doses.by[other], doses.observed) - own, seed)

    fit, network, mechanism = gain("mechanisticOnly"), gain("logLinear"), gain("linear")
    return {
        "maeMgPerWeek": {name: float(np.mean(absolute_error(doses.by[name], doses.observed))) for name in (MODEL, "mechanisticOnly", "logLinear", "linear")},
        "gainOverMechanisticOnly": _stated(fit),
        "gainOverLogLinear": _stated(network),
        "gainOverLinear": _stated(mechanism),
        "verdict": " ".join(
            (
                _verdict("Fitting covariates to the mechanistic model", fit),
                _verdict("The neural network beyond log-linear covariates", network),
                _verdict("The mechanistic hybrid against a linear model without mechanism", mechanism),
            )
        ),
    }


def from_ablation(stated: dict[str, Any]) -> list[Measure]:
    mechanistic, linear = stated["gainOverMechanisticOnly"], stated["gainOverLinear"]
    network = stated["gainOverLogLinear"]
    return [
        Measure("ablation_gain_over_mechanistic_only_lower_mg_week", mechanistic["interval"][0], mechanistic["n"], None, "mg/week", f"lower bound, {BOOTSTRAP}", stated),
        Measure("ablation_excess_over_linear_upper_mg_week", -linear["interval"][0], linear["n"], None, "mg/week", f"upper bound, {BOOTSTRAP}", stated),
        Measure("ablation_network_gain_mg_week", network["value"], network["n"], tuple(network["interval"]), "mg/week", BOOTSTRAP, stated),
    ]


def low_dose_safety(doses: Doses, seed: int) -> list[Measure]:
    """Among patients who need at most LOW_DOSE_MG_WEEK: share predicted more than 20 % too high."""
    low = doses.observed <= LOW_DOSE_MG_WEEK
    if low.sum() < SMALLEST_GROUP:
        return []
    observed = doses.observed[low]
    over = {name: (predicted[low] > (1 + dose_error.TOLERANCE) * observed).astype(float) for name, predicted in doses.by.items()}
    data = {name: float(100 * np.mean(values)) for name, values in over.items()}
    own = dose_error.mean_with_interval(100 * over[MODEL], seed)
    excess = dose_error.mean_with_interval(100 * (over[MODEL] - over["clinical"]), seed)
    return [
        _measure("low_dose_overestimated_percent", own, "%", data),
        _measure("low_dose_overestimated_excess_over_clinical", excess, "percentage points", data),
    ]


def reproduction(doses: Doses) -> list[Measure]:
    """The published algorithms' counts within 20 % on this part of the published cohort, over the published counts scaled to n."""
    n = len(doses.observed)
    found = []
    for name, published in nejm2009.PUBLISHED_WITHIN_20_PERCENT.items():
        count = int(within_tolerance(doses.by[name], doses.observed).sum())
        scaled = published * n / nejm2009.PUBLISHED_COHORT_N
        data = {"count": count, "n": n, "published": published, "publishedN": nejm2009.PUBLISHED_COHORT_N, "publishedScaledToN": scaled}
        method = "count within 20 % / (published count * n / published n), NEJM 2009 appendix S10"
        found.append(Measure(f"reproduction_{SNAKE[name]}_within_20_ratio", count / scaled, n, None, "ratio", method, data))
    return found


def plausibility(checked: Plausibility) -> list[Measure]:
    units = {"settled_inr_error_p95": "share of the target"}
    values = {name: value for name, value in vars(checked).items() if name != "n"}
    return [
        Measure(f"plausibility_{name}", value, checked.n, None, units.get(name, "%"), "on the exported ONNX graphs", {})
        for name, value in values.items()
    ]


def parity(found: Parity, n: int) -> list[Measure]:
    method = "largest relative difference of ONNX Runtime from JAX, float32"
    return [
        Measure("parity_dose_max_relative_error", found.dose, n, None, "1", method),
        Measure("parity_course_max_relative_error", found.course, n, None, "1", method),
    ]


def _groups(raw: Mapping[str, np.ndarray]) -> dict[str, dict[str, np.ndarray]]:
    n = len(raw["race"])
    age = np.nan_to_num(raw["age_decade"], nan=-1)
    groups = {
        "age": {"under 50": (age >= 0) & (age <= 4), "50-69": (age >= 5) & (age <= 6), "70 and over": age >= 7},
    }
    for feature in ("race", "sex", "cyp2c9", "vkorc1"):
        values = np.array(["unknown" if value is None else value for value in raw[feature]], dtype=object)
        groups[feature] = {str(level): values == level for level in sorted(set(values))}
    carrier = np.array([value is not None and value not in ("*1/*1", "other") for value in raw["cyp2c9"]]).reshape(n)
    groups["cyp2c9 variant"] = {"any *2 or *3": carrier}
    return groups


def _measure(name: str, estimate: Estimate, unit: str, data: dict[str, Any]) -> Measure:
    return Measure(name, estimate.value, estimate.n, estimate.interval, unit, BOOTSTRAP, data)


def _bound(name: str, estimate: Estimate, end: int, unit: str, data: dict[str, Any]) -> Measure:
    """One end of an interval as a measure of its own, for gates on non-inferiority."""
    return Measure(name, estimate.interval[end], estimate.n, None, unit, f"{('lower', 'upper')[end]} bound, {BOOTSTRAP}", data)


def _stated(estimate: Estimate) -> dict[str, Any]:
    return {"value": estimate.value, "n": estimate.n, "interval": list(estimate.interval)}


def _verdict(subject: str, gain: Estimate) -> str:
    low, high = gain.interval
    if low <= 0 <= high:
        return f"{subject} adds nothing that these {gain.n} patients can show: {gain.value:+.2f} mg/week [{low:.2f}, {high:.2f}]."
    word = "lowers" if gain.value > 0 else "raises"
    return f"{subject} {word} the MAE by {abs(gain.value):.2f} mg/week [{low:.2f}, {high:.2f}]."
