"""Addresses: nothing of the server but the results and what the page needs can be reached."""

from __future__ import annotations

import urllib.parse

import pytest
from helpers.attacker import SECRET, file, refusal

ADDRESSES = {
    "absolute": "/etc/passwd",
    "environment": "/proc/self/environ",
    "dots": "{base}/../secret.mp4",
    "dots-encoded": "{base}/%2e%2e/secret.mp4",
    "slash-encoded": "{base}%2f..%2fsecret.mp4",
    "encoded-twice": "{base}/%252e%252e/secret.mp4",
    "in-the-folder-s-name": "{folder}/../../secret.mp4",
    "backslashes": "{base}\\..\\secret.mp4",
    "zero-byte": "{base}/../secret%00.mp4",
    "relative": "../temporary/secret.mp4",
    "url": "http://127.0.0.1:{port}/{base}/../secret.mp4",
    "file-url": "file:///etc/passwd",
    "concat": "concat:/etc/passwd|/etc/hosts",
    "folder": "{folder}",
    "uploads": "{base}/uploads",
    "record": "{base}/records/{name}.json",
    "record-in-capitals": "{base}/RECORDS/{name}.json",
    "record-beside": "{folder}/job.json",
    "too-long": "{base}/" + "a" * 4000 + ".mp4",
    "no-letters": "%ff%fe.mp4",
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_only_results_have_an_address(attacker, result, address):
    folder, port = result.parent, attacker.server.port
    named = ADDRESSES[address].format(
        base=attacker.base, folder=folder, name=folder.name, port=port
    )
    status, _, body = attacker.get("gradio_api/file=" + urllib.parse.quote(named, safe="/%:|"))
    assert status == 403, body
    assert SECRET.encode() not in body and b"root:" not in body and len(body) < 200


@pytest.mark.parametrize("place", ["job", "upload"])
def test_links_lead_nowhere(attacker, result, place):
    """No visitor can make a link; one who could would gain nothing."""
    folder = result.parent if place == "job" else attacker.upload("a.mp4", b"a").parent
    link, inside = folder / "link.mp4", folder / "inside"
    link.symlink_to(attacker.server.temporary / "secret.mp4")
    inside.symlink_to(attacker.server.temporary)
    try:
        for path in (link, inside / "secret.mp4"):
            assert attacker.get(f"gradio_api/file={path}")[0] == 403
            values = attacker.values("uploaded", file=file(path))
            assert "upload it again" in refusal(attacker.send("uploaded", values))
    finally:
        link.unlink()
        inside.unlink()


@pytest.mark.parametrize(
    "path",
    [
        "gradio_api/proxy=http://127.0.0.1:9/x.mp4",
        "gradio_api/file/etc/passwd",
        "gradio_api/stream/a/1/2/playlist.m3u8",
        "gradio_api/stream/a/1/2/playlist-file",
        "gradio_api/custom_component/x/client/component/..%2f..%2f..%2fapp.py",
        "gradio_api/deep_link?session_hash=x",
        "gradio_api/vibe-code",
        "gradio_api/run-history/records",
        "gradio_api/process_recording",
        "monitoring",
        "svelte/..%2f..%2fx",
        "static/..%2f..%2froutes.py",
        "static/%2e%2e/%2e%2e/routes.py",
        "static//etc/passwd",
        "static/vgpnn/..%2fpage.py",
        "static/vgpnn/%2e%2e/%2e%2e/page.py",
        "static/vgpnn//etc/passwd",
        "assets/..%2f..%2f..%2froutes.py",
        "assets//etc/passwd",
        "assets/",
        "..%2f..%2fetc/passwd",
        "pwa_icon/100000",
        "docs",
        "redoc",
        "mcp",
    ],
)
def test_there_is_nothing_else(attacker, path):
    status, _, body = attacker.get(path)
    assert status in (403, 404) and len(body) < 200
    assert b"root:" not in body and b"import" not in body


def test_deep_links_read_no_file(attacker):
    for path in ("config?deep_link=../../../secret", "?deep_link=%2fetc&__theme=..%2f..%2fetc"):
        status, _, body = attacker.get(path)
        assert status == 200 and SECRET.encode() not in body


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ("bytes=0-1-2", 200),
        ("bytes=\xb2-\xb3", 200),
        ("bytes=-5", 200),
        ("bytes=9-1", 206),
        ("bytes=99999999-", 416),
        ("lines=1-2", 200),
        ("bytes=0-1,3-4", 200),
        ("bytes=0-" + "9" * 400, 200),
        ("bytes=", 200),
    ],
)
def test_odd_ranges_are_no_errors(attacker, result, value, status):
    """What is no plain range is left out, and the whole file is sent."""
    answered, headers, body = attacker.get(
        f"gradio_api/file={result}", Range=value, X_Mine="1", Cookie="mine=1"
    )
    assert answered == status
    assert not {"x-mine", "cookie", "host"} & set(headers)
    assert (body == result.read_bytes()) == (status == 200)


@pytest.mark.parametrize("value", ["bytes=10-19", "bytes=10-", "bytes=0-0"])
def test_players_can_still_ask_for_a_part(attacker, result, value):
    status, headers, body = attacker.get(f"gradio_api/file={result}", Range=value)
    first, last = value.removeprefix("bytes=").split("-")
    assert status == 206 and headers["content-type"] == "video/mp4"
    assert body == result.read_bytes()[int(first) : int(last) + 1 if last else None]


def test_the_record_of_a_job_has_no_address(attacker, result):
    """A record holds the token; the address of a result tells the folder of its job."""
    assert result.is_file() and attacker.get(f"gradio_api/file={result}")[0] == 200
    (record,) = (attacker.base / "records").glob(f"{result.parent.name}*")
    assert record.suffix == ".json" and record.stat().st_size > 100
    for path in (record, record.with_suffix(".mp4"), result.parent, result.parent / record.name):
        assert attacker.get(f"gradio_api/file={path}")[0] == 403
    assert not (result.parent / record.name).exists()


def test_nothing_lists_uploads_or_results(attacker, result):
    attacker.upload("somebody.mp4", b"x")
    for path in (
        "",
        "config",
        "gradio_api/info?all_endpoints=true",
        "gradio_api/queue/status",
        "metrics",
        "healthz",
        "gradio_api/startup-events",
        "gradio_api/openapi.json",
        "gradio_api/queue/data?session_hash=unknown",
    ):
        body = attacker.get(path)[2]
        assert result.parent.name.encode() not in body and b"somebody" not in body
    for folder in (attacker.base, attacker.base / "uploads", result.parent):
        assert attacker.get(f"gradio_api/file={folder}/")[0] == 403
