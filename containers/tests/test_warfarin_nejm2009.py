import csv
import json

import numpy as np
import pytest

from virtual_patient.job import InvalidInput
from virtual_patient.metrics import dose_error
from virtual_patient.warfarin import nejm2009

UNKNOWN = np.nan


def patient(**known) -> dict[str, np.ndarray]:
    values = {
        "age_decade": 6.0, "height_cm": 175.0, "weight_kg": 80.0, "sex": "male", "race": "White",
        "cyp2c9": "*1/*1", "vkorc1": "G/G", "enzyme_inducer": 0.0, "amiodarone": 0.0, **known,
    }  # fmt: skip
    return {name: np.array([value], dtype=object if isinstance(value, str | None) else float) for name, value in values.items()}


def test_pharmacogenetic_dose_by_hand():
    root = 5.6044 - 0.2614 * 6 + 0.0087 * 175 + 0.0128 * 80
    assert nejm2009.weekly_dose_mg(nejm2009.PHARMACOGENETIC, patient())[0] == pytest.approx(root**2)
    carrier = patient(cyp2c9="*1/*3", vkorc1="A/A", race="Asian", amiodarone=1.0)
    assert nejm2009.weekly_dose_mg(nejm2009.PHARMACOGENETIC, carrier)[0] == pytest.approx((root - 0.9357 - 1.6974 - 0.1092 - 0.5503) ** 2)


def test_clinical_dose_by_hand():
    root = 4.0376 - 0.2546 * 6 + 0.0118 * 175 + 0.0134 * 80 + 0.4060 + 1.2799
    assert nejm2009.weekly_dose_mg(nejm2009.CLINICAL, patient(race="Black", enzyme_inducer=1.0, cyp2c9=None))[0] == pytest.approx(root**2)


@pytest.mark.parametrize("unknown", [{"cyp2c9": None}, {"cyp2c9": "*1/*11"}, {"cyp2c9": "other"}])
def test_unknown_genotype_has_its_own_coefficient(unknown):
    known = np.sqrt(nejm2009.weekly_dose_mg(nejm2009.PHARMACOGENETIC, patient())[0])
    assert np.sqrt(nejm2009.weekly_dose_mg(nejm2009.PHARMACOGENETIC, patient(**unknown))[0]) == pytest.approx(known - 0.2188)


def test_unknown_comedication_counts_as_not_taken():
    doses = [nejm2009.weekly_dose_mg(nejm2009.PHARMACOGENETIC, patient(amiodarone=value))[0] for value in (0.0, UNKNOWN)]
    assert doses[0] == doses[1]


def test_missing_size_is_imputed_from_the_other_size_race_and_sex():
    draw = np.random.default_rng(1)
    n = 400
    male, asian = draw.random(n) < 0.5, draw.random(n) < 0.5
    height = 160 + 12 * male - 6 * asian + draw.normal(0, 2, n)
    weight = -60 + 0.8 * height + 3 * male
    raw = {
        "sex": np.where(male, "male", "female").astype(object),
        "race": np.where(asian, "Asian", "White").astype(object),
        "height_cm": height.copy(),
        "weight_kg": weight.copy(),
    }
    raw["weight_kg"][:100] = np.nan
    raw["weight_kg"][:50] = np.nan
    raw["height_cm"][:50] = np.nan
    size = nejm2009.impute_size(raw)
    assert size["weight_kg"][50:100] == pytest.approx(weight[50:100], abs=1e-6)
    for group in (male & asian, male & ~asian, ~male & asian, ~male & ~asian):
        assert size["height_cm"][:50][group[:50]] == pytest.approx(np.mean(height[50:][group[50:]]), abs=1.0)
    assert np.array_equal(size["height_cm"][50:], height[50:])


def test_a_size_that_nobody_has_is_an_error():
    with pytest.raises(InvalidInput, match="height_cm: unknown for all 1 patients"):
        nejm2009.weekly_dose_mg(nejm2009.CLINICAL, patient(height_cm=UNKNOWN))


