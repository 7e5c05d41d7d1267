"""An attacker at the page's own addresses: nothing of the server but the results can be reached."""

from __future__ import annotations

import http.client
import io
import json
import math
import os
import pickle
import socket
import threading
import urllib.error
import urllib.parse
import urllib.request
import uuid
import zlib
from pathlib import Path

import numpy as np
import pytest
from gradio_client import Client, handle_file
from PIL import Image
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from vgpnn.service import files, guard, records

SECRET = "the-secret-of-the-server"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!DOCTYPE html><script>alert(document.domain)</script>"


class Attacker:
    """Speaks HTTP by hand: forged values for any event of the page, in any session."""

    def __init__(self, server, config: dict) -> None:
        self.server, self.config, self.session = server, config, uuid.uuid4().hex
        self.parts = {part["id"]: part for part in config["components"]}
        self.events = config["dependencies"]

    @property
    def base(self) -> Path:
        (found,) = self.server.temporary.glob("vgpnn-page-*")
        return found

    def get(self, path: str, body: bytes | None = None, **headers) -> tuple[int, dict, bytes]:
        """Status, headers (in small letters) and body."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        asked = urllib.request.Request(self.server.url + path, body, headers)
        try:
            answer = urllib.request.urlopen(asked, timeout=60)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            try:
                text = answer.read()
            except http.client.IncompleteRead as error:  # a stream that breaks off
                text = error.partial
            told = {name.lower(): value for name, value in answer.headers.items()}
            return answer.status, told, text

    def post(self, path: str, value) -> tuple[int, dict, bytes]:
        return self.get(path, json.dumps(value).encode(), Content_Type="application/json")

    def form(self, path: str, name: str, data: bytes, field="files", **fields) -> tuple:
        """A form with one file in it."""
        parts = [
            f'--b\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode()
            for k, v in fields.items()
        ]
        head = f'--b\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'
        body = b"".join(parts) + head.encode() + data + b"\r\n--b--\r\n"
        return self.get(path, body, Content_Type="multipart/form-data; boundary=b")

    def upload(self, name: str, data: bytes) -> Path:
        status, _, body = self.form("gradio_api/upload", name, data)
        assert status == 200, body
        return Path(json.loads(body)[0])

    def event(self, name: str) -> dict:
        return next(event for event in self.events if event["api_name"] == name)

    def defaults(self, name: str) -> list:
        """What a page that was just opened would send."""
        return [self.parts[k]["props"].get("value") for k in self.event(name)["inputs"]]

    def send(self, name: str, values: list, **more) -> tuple[bool, dict]:
        """Whether an event succeeded, and what came back."""
        sent = {"data": values, "fn_index": self.event(name)["id"], "session_hash": self.session}
        status, _, body = self.post("gradio_api/queue/join", sent | more)
        assert status == 200, body
        address = f"{self.server.url}gradio_api/queue/data?session_hash={self.session}"
        with urllib.request.urlopen(address, timeout=60) as lines:
            for line in lines:
                told = json.loads(line[5:]) if line.startswith(b"data:") else {}
                if told.get("msg") == "process_completed":
                    return told["success"], told["output"]
        raise AssertionError("no answer")


@pytest.fixture(scope="module")
def config(server) -> dict:
    with urllib.request.urlopen(server.url + "config", timeout=60) as answer:
        return json.load(answer)


@pytest.fixture
def attacker(server, config):
    """After every attack the log has no traceback and the server goes on."""
    before = server.tracebacks()
    attacker = Attacker(server, config)
    yield attacker
    assert server.tracebacks() == before, server.log.read_text()[-3000:]
    assert attacker.get("healthz")[0] == 200


@pytest.fixture(scope="module")
def result(server, clips) -> Path:
    """Somebody else's result, and a secret beside the server's folders."""
    client = Client(server.url, verbose=False)
    options = {"passes": 1, "frames": 5, "height": 64}
    client.predict(video=handle_file(str(clips["tiny"])), api_name="/generate", **options)
    (server.temporary / "secret.mp4").write_text(SECRET)
    (base,) = server.temporary.glob("vgpnn-page-*")
    return max(base.glob("*/*-take1-*.mp4"), key=lambda path: path.stat().st_mtime)


def says_one_sentence(answer: tuple[bool, dict]) -> str:
    worked, told = answer
    assert not worked, told
    said = told["error"]
    assert said.endswith(".") and "\n" not in said and len(said) < 200, said
    return said


def file(path, **more) -> dict:
    """The payload of a file."""
    return {"path": str(path), "orig_name": "clip.mp4", "meta": {"_type": "gradio.FileData"}} | more


def png(width: int, height: int, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.full((height, width, 4), 255, np.uint8)).save(buffer, kind)
    return buffer.getvalue()


# --- traversal in addresses, `file=` tricks, links


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
    "records": "{base}/records/{name}.pickle",
    "record-in-capitals": "{base}/RECORDS/{name}.pickle",
    "record-beside": "{folder}/job.pickle",
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
    assert status in (400, 403, 404), body
    assert SECRET.encode() not in body and b"root:" not in body and len(body) < 200


@pytest.mark.parametrize("where", ["job", "upload"])
def test_links_lead_nowhere(attacker, result, where):
    """Nobody can make one; who could should gain nothing."""
    folder = result.parent if where == "job" else attacker.upload("a.mp4", b"a").parent
    link, inside = folder / "link.mp4", folder / "inside"
    link.symlink_to(attacker.server.temporary / "secret.mp4")
    inside.symlink_to(attacker.server.temporary)
    try:
        for path in (link, inside / "secret.mp4"):
            assert attacker.get(f"gradio_api/file={path}")[0] == 403
            says_one_sentence(attacker.send("uploaded", [file(path), None]))
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
    "value",
    [
        "bytes=0-1-2",
        "bytes=\xb2-\xb3",
        "bytes=-5",
        "bytes=9-1",
        "bytes=99999999-",
        "lines=1-2",
        "bytes=0-1,3-4",
        "bytes=0-" + "9" * 400,
        "bytes=",
    ],
)
def test_odd_ranges_are_no_errors(attacker, result, value):
    status, headers, body = attacker.get(
        f"gradio_api/file={result}", Range=value, X_Mine="1", Cookie="mine=1"
    )
    assert status in (200, 206, 416)
    assert not {"x-mine", "cookie", "host"} & set(headers)
    assert status != 200 or body == result.read_bytes()


@pytest.mark.parametrize("value", ["bytes=10-19", "bytes=10-", "bytes=0-0"])
def test_players_can_still_ask_for_a_part(attacker, result, value):
    status, headers, body = attacker.get(f"gradio_api/file={result}", Range=value)
    first, last = value.removeprefix("bytes=").split("-")
    assert status == 206 and headers["content-type"] == "video/mp4"
    assert body == result.read_bytes()[int(first) : int(last) + 1 if last else None]


# --- uploads: names, and what comes back


@pytest.mark.parametrize(
    "name",
    [
        "../../../evil.mp4",
        "/etc/evil.mp4",
        "..\\..\\evil.mp4",
        "..",
        ".",
        "",
        "a\0b.mp4",
        "%2e%2e%2fevil.mp4",
        "a/../../evil.mp4",
        "x" * 5000 + ".mp4",
        "~root/evil.mp4",
        "$(id).mp4",
        "-i.mp4",
        "concat:a|b.mp4",
    ],
    ids=lambda name: ascii(name)[:24],
)
def test_uploads_stay_in_a_folder_of_their_own(attacker, name):
    before = {p for p in attacker.server.temporary.rglob("*") if attacker.base not in p.parents}
    status, _, body = attacker.form("gradio_api/upload", name, uuid.uuid4().bytes)
    after = {p for p in attacker.server.temporary.rglob("*") if attacker.base not in p.parents}
    assert after == before
    if status != 200:
        assert status in (400, 413)
        return
    (path,) = map(Path, json.loads(body))
    assert path.parents[1] == attacker.base / "uploads" and len(path.parent.name) == 64
    assert path.resolve() == path and path.is_file()


@pytest.mark.parametrize(
    "name",
    [
        "a.html",
        "a.HTM",
        "a.svg",
        "a.xhtml",
        "a.xml",
        "a.js",
        "a.pdf",
        "a.mp4.html",
        "a.shtml",
        "a",
        "a.css",
    ],
)
def test_web_pages_and_drawings_never_come_back(attacker, name):
    path = attacker.upload(name, HTML if "htm" in name else SVG)
    assert attacker.get(f"gradio_api/file={urllib.parse.quote(str(path))}")[0] == 403


@pytest.mark.parametrize("name", ["a.mp4", "a.gif", "a.png", "a.json"])
def test_a_disguised_page_is_not_shown_as_one(attacker, name):
    path = attacker.upload(name, HTML)
    status, headers, _ = attacker.get(f"gradio_api/file={path}")
    assert status == 200
    assert headers["content-type"].split("/")[0] in ("video", "image", "application")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "sandbox"


def test_a_page_in_a_result_runs_nothing(browser, attacker):
    """The same in a browser, where it counts."""
    page = browser.new_page()
    ran = []
    page.on("dialog", lambda dialog: (ran.append(dialog.message), dialog.dismiss()))
    for name in ("a.gif", "a.png", "a.json", "a.mp4"):
        page.goto(f"{attacker.server.url}gradio_api/file={attacker.upload(name, HTML)}")
        page.wait_for_timeout(200)
    page.close()
    assert not ran


def test_the_address_of_an_upload_does_not_follow_from_what_is_in_it(attacker):
    from hashlib import sha256

    from gradio.utils import get_hash_seed

    path = attacker.upload("a.mp4", b"known")
    assert path.parent.name not in (
        sha256(b"known").hexdigest(),
        sha256(get_hash_seed().encode() + b"known").hexdigest(),
    )


# --- playlists, concat scripts, pages and drawings as clips


@pytest.fixture(scope="module")
def listener():
    """A server of ours that nobody should call; the addresses of who did."""
    called, ear = [], socket.create_server(("127.0.0.1", 0))

    def listen():
        while True:
            try:
                connection, who = ear.accept()
            except OSError:
                return
            called.append(who)
            connection.close()

    threading.Thread(target=listen, daemon=True).start()
    yield ear.getsockname()[1], called
    ear.close()


SCRIPTS = {
    "playlist": b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10.0,\n%s\n#EXT-X-ENDLIST\n",
    "concat": b"ffconcat version 1.0\nfile '%s'\n",
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg'><image href='%s'/></svg>",
    "page": b"<!DOCTYPE html><img src='%s'>",
    "xml": b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM '%s'>]><a>&b;</a>",
    "dash": b"<?xml version='1.0'?><MPD><BaseURL>%s</BaseURL></MPD>",
}


@pytest.mark.parametrize("name", ["uploaded", "style_uploaded"])
@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_are_no_clips(attacker, listener, script, name):
    port, called = listener
    targets = "file:///etc/passwd", f"http://127.0.0.1:{port}/a.ts"
    for target, kind in zip(targets, ("mp4", "gif")):
        path = attacker.upload(f"a.{kind}", SCRIPTS[script] % target.encode())
        worked, told = attacker.send(name, [file(path), None][: len(attacker.defaults(name))])
        assert worked and "not a video" in json.dumps(told) and "<video" not in json.dumps(told)
        assert not path.exists()
    assert not called


# --- forged payloads


PATHS = [
    "/etc/passwd",
    "{base}",
    "{base}/uploads",
    "{base}/../secret.mp4",
    "{result}",
    "{base}/records",
    "http://127.0.0.1:{port}/a.mp4",
    "https://127.0.0.1:{port}/a.mp4",
    "http://localhost.:{port}/a.mp4",
    "file:///etc/passwd",
    "concat:/etc/passwd",
    "/proc/self/fd/0",
    "/dev/zero",
    "\0",
    "",
    "~",
    "a" * 9999,
]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: ascii(path)[:30])
def test_a_payload_names_no_file_but_an_upload(attacker, result, listener, path):
    port, called = listener
    path = path.format(base=attacker.base, result=result, port=port)
    for name in ("uploaded", "style_uploaded"):
        values = [file(path, url=path), None][: len(attacker.defaults(name))]
        assert "upload" in says_one_sentence(attacker.send(name, values))
    picture = {"background": file(path), "layers": [file(path)], "composite": file(path)}
    for values in ([picture, None], [picture | {"layers": []}, None]):
        assert "upload" in says_one_sentence(attacker.send("drawing_added", values))
    values = [file(path), None, "analogy"]
    assert "upload" in says_one_sentence(attacker.send(loading(attacker), values))
    for part in (file(path), {"path": path}, {"path": path, "url": path}):
        status, _, body = attacker.post("gradio_api/run/generate", {"data": whole(attacker, part)})
        assert status == 500 and b"upload" in body
    assert not called


def whole(attacker, video) -> list:
    """Arguments of /generate."""
    values = json.loads(attacker.get("gradio_api/info")[2])["named_endpoints"]["/generate"]
    return [video, *(p["parameter_default"] for p in values["parameters"][1:])]


@pytest.mark.parametrize("kind", ["gif", "tiff", "eps", "svg", "large", "text"])
def test_an_editor_takes_png_only(attacker, kind):
    data = {
        "gif": lambda: png(9, 9, "GIF"),
        "tiff": lambda: png(9, 9, "TIFF"),
        "eps": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n",
        "svg": lambda: SVG,
        "large": lambda: png(4000, 4000),
        "text": lambda: b"no picture",
    }[kind]()
    layer = file(attacker.upload("layer.png", data), orig_name="layer.png")
    for picture in (
        {"background": None, "layers": [layer], "composite": None},
        {"background": layer, "layers": [], "composite": layer},
    ):
        assert "PNG" in says_one_sentence(attacker.send("drawing_added", [picture, None]))
    assert blob(attacker, data)[0] == 400


def blob(attacker, data: bytes, **changes) -> tuple:
    """What an image editor sends of itself: pictures by a name of its own."""
    told = {
        "type": "layer",
        "index": "0",
        "id": "mine",
        "fn_name": "accept_blobs",
        "component_id": attacker.event("drawing_added")["inputs"][0],
        "session_hash": "a",
    }
    return attacker.form("gradio_api/component_server", "a.png", data, "file", **told | changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"index": "1000000000"},
        {"index": "-1"},
        {"index": "x"},
        {"fn_name": "preprocess"},
        {"fn_name": "__init__"},
        {"fn_name": "blob_storage"},
        {"component_id": "99999"},
        {"component_id": "x"},
        {"component_id": ""},
    ],
    ids=str,
)
def test_an_editor_does_nothing_else(attacker, changes):
    status, _, body = blob(attacker, png(9, 9), **changes)
    assert status in (400, 404) and len(body) < 100


def test_what_was_painted_is_for_one_use(attacker):
    picture = {"id": uuid.uuid4().hex, "background": None, "layers": [], "composite": None}
    assert blob(attacker, png(99, 99), id=picture["id"])[0] == 200
    assert attacker.send("drawing_added", [picture, None])[0]
    said = says_one_sentence(attacker.send("drawing_added", [picture, None]))
    assert "did not arrive" in said


@pytest.mark.parametrize("count", ["bytes", "chunks"])
def test_only_uploads_may_be_large(attacker, count):
    body = b" " * 1_100_000
    pieces = body if count == "bytes" else iter([body])
    try:
        status, _, said = attacker.get(
            "gradio_api/queue/join", pieces, Content_Type="application/json"
        )
    except urllib.error.URLError:  # cut off before all of it was sent
        return
    assert status in (400, 413) and len(said) < 100


FORGED = {
    "deep": b"[" * 200_000,
    "no-json": b"{",
    "no-event": {"data": []},
    "unknown-event": {"data": [], "fn_index": 99_999},
    "below-0": {"data": [], "fn_index": -1},
    "text": {"data": [], "fn_index": "x"},
    "no-list": {"data": {}, "fn_index": 1},
    "much": {"data": [], "fn_index": 10**400},
    "bad-trigger": {"data": [], "trigger_id": "x"},
}


@pytest.mark.parametrize("body", FORGED)
@pytest.mark.parametrize("path", ["queue/join", "run/nothing", "call/nothing", "call/v2/nothing"])
def test_forged_requests_are_refused(attacker, path, body):
    path, sent = f"gradio_api/{path}", FORGED[body]
    if isinstance(sent, dict):
        sent = json.dumps(sent | {"session_hash": "s"}).encode()
    status, _, said = attacker.get(path, sent, Content_Type="application/json")
    assert 400 <= status < 500 and b"Traceback" not in said and b"/vgpnn/" not in said


JUNK = [
    None,
    "x",
    -1,
    1e300,
    10**30,
    math.nan,
    True,
    [],
    {},
    [[1]] * 3,
    {"path": 1},
    "\0",
    {"__type__": "update"},
    {"id": "a"},
    [{"a": {}}] * 9,
]


@pytest.mark.parametrize(
    "name",
    [
        "uploaded",
        "pressed",
        "line_of",
        "drawing_added",
        "sketched",
        "begin",
        "scales",
        "watch",
    ],
)
def test_forged_values_end_in_a_sentence(attacker, clips, name):
    """In a session with a clip, where more can go wrong."""
    clip = attacker.upload("tiny.mp4", clips["tiny"].read_bytes())
    assert attacker.send("uploaded", [file(clip), None])[0]
    values = attacker.defaults(name)
    for k in range(min(len(values), 6)):
        for junk in JUNK[k::4] if len(values) > 2 else JUNK:
            worked, told = attacker.send(name, [*values[:k], junk, *values[k + 1 :]])
            assert worked or says_one_sentence((worked, told))
    says_one_sentence(attacker.send(name, []))


EVENTS = [
    None,
    {},
    [],
    "x",
    1,
    {"index": 10**30},
    {"index": "0"},
    {"index": -1},
    {"index": 0.5},
    {"index": math.nan},
    {"take": {}, "to": [], "title": None},
    {"take": 1, "to": "../..", "title": "Dawn"},
    {"take": -1, "to": "resize", "title": "x"},
    {"take": 1, "to": "resize", "title": "../../secret"},
]


@pytest.mark.parametrize("event", EVENTS, ids=str)
@pytest.mark.parametrize("name", ["chosen", "send"])
def test_forged_events_end_in_a_sentence(attacker, name, event):
    says_one_sentence(attacker.send(name, [None], event_data=event))


def test_what_the_server_keeps_cannot_be_sent(attacker, result, clips):
    """A gr.State is the session's own, whatever comes in its place."""
    forged = {"path": str(clips["tiny"]), "name": "x", "info": {}, "shown": str(result)}
    values = attacker.defaults("line_of")
    kinds = [attacker.parts[k]["type"] for k in attacker.event("line_of")["inputs"]]
    values = ["/etc/passwd" if kind == "state" else v for kind, v in zip(kinds, values)]
    worked, told = attacker.send("line_of", values)
    assert worked and told["data"] == [""]  # as without a clip
    says_one_sentence(attacker.send("pressed", [0, True, *[forged] * len(values)]))


