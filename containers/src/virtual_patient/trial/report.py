"""result.json of a simulated trial."""

from typing import Any

import numpy as np

from virtual_patient.pkpd.parameters import HAMBERG_2010, INDIVIDUAL, SIGMA_LN_INR
from virtual_patient.trial.design import Design
from virtual_patient.trial.endpoints import ENDPOINTS, LEVEL, REPLICATES, Estimate, independent, interval
from virtual_patient.trial.protocol import Series

DIGITS = 4
PRIMARY = "ttrPercent"


def document(
    design: Design,
    seed: int,
    patients: int,
    eligible: int,
    analysed: int,
    estimates: dict[str, dict[str, Estimate]],
    series: dict[str, Series],
    sensitivity: list[dict[str, Any]],
) -> dict[str, Any]:
    """The job's result, all plain JSON values; `estimates` and `series` are by arm."""
    return {
        "design": {key: design.document[key] for key in ("name", "title", "source", "days", "targetInr", "reference")},
        "seed": seed,
        "patientsPerArm": patients,
        "eligiblePatients": eligible,
        "interval": {"level": LEVEL, "method": "percentile bootstrap over patients", "replicates": REPLICATES},
        "arms": [_arm(name, patients, analysed, found) for name, found in estimates.items()],
        "differences": differences(design, estimates),
        "endpoints": [_endpoint(endpoint, estimates, analysed) for endpoint in ENDPOINTS],
        "published": _published(design, estimates),
        "series": {
            "days": list(range(1, design.days + 2)),
            "arms": [_series(name, found) for name, found in series.items()],
        },
        "sensitivity": sensitivity,
        "assumptions": _assumptions(design),
    }


def differences(design: Design, estimates: dict[str, dict[str, Estimate]]) -> list[dict[str, Any]]:
    """Every other arm minus the reference.

    `interval` pairs the arms' identical virtual patients: how sure the simulation is. `trialInterval` treats them as
    different patients, as a trial of this size would have to.
    """
    reference = estimates[design.reference]
    rows = []
    for name, found in estimates.items():
        if name == design.reference:
            continue
        for endpoint in ENDPOINTS:
            here, there = found[endpoint.name], reference[endpoint.name]
            value = _finite(float(here.value) - float(there.value))
            rows.append({
                "arm": name,
                "reference": design.reference,
                "endpoint": endpoint.name,
                "unit": "percentage points" if endpoint.unit == "%" else endpoint.unit,
                "value": value,
                "interval": _interval(here.replicates, there.replicates),
                "trialInterval": _interval(here.replicates, independent(there.replicates)),
            })  # fmt: skip
    return rows


def scenario(name: str, design: Design, estimates: dict[str, dict[str, Estimate]]) -> dict[str, Any]:
    """What the primary endpoint would be under other assumptions."""
    return {
        "name": name,
        "arms": [{"name": arm, PRIMARY: _rounded(found[PRIMARY].value), "interval": _interval(found[PRIMARY].replicates)} for arm, found in estimates.items()],
        "differences": [row for row in differences(design, estimates) if row["endpoint"] == PRIMARY],
    }


def _arm(name: str, patients: int, analysed: int, found: dict[str, Estimate]) -> dict[str, Any]:
    values = {endpoint.name: _rounded(found[endpoint.name].value) for endpoint in ENDPOINTS}
    return {"name": name, "n": patients, "analysed": analysed, **values, "interval": _interval(found[PRIMARY].replicates)}


def _endpoint(endpoint, estimates: dict[str, dict[str, Estimate]], analysed: int) -> dict[str, Any]:
    arms = [
        {"name": arm, "value": _rounded(found[endpoint.name].value), "interval": _interval(found[endpoint.name].replicates), "n": analysed}
        for arm, found in estimates.items()
    ]
    return {"name": endpoint.name, "title": endpoint.title, "unit": endpoint.unit, "definition": endpoint.definition, "arms": arms}


def _published(design: Design, estimates: dict[str, dict[str, Estimate]]) -> dict[str, Any]:
    """The published results as the design cites them, and simulated minus published where both have a number."""
    if not design.published:
        return {}
    gaps = [
        {"arm": arm["name"], "endpoint": name, "simulated": simulated, "published": arm[name], "gap": _rounded(simulated - arm[name])}
        for arm in design.published.get("arms", [])
        for name in (endpoint.name for endpoint in ENDPOINTS)
        if arm["name"] in estimates and arm.get(name) is not None and (simulated := _rounded(estimates[arm["name"]][name].value)) is not None
    ]
    return {**design.published, "gaps": gaps}


def _series(name: str, found: Series) -> dict[str, Any]:
    return {
        "name": name,
        "meanInr": _list(found.mean_inr),
        "lowerDecileInr": _list(found.lower_decile_inr),
        "upperDecileInr": _list(found.upper_decile_inr),
        "percentInRange": _list(found.percent_in_range),
        "patients": [int(n) for n in np.asarray(found.patients)],
    }


def _assumptions(design: Design) -> list[dict[str, Any]]:
    """What the publication leaves open or the model brings, each fixed before any result, with its source."""
    document = design.document
    missed = design.missed_doses
    omega2 = {name: p.omega2 for name, p in INDIVIDUAL.items() if p.omega2 > 0}
    return [
        {"name": "visits", "value": list(design.scheduled_days), "source": document["visits"].get("source", "")},
        {"name": "titration", "value": document["titration"]["rows"], "source": document["titration"].get("source", "")},
        {
            "name": "missedDoses",
            "value": None if missed is None else {"distribution": "beta", "alpha": missed.alpha, "beta": missed.beta},
            "source": (document.get("missedDoses") or {}).get("source", "every dose is taken"),
        },
        {"name": "dropout", "value": design.dropout_share, "source": document["dropout"].get("source", "")},
        {
            "name": "betweenPatientVariability",
            "value": omega2 if design.between_patient_variability == "published" else None,
            "source": f"omega^2, log scale, around the model's individual values: {HAMBERG_2010}",
        },
        {
            "name": "inrNoise",
            "value": SIGMA_LN_INR if design.inr_noise == "published" else 0.0,
            "source": f"standard deviation of a measured INR, log scale: {HAMBERG_2010}",
        },
        {"name": "weeklyDoseStepMg", "value": design.weekly_dose_step_mg, "source": "tablets of 0.5 mg, days of the week may differ"},
    ]


def _interval(replicates, minus=None) -> list[float] | None:
    values = np.asarray(replicates, np.float64)
    if minus is not None:
        with np.errstate(invalid="ignore"):
            values = values - np.asarray(minus, np.float64)
    found = None if np.isnan(values).any() else interval(values)
    return None if found is None else [_rounded(bound) for bound in found]


def _rounded(value) -> float | None:
    return _finite(float(value))


def _finite(value: float) -> float | None:
    return round(value, DIGITS) if np.isfinite(value) else None


def _list(values) -> list[float | None]:
    return [_rounded(value) for value in np.asarray(values)]
