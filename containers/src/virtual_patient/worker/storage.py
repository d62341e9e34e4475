"""A job's files between S3 and its folder: inputs and checkpoints down, checkpoints and outputs up."""

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from virtual_patient.worker.message import JobMessage, Location, PinnedFile, safe_path

MANIFEST = "manifest.json"
PROGRESS = "progress.json"
TRANSIENT = frozenset({MANIFEST, PROGRESS})  # what a worker leaves below a job's output beside the job's own files
CHUNK = 1 << 20


class InputMismatch(Exception):
    """An input object is absent or is not the bytes that the job pins; one line."""


def finished(s3, job: JobMessage) -> dict[str, Any] | None:
    """The manifest below the job's output, if it is of this very job."""
    try:
        manifest = json.loads(s3.get_object(Bucket=job.output.bucket, Key=job.output.key + MANIFEST)["Body"].read())
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
            return None
        raise
    except json.JSONDecodeError:
        return None
    return manifest if manifest.get("jobDigest") == job.digest else None


def download_inputs(s3, job: JobMessage, folder: Path) -> None:
    """Raises InputMismatch."""
    for channel, given in job.inputs.items():
        files = given if isinstance(given, tuple) else tuple(_below(s3, given, skip=TRANSIENT))
        if not files:
            raise InputMismatch(f"input {channel}: no object below {given.uri}")
        for file in files:
            _download(s3, file, folder / channel / file.path)


def restore_checkpoints(s3, job: JobMessage, folder: Path) -> int:
    """Number of files restored."""
    files = list(_below(s3, job.checkpoints))
    for file in files:
        _download(s3, file, folder / file.path)
    return len(files)


class CheckpointSync:
    """Uploads a checkpoint folder's files as they change. Jobs write them atomically: each is whole when seen."""

    def __init__(self, s3, to: Location, folder: Path):
        self._s3, self._to, self._folder = s3, to, folder
        self._sent = self._stamps()

    def upload_changes(self) -> int:
        """Number of files uploaded."""
        stamps = self._stamps()
        changed = sorted((path for path in stamps if self._sent.get(path) != stamps[path]), key=lambda path: stamps[path][0])
        for path in changed:
            _upload(self._s3, self._to.below(path.as_posix()), self._folder / path)
            self._sent[path] = stamps[path]
        return len(changed)

    def _stamps(self) -> dict[Path, tuple[int, int, int]]:
        found = {}
        for path in _files(self._folder):
            stat = (self._folder / path).stat()
            found[path] = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        return found


def upload_outputs(s3, job: JobMessage, folder: Path, about: dict[str, Any]) -> dict[str, Any]:
    """Uploads every output and, last, the manifest, whose presence says that the job is done. Answers the manifest."""
    files = [_upload(s3, job.output.below(path.as_posix()), folder / path) | {"path": path.as_posix()} for path in sorted(_files(folder))]
    manifest = {"jobId": job.id, "kind": job.kind, "jobDigest": job.digest, "files": files, **about}
    s3.put_object(
        Bucket=job.output.bucket, Key=job.output.key + MANIFEST, Body=_json(manifest), ContentType="application/json"
    )
    return manifest


def manifest_reference(s3, job: JobMessage) -> dict[str, Any]:
    """Where the manifest lies, exactly."""
    answer = s3.get_object(Bucket=job.output.bucket, Key=job.output.key + MANIFEST)
    sha256 = hashlib.sha256(answer["Body"].read()).hexdigest()
    return {"bucket": job.output.bucket, "key": job.output.key + MANIFEST, "versionId": answer.get("VersionId"), "sha256": sha256}


def put_progress(s3, job: JobMessage, share: float, message: str) -> None:
    body = {"jobId": job.id, "progress": share, "message": message, "at": datetime.now(UTC).isoformat(timespec="seconds")}
    s3.put_object(Bucket=job.output.bucket, Key=job.output.key + PROGRESS, Body=_json(body), ContentType="application/json")


def _below(s3, prefix: Location, skip: Iterable[str] = ()) -> Iterator[PinnedFile]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=prefix.bucket, Prefix=prefix.key):
        for entry in page.get("Contents", []):
            path = entry["Key"][len(prefix.key) :]
            if path and path not in skip:
                yield PinnedFile(Location(prefix.bucket, entry["Key"]), None, None, safe_path(path, "input object"))


def _download(s3, file: PinnedFile, to: Path) -> None:
    version = {"VersionId": file.version_id} if file.version_id else {}
    try:
        body = s3.get_object(Bucket=file.location.bucket, Key=file.location.key, **version)["Body"]
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchVersion", "404"):
            raise InputMismatch(f"input {file.location.uri}: no such object, version {file.version_id or 'any'}") from None
        raise
    to.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with to.open("wb") as out:
        for chunk in body.iter_chunks(CHUNK):
            digest.update(chunk)
            out.write(chunk)
    if file.sha256 and digest.hexdigest() != file.sha256:
        raise InputMismatch(f"input {file.location.uri}: sha256 {digest.hexdigest()}, allowed: {file.sha256}")


def _upload(s3, to: Location, path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    sha256 = hashlib.sha256(content)
    checksum = base64.b64encode(sha256.digest()).decode()
    answer = s3.put_object(Bucket=to.bucket, Key=to.key, Body=content, ChecksumSHA256=checksum)
    return {"bytes": len(content), "sha256": sha256.hexdigest(), "versionId": answer.get("VersionId")}


def _files(folder: Path) -> list[Path]:
    """Relative paths; names that begin with a dot are unfinished writes."""
    return [path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")]


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1) + "\n").encode()