@pytest.mark.parametrize(
    "told",
    [
        {"style": "/etc/passwd"},
        {"path": "/etc/passwd"},
        {"editor": 7},
        {"paint": 5, "at": 10**9},
        {"clip": {"path": "/etc/passwd"}},
        {"first": math.nan},
        {"task": ["inpaint"]},
        {"task": "../inpaint"},
        {"flow": "/etc/passwd"},
        {"start": math.nan},
        {"frames": 10**400},
        {"vote": {}},
    ],
    ids=lambda told: str(told)[:40],
)
def test_a_settings_file_names_nothing(attacker, clips, told):
    """It changes only what its user could: the tab is as good as before."""
    clip = attacker.upload("tiny.mp4", clips["tiny"].read_bytes())
    assert attacker.send("uploaded", [file(clip), None])[0]
    opening = [
        e
        for e in attacker.events
        if e["targets"]
        and e["targets"][0][1] == "select"
        and len(e["inputs"]) > 20
        and e["api_name"].startswith("lambda")
    ][-1]
    assert attacker.send(opening["api_name"], attacker.defaults(opening["api_name"]))[0]
    before = attacker.send("line_of", attacker.defaults("line_of"))[1]["data"]
    known = {"task": "inpaint", "start": 0, "frames": 5, "height": 64, "seed": 1}
    path = attacker.upload("settings.json", json.dumps(known | told).encode())
    worked, answer = attacker.send(loading(attacker), [file(path), None, "analogy"])
    assert not path.exists()
    assert "passwd" not in json.dumps(answer["data"]) if worked else says_one_sentence((0, answer))
    assert attacker.send("line_of", attacker.defaults("line_of"))[1]["data"] == before
    assert "Paint" in before[0]


