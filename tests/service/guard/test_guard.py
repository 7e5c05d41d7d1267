"""The middleware by itself: sizes, full disks, and errors of the application behind it."""

from __future__ import annotations

import errno

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from vgpnn.limits import LIMITS
from vgpnn.service import errors, files, guard
from vgpnn.service.guard import BODY_BYTES, PICTURE_BYTES, Guard, exchange, may_be_shown


async def echo(request: Request) -> PlainTextResponse:
    """How many bytes the body had."""
    return PlainTextResponse(str(len(await request.body())))


async def fail(request: Request) -> None:
    raise {
        "data": KeyError("secret"),
        "file": OSError("secret"),
        "disk": OSError(errno.ENOSPC, "secret"),
    }[request.path_params["name"]]


async def socket(websocket) -> None:
    await websocket.accept()


ROUTES = [
    Route("/gradio_api/run/{name}", fail, methods=["POST"]),
    WebSocketRoute("/gradio_api/queue/join", socket),
    Route("/{path:path}", echo, methods=["GET", "POST"]),
]


@pytest.fixture
def page() -> TestClient:
    """An application behind the guard that counts bytes, or fails."""
    return TestClient(Starlette(routes=ROUTES, middleware=[Middleware(Guard)]))


def chunks(size: int):
    """A body whose length is not declared."""
    for begin in range(0, size, 100_000):
        yield b" " * min(100_000, size - begin)


@pytest.mark.parametrize("body", [bytes, chunks], ids=["declared", "counted"])
@pytest.mark.parametrize(
    ("path", "most"),
    [("/gradio_api/queue/join", BODY_BYTES), ("/gradio_api/component_server", PICTURE_BYTES)],
)
def test_a_body_has_a_largest_size(page, path, most, body):
    allowed = page.post(path, content=body(most))
    assert (allowed.status_code, allowed.text) == (200, str(most))
    refused = page.post(path, content=body(most + 1))
    assert refused.status_code == 413
    assert f"This is larger than {most / 1e6:g} MB, more than is taken." in refused.text


def test_uploads_may_be_as_large_as_the_limit(page):
    most = guard.max_bytes("/gradio_api/upload")
    assert most == LIMITS.upload_bytes + BODY_BYTES
    refused = page.post("/gradio_api/upload", headers={"content-length": str(most + 1)})
    assert refused.status_code == 413


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("data", 400, guard.STRANGE),
        ("file", 500, errors.UNEXPECTED),
        ("disk", 507, files.DISK_FULL),
    ],
)
def test_an_error_of_the_application_is_one_sentence(page, caplog, path, status, sentence):
    answer = page.post(f"/gradio_api/run/{path}")
    assert answer.status_code == status
    assert answer.json() == {"detail": sentence, "error": sentence}  # where the page looks for it
    (record,) = [each for each in caplog.records if each.name == exchange.__name__]
    assert record.message == "request failed" and "secret" not in str(record.fields)


def test_an_upload_to_a_full_disk_is_refused_before_its_bytes_are_read(page, monkeypatch):
    def full(needed):
        raise ValueError(files.DISK_FULL)

    assert page.post("/gradio_api/upload", content=b"clip").text == "4"
    monkeypatch.setattr(files, "check_disk", full)
    refused = page.post("/gradio_api/upload", content=b"clip")
    assert (refused.status_code, refused.text) == (507, files.DISK_FULL)
    assert page.get("/healthz").status_code == 200


def test_there_are_no_web_sockets(page):
    with pytest.raises(WebSocketDisconnect), page.websocket_connect("/gradio_api/queue/join"):
        pass


def test_unknown_addresses_do_not_exist(page):
    for path in ("/docs", "/gradio_api/proxy=http://x", "/gradio_api", "/config/x"):
        answer = page.get(path)
        assert (answer.status_code, answer.text) == (404, "There is nothing here.")
    assert page.get("/config").status_code == 200


def test_files_may_be_shown_if_they_are_ours_and_of_a_safe_kind(base, tmp_path):
    folder = base / "job"
    folder.mkdir()
    for name in ("a.mp4", "a.html", "a"):
        (folder / name).write_bytes(b"x")
        (tmp_path / name).write_bytes(b"x")
    nothing = frozenset()
    assert may_be_shown(str(folder / "a.mp4"), nothing)
    assert not may_be_shown(str(folder / "a.html"), nothing)
    assert not may_be_shown(str(folder / "a"), nothing)
    assert not may_be_shown(str(folder / "gone.mp4"), nothing)
    assert not may_be_shown(str(folder / ".." / "job" / "a.mp4"), nothing)
    bundled = str(tmp_path / "a.mp4")
    assert not may_be_shown(bundled, nothing)
    assert may_be_shown(bundled, frozenset({bundled}))
    page = str(tmp_path / "a.html")
    assert not may_be_shown(page, frozenset({page}))


def test_no_record_may_be_shown_however_its_folder_is_spelled(base, monkeypatch):
    """A record holds the token of its job. Its ending is one that is shown elsewhere."""
    for folder in (files.RECORDS, files.RECORDS / "deeper"):
        folder.mkdir()
        (folder / "0123.json").write_text("{}")
        assert not may_be_shown(str(folder / "0123.json"), frozenset())
    # As on a file system where this is another spelling of the same folder.
    spelled = base / "RECORDS"
    spelled.mkdir()
    (spelled / "0123.json").write_text("{}")
    assert may_be_shown(str(spelled / "0123.json"), frozenset())
    monkeypatch.setattr(files, "RECORDS", base / "job" / ".." / "RECORDS")
    (base / "job").mkdir()
    assert not may_be_shown(str(spelled / "0123.json"), frozenset())
