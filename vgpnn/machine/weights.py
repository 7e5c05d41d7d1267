"""Files of network weights on the Hugging Face Hub, which are downloaded once."""

from __future__ import annotations

import hashlib
from pathlib import Path

HUB_SECONDS = 10  # [s] at most, until the Hub answers


def fetch(repository: str, file_name: str) -> Path:
    """The path of a file in a repository (OWNER/NAME) on the Hub; it is downloaded if need be.

    Raises whatever the Hub's client, the network or the disk raises if the file cannot be had.
    """
    import huggingface_hub as hub  # here, because few programs fetch weights and it loads slowly

    if not isinstance(hub.try_to_load_from_cache(repository, file_name), str):
        # Without a network this request fails at once; a download would try for half a minute.
        hub.get_session().head(hub.hf_hub_url(repository, file_name), timeout=HUB_SECONDS)
    return Path(hub.hf_hub_download(repository, file_name))


def has_sha256(path: Path, digits: str) -> bool:
    """Whether the SHA-256 hash of a file begins with these hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest().startswith(digits)
