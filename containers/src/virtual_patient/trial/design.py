"""A trial's design: read from JSON and validated, so that every mistake is one line that names value and range."""

import json
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from virtual_patient.job import InvalidInput

DOSE_SOURCES: Final = ("iwpc-pharmacogenetic", "iwpc-clinical", "registered-model")
ALGORITHMS: Final = ("pharmacogenetic", "clinical")
PUBLISHED_OR_NONE: Final = ("published", "none")
DAYS: Final = (7, 366)
PATIENTS_PER_ARM: Final = (10, 20_000)
DOSE_MG_DAY: Final = (0.0, 30.0)
LEVELS_PER_FEATURE: Final = 100


@dataclass(frozen=True)
class Fixed:
    """Doses (mg) of the days since the phase began, the last repeated, by age."""

    from_day: int
    age_years: float
    doses_mg_up_to_age: tuple[float, ...]
    doses_mg_above_age: tuple[float, ...]


@dataclass(frozen=True)
class Loading:
    """Three loading days to the level of a predicted maintenance dose, then that dose."""

    from_day: int
    dose: str


@dataclass(frozen=True)
class Maintenance:
    """A predicted maintenance dose from its first day."""

    from_day: int
    dose: str


@dataclass(frozen=True)
class Revision:
    """The dose is predicted anew at the phase's first INR, from that INR and the doses before."""

    from_day: int
    algorithm: str


@dataclass(frozen=True)
class Titration:
    """Routine care: the titration table changes the dose at each INR."""

    from_day: int


Phase = Fixed | Loading | Maintenance | Revision | Titration


@dataclass(frozen=True)
class Arm:
    name: str
    phases: tuple[Phase, ...]


@dataclass(frozen=True)
class TitrationRow:
    """Applies to a measured INR below `inr_below` and not below the row before; the last row has no bound."""

    inr_below: float
    factor: float
    hold_days: int
    retest_days: int


@dataclass(frozen=True)
class Requirement:
    """A patient is eligible whose feature has one of the levels."""

    feature: str
    levels: tuple[Any, ...]


@dataclass(frozen=True)
class MissedDoses:
    """Beta distribution of a patient's share of missed daily doses."""

    alpha: float
    beta: float


@dataclass(frozen=True)
class Design:
    """A trial. Day 1 is the day of the first dose; an INR of day d is measured before that day's dose."""

    name: str
    title: str
    source: str
    days: int  # doses are given on days 1 to `days`, the last INR is that of day `days` + 1
    patients_per_arm: int
    target_inr: tuple[float, float]
    minimum_days_observed: int
    eligibility: tuple[Requirement, ...]
    scheduled_days: tuple[int, ...]
    arms: tuple[Arm, ...]
    reference: str
    titration: tuple[TitrationRow, ...]
    weekly_dose_step_mg: float
    missed_doses: MissedDoses | None
    dropout_share: float
    between_patient_variability: Literal["published", "none"]
    inr_noise: Literal["published", "none"]
    sensitivity: tuple[tuple[str, "Design"], ...] = ()
    published: dict[str, Any] = field(default_factory=dict)
    document: dict[str, Any] = field(default_factory=dict)  # as given, with sources and citations


