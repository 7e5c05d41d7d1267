"""Attacks over MCP: agents have the limits of everybody, and nothing is fetched for them."""

from __future__ import annotations

import http.client
import json

import pytest
from helpers.agents import called, refusal
from helpers.server import wait_for

from vgpnn.limits import LIMITS
from vgpnn.service.guard import BODY_BYTES, refusals

ADDRESS = "gradio_api/mcp"
HEADERS = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
FOREIGN = [
    "http://127.0.0.1:{port}/a.mp4",
    "http://127.0.0.1:{port}/gradio_api/file=/etc/passwd",
    "http://127.0.0.1:{port}/gradio_api/file={result}",
    "https://localhost.:{port}/a.mp4",
    "data:video/mp4;base64,AAAAIGZ0eXBpc29t",
    "file:///etc/passwd",
    "/etc/passwd",
    "{base}/../secret.mp4",
    "{result}",
    "{base}/uploads",
    "\0",
    "",
]


def message(method: str, **params) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()


def answer(attacker, body: bytes, **headers) -> tuple[int, str]:
    """The status and the text of the answer to a body."""
    named = {name.replace("-", "_"): value for name, value in HEADERS.items()}
    status, _, text = attacker.get(ADDRESS, body, **named | headers)
    return status, text.decode()


@pytest.mark.parametrize("video", FOREIGN)
def test_no_file_but_an_upload_is_taken_and_nothing_is_fetched(attacker, result, listener, video):
    port, callers = listener
    video = video.format(port=port, base=attacker.base, result=result)
    before = {*attacker.server.found("*")}
    for value in (video, {"path": video, "url": video}, [video]):
        sentence = refusal(called(attacker.server, "generate", {"video": value}))
        assert sentence.startswith("video must be an uploaded file")
    assert not callers and {*attacker.server.found("*")} <= before


@pytest.mark.parametrize(
    "path", ["/sse", "/messages/", "/http", "/schema", "/schema?tools=generate", "/x", "/../info"]
)
def test_nothing_else_of_gradio_s_server_of_tools_is_there(attacker, path):
    assert attacker.get(ADDRESS + path)[0] == 404
    assert attacker.get(ADDRESS + path, b"{}")[0] == 404


def test_a_body_has_a_largest_size(attacker):
    line = http.client.HTTPConnection("127.0.0.1", attacker.server.port, timeout=30)
    line.request("POST", f"/{ADDRESS}", headers={**HEADERS, "Content-Length": f"{BODY_BYTES + 1}"})
    refused = line.getresponse()
    assert refused.status == 413 and refused.read().startswith(b"This is larger than 1 MB")
    line.close()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (message("no/such"), "Invalid request parameters"),
        (message("resources/list"), "Method not found"),
        (message("resources/read", uri="file:///etc/passwd"), "Method not found"),
        (message("prompts/list"), "Method not found"),
        (message("tools/call", name="_done"), "There is no tool"),
        (message("tools/call", name="uploaded"), "There is no tool"),
        (message("tools/call", name="generate", arguments={"a" * 9999: 1}), "no argument 'aaa"),
    ],
)
def test_what_is_no_tool_is_not_done(attacker, body, words):
    status, text = answer(attacker, body)
    assert status == 200 and words in text and len(text) < 700


def test_no_session_is_made_or_known(attacker):
    """Requests share nothing: however many sessions are begun or named, none is kept."""
    start = message(
        "initialize",
        protocolVersion="2025-06-18",
        capabilities={},
        clientInfo={"name": "x", "version": "1"},
    )
    named = {name.replace("-", "_"): value for name, value in HEADERS.items()}
    for number in range(50):
        status, headers, _ = attacker.get(ADDRESS, start, **named, Mcp_Session_Id=f"s{number}")
        assert status == 200 and "mcp-session-id" not in headers
    assert answer(attacker, message("tools/list"), Mcp_Session_Id="mine")[0] == 200


def test_what_other_sites_send_is_refused(attacker):
    status, text = answer(attacker, message("tools/list"), Sec_Fetch_Site="cross-site")
    assert (status, text) == (403, refusals.OTHER_SITE)


def test_a_person_has_so_many_calls_under_way_and_others_have_theirs(attacker):
    """Bodies that do not come to their end, as of calls that take long."""
    lines = []
    mine, theirs = "10.9.0.1", "10.9.0.2"
    try:
        for _ in range(LIMITS.requests_per_person):
            line = http.client.HTTPConnection("127.0.0.1", attacker.server.port, timeout=30)
            lines.append(line)
            headers = {**HEADERS, "X-Forwarded-For": mine, "Content-Length": "9"}
            line.request("POST", f"/{ADDRESS}", headers=headers)
        for _ in range(100):  # some of them may still be on their way
            status, text = answer(attacker, message("tools/list"), X_Forwarded_For=mine)
            if status != 200:
                break
        assert (status, text) == (429, refusals.TOO_MANY_REQUESTS)
        assert answer(attacker, message("tools/list"), X_Forwarded_For=theirs)[0] == 200
    finally:
        for line in lines:
            line.close()


def test_an_agent_that_hangs_up_has_its_job_stopped(attacker, clips):
    upload = attacker.upload("slow.mp4", clips["slow"].read_bytes())
    much = {"frames": 24, "height": 240, "takes": 6, "quality": "best"}
    body = message("tools/call", name="generate", arguments={"video": str(upload), **much})
    line = http.client.HTTPConnection("127.0.0.1", attacker.server.port, timeout=60)
    line.request("POST", f"/{ADDRESS}", body, HEADERS)
    stream = line.getresponse()
    wait_for(lambda: under_way(attacker) == 1)
    stream.close()
    line.close()
    wait_for(lambda: under_way(attacker) == 0, 5)


def under_way(attacker) -> int:
    """How many jobs run or wait."""
    counts = json.loads(attacker.get("healthz")[2])
    return counts["running"] + counts["waiting"]
