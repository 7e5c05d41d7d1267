"""Weights come from the cache or from the Hub; without a network the refusal comes at once."""

import hashlib
from types import SimpleNamespace

import huggingface_hub
import pytest

from vgpnn.machine import weights

REPOSITORY, NAME = "some-one/C3D.v1", "folder/c3d.pickle"


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A Hub with one file. `requests` are the requests to it; `cached` is what the cache holds."""
    hub = SimpleNamespace(requests=[], cached=None, path=tmp_path / "c3d.pickle")
    hub.path.write_bytes(b"weights")

    def head(url, timeout):
        hub.requests.append(("head", url, timeout))

    def download(repo_id, filename, revision):
        hub.requests.append(("download", repo_id, filename, revision))
        return str(hub.path)

    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", lambda **_: hub.cached)
    monkeypatch.setattr(huggingface_hub, "get_session", lambda: SimpleNamespace(head=head))
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    return hub


def test_a_file_is_downloaded_once_the_hub_has_answered(hub):
    assert weights.fetch(REPOSITORY, NAME) == hub.path
    url = f"{huggingface_hub.constants.ENDPOINT}/{REPOSITORY}/resolve/main/{NAME}"
    assert hub.requests == [
        ("head", url, weights.HUB_SECONDS),
        ("download", REPOSITORY, NAME, None),
    ]


def test_a_file_in_the_cache_needs_no_answer_of_the_hub(hub):
    hub.cached = str(hub.path)
    assert weights.fetch(REPOSITORY, NAME) == hub.path
    assert hub.requests == [("download", REPOSITORY, NAME, None)]


def test_without_a_network_no_download_is_tried(hub, monkeypatch):
    def unreachable(*_, **__):
        raise ConnectionError

    session = SimpleNamespace(head=unreachable)
    monkeypatch.setattr(huggingface_hub, "get_session", lambda: session)
    with pytest.raises(ConnectionError):
        weights.fetch(REPOSITORY, NAME)
    assert hub.requests == []


def test_a_hash_is_compared_by_its_first_digits(hub):
    digest = hashlib.sha256(b"weights").hexdigest()
    other = "0" if digest[7] != "0" else "1"
    assert weights.has_sha256(hub.path, digest) and weights.has_sha256(hub.path, digest[:8])
    assert not weights.has_sha256(hub.path, digest[:7] + other)


def test_a_revision_is_asked_for_by_its_name(hub):
    weights.fetch(REPOSITORY, NAME, "v2")
    (_, url, _), download = hub.requests
    assert url.endswith(f"/resolve/v2/{NAME}") and download == ("download", REPOSITORY, NAME, "v2")


def test_the_first_file_that_a_repository_has_is_fetched(hub, monkeypatch):
    def download(filename, **_):
        if filename != "b":
            raise huggingface_hub.errors.EntryNotFoundError(filename)
        return filename

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    assert str(weights.fetch_first(REPOSITORY, ("a", "b", "c"))) == "b"
    with pytest.raises(huggingface_hub.errors.EntryNotFoundError):
        weights.fetch_first(REPOSITORY, ("a", "c"))


@pytest.mark.parametrize("status", [200, 302, 404, None])
def test_whether_a_file_can_be_had(hub, monkeypatch, status):
    """status: that the Hub answers with; None: it cannot be reached."""

    def head(url, timeout):
        if status is None:
            raise ConnectionError
        return SimpleNamespace(status_code=status)

    session = SimpleNamespace(head=head)
    monkeypatch.setattr(huggingface_hub, "get_session", lambda: session)
    assert weights.can_be_had(REPOSITORY, NAME) == (status in (200, 302))
    hub.cached = str(hub.path)
    assert weights.can_be_had(REPOSITORY, NAME)


def test_the_hub_names_a_large_file_by_its_hash(tmp_path):
    digits = hashlib.sha256(b"weights").hexdigest()
    folder = tmp_path / "blobs"
    folder.mkdir()
    link, other = tmp_path / "model.bin", tmp_path / "other.bin"
    link.symlink_to(folder / digits)
    assert weights.hub_sha256(link) == digits
    other.symlink_to(folder / digits[:40])  # a small file, which git knows by another hash
    assert weights.hub_sha256(other) is None and weights.hub_sha256(tmp_path / digits) is None
