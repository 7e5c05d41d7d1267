"""Payloads: forged values, events and requests end in one sentence."""

from __future__ import annotations

import json
import math
import uuid

import pytest
from helpers.attacker import SVG, file, picture, refusal

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
    port, callers = listener
    path = path.format(base=attacker.base, result=result, port=port)
    for name in ("uploaded", "style_uploaded"):
        values = attacker.values(name, file=file(path, url=path))
        assert "upload" in refusal(attacker.send(name, values))
    drawing = {"background": file(path), "layers": [file(path)], "composite": file(path)}
    values = attacker.values("drawing_added", imageeditor=drawing)
    assert "upload" in refusal(attacker.send("drawing_added", values))
    values = attacker.values("drawing_added", imageeditor=drawing | {"layers": []})
    assert "Draw something" in refusal(attacker.send("drawing_added", values))  # nobody looks at it
    values = attacker.values("settings_loaded", uploadbutton=file(path))
    assert "upload" in refusal(attacker.send("settings_loaded", values))
    for part in (file(path), {"path": path}, {"path": path, "url": path}):
        data = [part, *endpoint_defaults(attacker)]
        status, _, body = attacker.post("gradio_api/run/generate", {"data": data})
        assert status == 404
        status, _, body = attacker.post("gradio_api/call/generate", {"data": data})
        event = json.loads(body)["event_id"]
        assert b"upload" in attacker.get(f"gradio_api/call/generate/{event}")[2]
    assert not callers


def endpoint_defaults(attacker) -> list:
    """The arguments of /generate after the first one."""
    info = json.loads(attacker.get("gradio_api/info")[2])["named_endpoints"]["/generate"]
    return [parameter["parameter_default"] for parameter in info["parameters"][1:]]


@pytest.mark.parametrize("kind", ["gif", "tiff", "eps", "svg", "large", "text"])
def test_an_editor_takes_png_only(attacker, kind):
    data = {
        "gif": lambda: picture(9, 9, "GIF"),
        "tiff": lambda: picture(9, 9, "TIFF"),
        "eps": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n",
        "svg": lambda: SVG,
        "large": lambda: picture(4000, 4000),
        "text": lambda: b"no picture",
    }[kind]()
    layer = file(attacker.upload("layer.png", data), orig_name="layer.png")
    drawing = {"background": None, "layers": [layer], "composite": None}
    values = attacker.values("drawing_added", imageeditor=drawing)
    assert "PNG" in refusal(attacker.send("drawing_added", values))
    drawing = {"background": layer, "layers": [], "composite": layer}  # which nobody opens
    values = attacker.values("drawing_added", imageeditor=drawing)
    assert "Draw something" in refusal(attacker.send("drawing_added", values))
    assert send_layer(attacker, data)[0] == 400


def send_layer(attacker, data: bytes, **changes) -> tuple:
    """What an image editor sends by itself while somebody paints: a picture, and its own name."""
    fields = {
        "type": "layer",
        "index": "0",
        "id": "mine",
        "fn_name": "accept_blobs",
        "component_id": attacker.events["drawing_added"]["inputs"][0],
        "session_hash": attacker.session,
    }
    return attacker.form("gradio_api/component_server", "a.png", data, "file", **fields | changes)


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
    status, _, body = send_layer(attacker, picture(9, 9), **changes)
    assert status in (400, 404) and len(body) < 100


def test_an_editor_has_one_layer(attacker):
    """100 layers of one small file ended the server."""
    layer = file(attacker.upload("layer.png", picture(99, 99)), orig_name="layer.png")
    drawing = {"background": None, "layers": [layer] * 100, "composite": None}
    values = attacker.values("drawing_added", imageeditor=drawing)
    assert "one layer" in refusal(attacker.send("drawing_added", values))


def test_a_painted_picture_can_be_used_once(attacker):
    drawing = {"id": uuid.uuid4().hex, "background": None, "layers": [], "composite": None}
    assert send_layer(attacker, picture(99, 99), id=drawing["id"])[0] == 200
    values = attacker.values("drawing_added", imageeditor=drawing)
    assert attacker.send("drawing_added", values)[0]
    assert "did not arrive" in refusal(attacker.send("drawing_added", values))


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
    status, _, answer = attacker.get(path, sent, Content_Type="application/json")
    assert 400 <= status < 500 and b"Traceback" not in answer and b"/vgpnn/" not in answer


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
        "sizes",
        "drawing_added",
        "sketched",
        "editor_opened",
        "reshaped",
        "watch",
    ],
)
def test_forged_values_end_in_a_sentence_or_change_nothing(attacker, clips, name):
    """In a session with a clip, in which more can go wrong."""
    attacker.open_clip(clips["tiny"])
    values = attacker.values(name)
    first, step = (len(name) % 3, 3) if len(values) > 9 else (0, 1)  # a third of many inputs
    for k in range(first, len(values), step):
        for junk in JUNK[k::4] if len(values) > 2 else JUNK:
            worked, output = attacker.send(name, [*values[:k], junk, *values[k + 1 :]])
            assert worked or refusal((worked, output))
    refusal(attacker.send(name, []))


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
@pytest.mark.parametrize("name", ["example_chosen", "take_sent"])
def test_forged_events_end_in_a_sentence(attacker, name, event):
    refusal(attacker.send(name, [None], event_data=event))
