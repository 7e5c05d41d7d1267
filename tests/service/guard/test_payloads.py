"""Payloads: forged values, events and requests end in one sentence."""

from __future__ import annotations

import json
import math
from base64 import b64encode

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
    values = attacker.values("sketched", html={"pictures": {"0": file(path), "1": file(path)}})
    refusal(attacker.send("sketched", values))
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
def test_a_board_takes_png_only(attacker, kind):
    data = {
        "gif": lambda: picture(9, 9, "GIF"),
        "tiff": lambda: picture(9, 9, "TIFF"),
        "eps": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n",
        "svg": lambda: SVG,
        "large": lambda: picture(1001, 1000),
        "text": lambda: b"no picture",
    }[kind]()
    pictures = {str(number): b64encode(data).decode() for number in range(2)}
    values = attacker.values("sketched", html={"pictures": pictures})
    assert "cannot be read" in refusal(attacker.send("sketched", values))


def test_a_hundred_pictures_are_not_all_opened(attacker):
    """100 layers of one small file ended the server."""
    pictures = {str(k): b64encode(picture(9, 9)).decode() for k in range(6)}
    others = {str(k): b64encode(SVG).decode() for k in range(6, 100)}
    values = attacker.values("sketched", html={"pictures": pictures | others})
    worked, output = attacker.send("sketched", values)
    assert worked, output


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
        "sketched",
        "board_opened",
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
