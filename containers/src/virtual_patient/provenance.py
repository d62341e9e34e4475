"""What a job runs: its code, its installed packages and its container image, by digest."""

import hashlib
import json
import os
import re
import sys
from importlib.metadata import distributions
from pathlib import Path

import virtual_patient
from virtual_patient.job import InvalidInput


# a name with its digest, as `docker image inspect --format {{index .RepoDigests 0}}` prints it, or the digest alone
IMAGE = re.compile(r"(?:[a-z0-9][a-zA-Z0-9._:/-]*@)?(?P<digest>sha256:[0-9a-f]{64})")


def python_version() -> str:
    return ".".join(map(str, sys.version_info[:3]))


def code_digest() -> str:
    """SHA-256 over the package's sources, by path."""
    root = Path(virtual_patient.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(f"{path.relative_to(root).as_posix()}\n{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def environment_digest() -> str:
    """SHA-256 over the installed distributions, `name==version` a line."""
    lines = sorted({f"{found.metadata['Name'].lower().replace('_', '-')}=={found.version}" for found in distributions()})
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def container_image() -> dict[str, str] | None:
    """The image that this process runs in, which whoever starts it says by PROBAND_IMAGE; None where nobody does. Raises InvalidInput."""
    said = os.environ.get("PROBAND_IMAGE")
    if not said:
        return None
    match = IMAGE.fullmatch(said)
    if not match:  # a tag can be moved: it says nothing of what ran
        raise InvalidInput(f"PROBAND_IMAGE: {json.dumps(said)}, allowed: [name@]sha256:<64 hexadecimal digits>")
    return {"reference": said, "digest": match["digest"]}
