"""The middleware by itself: sizes, full disks, and errors of the application behind it."""

from __future__ import annotations

import errno

import pytest
from gradio import routes
from helpers import limits
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from vgpnn.limits import LIMITS
from vgpnn.service import errors, files, guard
from vgpnn.service.guard import (
    BODY_BYTES,
    Guard,
    exchange,
    may_be_shown,
    passwords,
    refusals,
)
from vgpnn.service.guard.gradio_parts import KEPT_PROGRESSES
from vgpnn.service.sessions import SESSIONS


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


async def go(request: Request) -> RedirectResponse:
    return RedirectResponse("https://elsewhere.example/", 302)


async def log_in(request: Request) -> PlainTextResponse:
    return PlainTextResponse("", 200 if await request.body() == b"right" else 400)


async def beat(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(SESSIONS.is_open(request.path_params["session"])))


ROUTES = [
    Route("/logout", go),
    Route("/login/", go),
    Route("/login", log_in, methods=["POST"]),
    Route("/gradio_api/heartbeat/{session}", beat),
    Route("/gradio_api/run/{name}", fail, methods=["POST"]),
    Route("/gradio_api/call/v2/{name}", fail, methods=["POST"]),
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
def test_a_body_has_a_largest_size(page, body):
    path, most = "/gradio_api/queue/join", BODY_BYTES
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


def test_a_wrong_name_of_a_program_is_told_where_the_right_ones_are(page):
    answer = page.post("/gradio_api/call/v2/data")
    assert (answer.status_code, answer.json()["error"]) == (400, refusals.WRONG_NAME)


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


def test_what_other_sites_send_is_refused(page):
    """A browser says where a request comes from; programs say nothing."""
    for site in ("cross-site", "same-site"):
        answer = page.post("/gradio_api/queue/join", headers={"sec-fetch-site": site})
        assert answer.status_code == 403 and refusals.OTHER_SITE in answer.text
        assert page.get("/", headers={"sec-fetch-site": site}).status_code == 200  # in a frame
    for headers in ({"sec-fetch-site": "same-origin"}, {"origin": "https://a.example"}):
        assert page.post("/gradio_api/queue/join", headers=headers).status_code == 200


def test_nothing_that_names_the_host_is_kept_by_a_cache(page):
    for path in ("/", "/config", "/gradio_api/info"):
        assert page.get(path).headers["cache-control"] == "no-store"
    assert "cache-control" not in page.get("/assets/a.js").headers


@pytest.mark.parametrize(("path", "place"), [("/logout", "./"), ("/login/", "../")])
def test_a_redirect_stays_on_this_host(page, path, place):
    answer = page.get(path, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (302, place)


def test_wrong_passwords_cost_time(page, monkeypatch):
    monkeypatch.setattr(exchange, "TRIES", passwords.Tries())
    answers = [page.post("/login", content=b"wrong").status_code for _ in range(50)]
    assert answers == [400] * passwords.FREE_TRIES + [429] * (50 - passwords.FREE_TRIES)
    other = TestClient(page.app, client=("192.0.2.9", 1))
    assert other.post("/login", content=b"right").status_code == 200
    assert page.get("/config").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/upload?upload_id=" + "a" * 65,
        "/gradio_api/upload_progress?upload_id=a%20b",
        "/gradio_api/queue/data?session_hash=" + "a" * 65,
        "/gradio_api/heartbeat/" + "a" * 65,
        "/gradio_api/heartbeat/a/b",
    ],
)
def test_names_that_gradio_would_keep_are_short(page, path):
    assert page.get(path).status_code == 400


def test_a_session_is_open_as_long_as_its_heartbeat(page, monkeypatch):
    seen = []
    monkeypatch.setattr(SESSIONS, "open", lambda name, address: seen.append(("open", name)) or True)
    monkeypatch.setattr(SESSIONS, "close", lambda name: seen.append(("close", name)))
    assert page.get("/gradio_api/heartbeat/tab").status_code == 200
    assert seen == [("open", "tab"), ("close", "tab")]


def test_a_person_with_too_many_sessions_gets_no_more(page, monkeypatch):
    monkeypatch.setattr(SESSIONS, "open", lambda session, address: False)
    assert page.get("/gradio_api/heartbeat/a").status_code == 429


def test_few_progresses_are_kept(page):
    """Gradio would keep an entry for every name of an upload that anybody has sent."""
    progress = routes.file_upload_statuses
    for number in range(2 * KEPT_PROGRESSES):
        progress.track(f"upload{number}")
    page.get("/gradio_api/upload_progress?upload_id=another")
    assert len(progress._statuses) <= KEPT_PROGRESSES >= len(progress._signals)
    assert not progress.is_done(f"upload{2 * KEPT_PROGRESSES - 1}")


def test_too_many_requests_of_one_person_are_refused(page, monkeypatch):
    limits.change(monkeypatch, requests_per_person=0)
    answer = page.post("/gradio_api/queue/join")
    assert answer.status_code == 429
    assert answer.json()["detail"] == refusals.TOO_MANY_REQUESTS  # where the page looks for it
    assert page.post("/gradio_api/upload").text == refusals.TOO_MANY_REQUESTS
    assert page.get("/healthz").status_code == 200
