"""Files of network weights on the Hugging Face Hub, which are downloaded once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

HUB_SECONDS = 10  # [s] at most, until the Hub answers
LOOK_SECONDS = 3  # [s] at most, where it is only asked whether it has a file
CHUNK_BYTES = 1 << 20  # [bytes] of a file that are read at once
SHA256 = re.compile("[0-9a-f]{64}")


def fetch(repository: str, file_name: str, revision: str | None = None) -> Path:
    """The path of a file in a repository (OWNER/NAME) on the Hub; it is downloaded if need be.

    revision: a commit, a branch or a tag; None is the newest.
    Raises whatever the Hub's client, the network or the disk raises if the file cannot be had.
    """
    import huggingface_hub as hub  # here, because few programs fetch weights and it loads slowly

    part = {"repo_id": repository, "filename": file_name, "revision": revision}
    if not isinstance(hub.try_to_load_from_cache(**part), str):
        # Without a network this request fails at once; a download would try for half a minute.
        hub.get_session().head(hub.hf_hub_url(**part), timeout=HUB_SECONDS)
    return Path(hub.hf_hub_download(**part))


def fetch_first(repository: str, file_names: Sequence[str], revision: str | None = None) -> Path:
    """`fetch` the first of some files that a repository has. Raises what that does for the last."""
    from huggingface_hub.errors import EntryNotFoundError

    *others, last = file_names
    for name in others:
        try:
            return fetch(repository, name, revision)
        except EntryNotFoundError:
            continue
    return fetch(repository, last, revision)


def can_be_had(repository: str, file_name: str, revision: str | None = None) -> bool:
    """Whether a file was downloaded before, or the Hub answers that it has it. Nothing is kept."""
    import huggingface_hub as hub

    part = {"repo_id": repository, "filename": file_name, "revision": revision}
    if isinstance(hub.try_to_load_from_cache(**part), str):
        return True
    try:
        answer = hub.get_session().head(hub.hf_hub_url(**part), timeout=LOOK_SECONDS)
    except Exception:  # The Hub's client and the network raise many kinds.
        return False
    return answer.status_code < 400


def hub_sha256(path: Path) -> str | None:
    """The SHA-256 that the Hub has told of a large file that was downloaded, in hexadecimal digits.

    The Hub's client names its copy by it. None for a file that did not come from there.
    """
    name = path.resolve().name
    return name if path.resolve().parent.name == "blobs" and SHA256.fullmatch(name) else None


def has_sha256(path: Path, digits: str) -> bool:
    """Whether the SHA-256 hash of a file begins with these hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest().startswith(digits)