def test_coefficients_are_the_published_ones(shared_data):
    published = json.loads((shared_data / "iwpc-warfarin" / "published_targets.json").read_text())
    for ours, theirs in ((nejm2009.PHARMACOGENETIC, "pharmacogenetic_sqrt_weekly_mg"), (nejm2009.CLINICAL, "clinical_sqrt_weekly_mg")):
        assert sorted(ours.values()) == sorted(published[theirs].values())
    counts = published["S10_within_20pct_of_5052"]
    assert nejm2009.PUBLISHED_WITHIN_20_PERCENT == {
        "pharmacogenetic": counts["pharmacogenetic"],
        "clinical": counts["clinical"],
        "fixedDose": counts["fixed_35"],
    }


def test_published_results_on_the_real_cohort(shared_data):
    """The published selection of 16 of the 21 hospitals, read straight from the source's columns."""
    raw, dose = real_cohort(shared_data / "iwpc-warfarin" / "iwpc_16_sites.csv")
    assert len(dose) == 3853
    pharmacogenetic = dose_error.summary(nejm2009.weekly_dose_mg(nejm2009.PHARMACOGENETIC, raw), dose)
    clinical = dose_error.summary(nejm2009.weekly_dose_mg(nejm2009.CLINICAL, raw), dose)
    assert pharmacogenetic["maeMgPerWeek"] == pytest.approx(8.01, abs=0.01)
    assert pharmacogenetic["within20Percent"] == pytest.approx(46.9, abs=0.1)
    assert pharmacogenetic["within20Percent"] / 100 * 3853 / (2322 * 3853 / 5052) == pytest.approx(1.0, abs=0.03)
    assert clinical["within20Percent"] / 100 * 3853 / (1942 * 3853 / 5052) == pytest.approx(1.0, abs=0.03)


def real_cohort(path) -> tuple[dict[str, np.ndarray], np.ndarray]:
    with open(path, newline="") as file:
        rows = [row for row in csv.DictReader(file) if selected(row)]
    columns = [features(row) for row in rows]
    raw = {name: np.array([c[name] for c in columns], dtype=object if name in nejm2009.LEVELS or name == "sex" else float) for name in columns[0]}
    return raw, np.array([float(row["Therapeutic Dose of Warfarin"]) for row in rows])


def number(text: str) -> float:
    return UNKNOWN if text in ("NA", "") else float(text)


def selected(row: dict[str, str]) -> bool:
    """NEJM 2009: stable dose, target INR in [2, 3) or unknown, age and sex known."""
    target, estimated = number(row["Target INR"]), row["Estimated Target INR Range Based on Indication"]
    if np.isnan(target) and estimated not in ("NA", ""):
        target = sum(map(float, estimated.split("-"))) / 2
    return (
        row["Subject Reached Stable Dose of Warfarin"] == "1"
        and not np.isnan(number(row["Therapeutic Dose of Warfarin"]))
        and (np.isnan(target) or 2 <= target < 3)
        and row["Age"] not in ("NA", "")
        and row["Gender"] in ("male", "female")
    )


def features(row: dict[str, str]) -> dict:
    race = {"White": "White", "Asian": "Asian", "Black or African American": "Black"}.get(row["Race (OMB)"], "Unknown")
    inducers = ("Carbamazepine (Tegretol)", "Phenytoin (Dilantin)", "Rifampin or Rifampicin")
    return {
        "age_decade": 9.0 if row["Age"] == "90+" else float(row["Age"][0]),
        "height_cm": number(row["Height (cm)"]),
        "weight_kg": number(row["Weight (kg)"]),
        "sex": row["Gender"],
        "race": race,
        "cyp2c9": row["CYP2C9 consensus"],
        "vkorc1": imputed_vkorc1(row, race),
        "enzyme_inducer": float(any(row[name] == "1" for name in inducers)),
        "amiodarone": float(row["Amiodarone (Cordarone)"] == "1"),
    }


def imputed_vkorc1(row: dict[str, str], race: str) -> str | None:
    """NEJM 2009 appendix S4."""
    by_c_t = {"C/C": "G/G", "C/T": "A/G", "T/T": "A/A"}
    by_g_c = {"G/G": "G/G", "C/G": "A/G", "C/C": "A/A"}
    linked = race in ("White", "Asian")
    return (
        (row["VKORC1 -1639 consensus"] if row["VKORC1 -1639 consensus"] in ("G/G", "A/G", "A/A") else None)
        or (by_c_t.get(row["VKORC1 2255 consensus"]) if linked else None)
        or by_c_t.get(row["VKORC1 1173 consensus"])
        or (by_g_c.get(row["VKORC1 1542 consensus"]) if linked else None)
    )