def loading(attacker) -> str:
    """The event that takes a settings file."""
    return next(
        e["api_name"]
        for e in attacker.events
        if e["api_name"].startswith("lambda")
        and len(e["inputs"]) == 3
        and e["targets"][0][1] == "upload"
    )


# --- what belongs to somebody else


def test_the_record_of_a_job_has_no_address(attacker, result):
    """It holds the token; the address of the result tells where the job's folder is."""
    assert result.is_file() and attacker.get(f"gradio_api/file={result}")[0] == 200
    (record,) = (attacker.base / "records").glob(f"{result.parent.name}*")
    assert record.stat().st_size
    for path in (record, record.with_suffix(".mp4"), result.parent, result.parent / record.name):
        assert attacker.get(f"gradio_api/file={path}")[0] == 403
    assert not list(result.parent.glob("*.pickle*"))


def test_a_record_runs_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "RECORDS", tmp_path / "records")
    (tmp_path / "records").mkdir()
    folder, mark = tmp_path / "job", tmp_path / "ran"

    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(mark),)

    record = tmp_path / "records" / "job.pickle"
    for evil in (Evil(), {"token": Evil()}, [Evil()]):
        record.write_bytes(zlib.compress(pickle.dumps(evil)))
        assert records.read(folder, ("token",)) is None
    for line in (
        b"cvgpnn.settings\nSettings.__init__.__globals__\n.",
        b"cnumpy\nndarray\n.junk",
        b"cbuiltins\neval\n.",
        b"",
    ):
        record.write_bytes(zlib.compress(line))
        assert records.read(folder, ("token",)) is None
        record.write_bytes(line)
        assert records.read(folder, ("token",)) is None
    assert not mark.exists()