def parse_design(text: str | dict[str, Any]) -> Design:
    """The design in a JSON text or object. Raises InvalidInput naming the member, its value and what is allowed."""
    if isinstance(text, str):
        try:
            text = json.loads(text)
        except json.JSONDecodeError as error:
            raise InvalidInput(f"design: not JSON ({error})") from None
    document = _Member(text, "design")
    design = Design(
        name=document.text("name"),
        title=document.text("title"),
        source=document.text("source"),
        days=document.integer("days", *DAYS),
        patients_per_arm=document.integer("patientsPerArm", *PATIENTS_PER_ARM),
        target_inr=_target(document),
        minimum_days_observed=document.integer("minimumDaysObserved", 1, DAYS[1]),
        eligibility=tuple(_requirement(each) for each in document.member("eligibility").members("require")),
        scheduled_days=_visits(document),
        arms=tuple(_arm(each) for each in document.members("arms", at_least=2)),
        reference=document.text("reference"),
        titration=_titration(document.member("titration")),
        weekly_dose_step_mg=document.number("weeklyDoseStepMg", 0.1, 7.0),
        missed_doses=_missed(document),
        dropout_share=document.member("dropout").number("share", 0.0, 0.9),
        between_patient_variability=document.one_of("betweenPatientVariability", PUBLISHED_OR_NONE),
        inr_noise=document.one_of("inrNoise", PUBLISHED_OR_NONE),
        published=_published(document),
        document=document.value,
    )
    names = [arm.name for arm in design.arms]
    if len(set(names)) != len(names):
        raise InvalidInput(f"design.arms: names {', '.join(names)}, allowed: each once")
    if design.reference not in names:
        raise InvalidInput(f"design.reference: '{design.reference}', allowed: {', '.join(names)}")
    for arm in design.arms:
        for phase in arm.phases:
            if isinstance(phase, Revision) and phase.from_day not in design.scheduled_days:
                allowed = ", ".join(map(str, design.scheduled_days))
                raise InvalidInput(f"design.arms '{arm.name}': revision from day {phase.from_day}, allowed: a scheduled day ({allowed})")
    if design.minimum_days_observed > design.days:
        raise InvalidInput(f"design.minimumDaysObserved: {design.minimum_days_observed}, allowed: 1-{design.days}")
    return replace(design, sensitivity=tuple(_scenario(design, each) for each in document.members("sensitivity", optional=True)))


def _target(document: "_Member") -> tuple[float, float]:
    low, high = document.numbers("targetInr", 1.0, 10.0, length=2)
    if not low < high:
        raise InvalidInput(f"design.targetInr: [{low:g}, {high:g}], allowed: low below high")
    return low, high


def _visits(document: "_Member") -> tuple[int, ...]:
    visits = document.member("visits")
    days = tuple(int(day) for day in visits.numbers("scheduledDays", 1, document.integer("days", *DAYS) + 1))
    if days[0] != 1 or any(b <= a for a, b in zip(days, days[1:])):
        raise InvalidInput(f"{visits.path}.scheduledDays: {list(days)}, allowed: rising from day 1")
    return days


def _arm(member: "_Member") -> Arm:
    phases = tuple(_phase(each) for each in member.members("phases", at_least=1))
    starts = [phase.from_day for phase in phases]
    if starts[0] != 1 or any(b <= a for a, b in zip(starts, starts[1:])):
        raise InvalidInput(f"{member.path}.phases: from days {starts}, allowed: rising from day 1")
    if isinstance(phases[0], (Revision, Titration)):
        raise InvalidInput(f"{member.path}.phases[0].rule: '{member.members('phases')[0].text('rule')}', allowed: fixed, loading, maintenance")
    return Arm(member.text("name"), phases)


def _phase(member: "_Member") -> Phase:
    rule = member.one_of("rule", ("fixed", "loading", "maintenance", "revision", "titration"))
    from_day = member.integer("fromDay", 1, DAYS[1])
    if rule == "fixed":
        return Fixed(
            from_day,
            member.number("ageYears", 0, 120),
            member.numbers("dosesMgUpToAge", *DOSE_MG_DAY),
            member.numbers("dosesMgAboveAge", *DOSE_MG_DAY),
        )
    if rule == "loading":
        return Loading(from_day, member.one_of("dose", DOSE_SOURCES))
    if rule == "maintenance":
        return Maintenance(from_day, member.one_of("dose", DOSE_SOURCES))
    if rule == "revision":
        return Revision(from_day, member.one_of("algorithm", ALGORITHMS))
    return Titration(from_day)


def _titration(member: "_Member") -> tuple[TitrationRow, ...]:
    rows = member.members("rows", at_least=2)
    parsed = tuple(
        TitrationRow(
            row.number("inrBelow", 1.0, 20.0) if row.value.get("inrBelow") is not None else float("inf"),
            row.number("factor", 0.1, 3.0),
            row.integer("holdDays", 0, 14),
            row.integer("retestDays", 1, 84),
        )
        for row in rows
    )
    bounds = [row.inr_below for row in parsed]
    if any(b <= a for a, b in zip(bounds, bounds[1:])) or bounds[-1] != float("inf"):
        raise InvalidInput(f"{member.path}.rows: inrBelow {bounds}, allowed: rising, the last null")
    return parsed


