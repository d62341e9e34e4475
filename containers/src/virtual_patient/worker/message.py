"""One message of the job queue, validated."""

import hashlib
import json
import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

KINDS = ("train", "evaluate", "simulate", "relay")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
S3_URI = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(?P<key>[^\s]*)")
TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{1,8192}")
SHA256 = re.compile(r"[0-9a-f]{64}")
MOST_FILES_PER_CHANNEL = 10_000
# Of the tracked run (virtual_patient.tracking); a message may set nothing else of a process.
VARIABLES = frozenset({
    "MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME", "MLFLOW_RUN_ID", "MLFLOW_RUN_CONTEXT",
    "PROBAND_RUN_ID", "PROBAND_DATASET_ID", "PROBAND_DATASET_SHA256", "PROBAND_CONTEXT_OF_USE", "PROBAND_IMAGE", "PROBAND_TRACKING",
})  # fmt: skip


class InvalidMessage(Exception):
    """The message is no job; one line: what, the value, what is allowed."""


@dataclass(frozen=True)
class Location:
    bucket: str
    key: str

    def below(self, path: str) -> "Location":
        return Location(self.bucket, self.key + path)

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True)
class PinnedFile:
    """One exact input object and its place in the channel's folder."""

    location: Location
    version_id: str | None
    sha256: str | None
    path: str


@dataclass(frozen=True)
class JobMessage:
    task_token: str
    id: str
    kind: str
    inputs: dict[str, Location | tuple[PinnedFile, ...]]  # by channel: everything below a prefix, or exact objects
    output: Location
    checkpoints: Location
    parameters: dict[str, str | int | float | bool]
    environment: dict[str, str]  # variables of the job's process, of VARIABLES
    tracking_token: str | None = field(repr=False)
    digest: str  # SHA-256 of the job in canonical JSON, without its environment, which no result depends on


def parse_message(body: str) -> JobMessage:
    """Raises InvalidMessage."""
    try:
        message = json.loads(body)
    except json.JSONDecodeError as error:
        raise InvalidMessage(f"message: not JSON ({error})") from None
    if not isinstance(message, dict) or not isinstance(message.get("taskToken"), str) or not isinstance(message.get("job"), dict):
        raise InvalidMessage("message: allowed: an object with taskToken and job")
    job = message["job"]
    what = {name: value for name, value in job.items() if name != "environment"}
    canonical = json.dumps(what, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return JobMessage(
        task_token=message["taskToken"],
        id=_matching(job.get("id"), "job.id", NAME),
        kind=_kind(job.get("kind")),
        inputs=_inputs(job.get("inputs")),
        output=_prefix(job.get("output"), "job.output"),
        checkpoints=_prefix(job.get("checkpoints"), "job.checkpoints"),
        parameters=_parameters(job.get("parameters")),
        environment=_environment(job.get("environment", {})),
        tracking_token=_token(message.get("trackingToken")),
        digest=hashlib.sha256(canonical.encode()).hexdigest(),
    )


def task_token_of(body: str) -> str | None:
    """The token of a message that is otherwise no job, so that whoever waits for it can be told."""
    try:
        token = json.loads(body).get("taskToken")
    except (json.JSONDecodeError, AttributeError):
        return None
    return token if isinstance(token, str) else None


def safe_path(path: Any, place: str) -> str:
    """A relative path that stays below its folder."""
    if isinstance(path, str) and path and "\\" not in path:
        parts = PurePosixPath(path).parts
        if not path.startswith("/") and ".." not in parts and "." not in parts and str(PurePosixPath(path)) == path:
            return path
    raise InvalidMessage(f"{place}: {json.dumps(path)}, allowed: a relative path below its folder")


def _kind(kind: Any) -> str:
    if kind not in KINDS:
        raise InvalidMessage(f"job.kind: {json.dumps(kind)}, allowed: {', '.join(KINDS)}")
    return kind


def _inputs(inputs: Any) -> dict[str, Location | tuple[PinnedFile, ...]]:
    if not isinstance(inputs, dict):
        raise InvalidMessage(f"job.inputs: {json.dumps(inputs)}, allowed: an object of channels")
    found: dict[str, Location | tuple[PinnedFile, ...]] = {}
    for channel, given in inputs.items():
        place = f"job.inputs.{_matching(channel, 'job.inputs', NAME)}"
        if isinstance(given, list):
            if not 1 <= len(given) <= MOST_FILES_PER_CHANNEL:
                raise InvalidMessage(f"{place}: {len(given)} files, allowed: 1-{MOST_FILES_PER_CHANNEL}")
            found[channel] = tuple(_pinned(each, f"{place}[{i}]") for i, each in enumerate(given))
        else:
            found[channel] = _prefix(given, place)
    return found


def _pinned(given: Any, place: str) -> PinnedFile:
    if not isinstance(given, dict):
        raise InvalidMessage(f"{place}: {json.dumps(given)}, allowed: an object with uri, versionId, sha256, path")
    version, sha256 = given.get("versionId"), given.get("sha256")
    return PinnedFile(
        location=_location(given.get("uri"), f"{place}.uri"),
        version_id=None if version is None else str(version),
        sha256=None if sha256 is None else _matching(sha256, f"{place}.sha256", SHA256),
        path=safe_path(given.get("path"), f"{place}.path"),
    )


def _prefix(given: Any, place: str) -> Location:
    location = _location(given, place)
    if not location.key.endswith("/"):
        raise InvalidMessage(f"{place}: {json.dumps(given)}, allowed: s3://bucket/prefix/")
    return location


def _location(given: Any, place: str) -> Location:
    match = S3_URI.fullmatch(given) if isinstance(given, str) else None
    if not match:
        raise InvalidMessage(f"{place}: {json.dumps(given)}, allowed: s3://bucket/key")
    return Location(match["bucket"], match["key"])


def _parameters(given: Any) -> dict[str, str | int | float | bool]:
    if not isinstance(given, dict) or any(not isinstance(value, (str, int, float, bool)) for value in given.values()):
        raise InvalidMessage("job.parameters: allowed: one flat object of texts, numbers and booleans")
    return given


def _environment(given: Any) -> dict[str, str]:
    if not isinstance(given, dict) or any(not isinstance(value, str) for value in given.values()):
        raise InvalidMessage("job.environment: allowed: one flat object of texts")
    unknown = sorted(given.keys() - VARIABLES)
    if unknown:
        raise InvalidMessage(f"job.environment: {json.dumps(unknown[0])}, allowed: {', '.join(sorted(VARIABLES))}")
    return given


def _token(given: Any) -> str | None:
    if given is not None and (not isinstance(given, str) or not TOKEN.fullmatch(given)):
        raise InvalidMessage("trackingToken: allowed: a bearer token")  # its value is nobody's to read
    return given


def _matching(given: Any, place: str, pattern: re.Pattern[str]) -> str:
    if not isinstance(given, str) or not pattern.fullmatch(given):
        raise InvalidMessage(f"{place}: {json.dumps(given)}, allowed: {pattern.pattern}")
    return given