def test_a_job_answers_to_its_token_only(attacker, server, clips):
    """Neither another token nor the folder's name finds, stops or continues it."""
    mine = Attacker(server, attacker.config)
    clip = mine.upload("slow.mp4", clips["slow"].read_bytes())
    assert mine.send("uploaded", [file(clip), None])[0]
    values = mine.defaults("pressed")
    worked, told = mine.send("pressed", values)
    assert worked, told
    token, _, shown, *_ = told["data"]
    (folder,) = {Path(p).parent.name for p in [shown["source"]["video"]]}
    stop = next(
        e["api_name"]
        for e in mine.events
        if len(e["inputs"]) == 1 and not e["outputs"] and e["targets"][0][1] == "click"
    )
    try:
        for guess in (
            folder,
            token[:-1],
            token + "=",
            token.swapcase(),
            "",
            None,
            [token],
            {"token": token},
            "*",
            0,
        ):
            attacker.send(stop, [guess])
            worked, told = attacker.send("watch", [guess])
            assert worked and token not in json.dumps(told) and folder not in json.dumps(told)
        counts = json.loads(attacker.get("healthz")[2])
        assert counts["running"] + counts["waiting"] >= 1
    finally:
        mine.send(stop, [token])


def test_a_batch_does_not_hide_who_asks(attacker, clips):
    """Of a list of requests nobody can tell whose it is: the limit per person would not hold."""
    clip = attacker.upload("tiny.mp4", clips["tiny"].read_bytes())
    assert attacker.send("uploaded", [file(clip), None])[0]
    says_one_sentence(attacker.send("pressed", attacker.defaults("pressed"), batched=True))


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


def test_an_upload_is_refused_before_it_comes_when_the_disk_is_full(monkeypatch):
    def full():
        raise ValueError(files.DISK_FULL)

    page = TestClient(guard.Guard(PlainTextResponse("taken")))
    assert page.post("/gradio_api/upload", content=b"clip").text == "taken"
    monkeypatch.setattr(files, "check_disk", full)
    refused = page.post("/gradio_api/upload", content=b"clip")
    assert (refused.status_code, refused.text) == (507, files.DISK_FULL)
    assert page.get("/healthz").text == "taken"