def _requirement(member: "_Member") -> Requirement:
    levels = member.value.get("in")
    if not isinstance(levels, list) or not 1 <= len(levels) <= LEVELS_PER_FEATURE:
        raise InvalidInput(f"{member.path}.in: {json.dumps(levels)}, allowed: a list of 1-{LEVELS_PER_FEATURE} levels")
    return Requirement(member.text("feature"), tuple(levels))


def _missed(document: "_Member") -> MissedDoses | None:
    if document.value.get("missedDoses") is None:
        return None
    member = document.member("missedDoses")
    return MissedDoses(member.number("alpha", 0.01, 1000), member.number("beta", 0.01, 1000))


def _published(document: "_Member") -> dict[str, Any]:
    """Results that the design cites; where an arm and an endpoint have a number, the gap to it is reported."""
    if document.value.get("published") is None:
        return {}
    member = document.member("published")
    for arm in member.members("arms", optional=True):
        arm.text("name")
        for name, value in arm.value.items():
            if name != "name" and value is not None:
                arm.number(name, 0, 1e6)
    return member.value


def _scenario(design: Design, member: "_Member") -> tuple[str, Design]:
    """The design with some of its assumptions changed."""
    changeable = {"missedDoses", "inrNoise", "betweenPatientVariability"}
    unknown = sorted(set(member.value) - changeable - {"name"})
    if unknown:
        raise InvalidInput(f"{member.path}: '{unknown[0]}', allowed: {', '.join(sorted(changeable))}")
    changed = design
    if "missedDoses" in member.value:
        changed = replace(changed, missed_doses=_missed(member))
    if "inrNoise" in member.value:
        changed = replace(changed, inr_noise=member.one_of("inrNoise", PUBLISHED_OR_NONE))
    if "betweenPatientVariability" in member.value:
        changed = replace(changed, between_patient_variability=member.one_of("betweenPatientVariability", PUBLISHED_OR_NONE))
    return member.text("name"), changed


class _Member:
    """A JSON object with its place in the document, for messages."""

    def __init__(self, value: Any, path: str):
        if not isinstance(value, dict):
            raise InvalidInput(f"{path}: {json.dumps(value)}, allowed: an object")
        self.value, self.path = value, path

    def text(self, name: str) -> str:
        found = self.value.get(name)
        if not isinstance(found, str) or not 1 <= len(found) <= 1000:
            raise InvalidInput(f"{self.path}.{name}: {json.dumps(found)}, allowed: a text of 1-1000 characters")
        return found

    def number(self, name: str, lo: float, hi: float) -> float:
        return _within(self.value.get(name), f"{self.path}.{name}", lo, hi)

    def integer(self, name: str, lo: int, hi: int) -> int:
        found = self.number(name, lo, hi)
        if found != int(found):
            raise InvalidInput(f"{self.path}.{name}: {found:g}, allowed: a whole number of {lo}-{hi}")
        return int(found)

    def numbers(self, name: str, lo: float, hi: float, length: int | None = None) -> tuple[float, ...]:
        found = self.value.get(name)
        if not isinstance(found, list) or not found or (length is not None and len(found) != length):
            raise InvalidInput(f"{self.path}.{name}: {json.dumps(found)}, allowed: a list of {length or 'one or more'} numbers of {lo:g}-{hi:g}")
        return tuple(_within(each, f"{self.path}.{name}[{i}]", lo, hi) for i, each in enumerate(found))

    def one_of(self, name: str, allowed: tuple[str, ...]) -> Any:
        found = self.value.get(name)
        if found not in allowed:
            raise InvalidInput(f"{self.path}.{name}: {json.dumps(found)}, allowed: {', '.join(allowed)}")
        return found

    def member(self, name: str) -> "_Member":
        return _Member(self.value.get(name), f"{self.path}.{name}")

    def members(self, name: str, at_least: int = 0, optional: bool = False) -> list["_Member"]:
        found = self.value.get(name, [] if optional else None)
        if not isinstance(found, list) or not at_least <= len(found) <= 100:
            raise InvalidInput(f"{self.path}.{name}: {json.dumps(found)}, allowed: a list of {at_least}-100 objects")
        return [_Member(each, f"{self.path}.{name}[{i}]") for i, each in enumerate(found)]


def _within(value: Any, path: str, lo: float, hi: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not lo <= value <= hi:
        raise InvalidInput(f"{path}: {json.dumps(value)}, allowed: a number of {lo:g}-{hi:g}")
    return float(value)
