"""Sessions: what the server keeps for a visitor cannot be forged, read or ended by others."""

from __future__ import annotations

import json
import math

import pytest
from helpers.attacker import Attacker, file, refusal

from vgpnn.limits import LIMITS
from vgpnn.service.guard import refusals


def test_the_state_of_a_session_cannot_be_sent(attacker, result, clips):
    """A gr.State is what the server keeps for a session, whatever is sent in its place."""
    states = attacker.values("sizes", state="/etc/passwd")
    worked, output = attacker.send("sizes", states)
    assert worked and output["data"][0]["__type__"] == "update"  # nothing new: there is no clip
    assert "passwd" not in json.dumps(output)
    forged = {"path": str(clips["tiny"]), "name": "x", "info": {}, "working_url": str(result)}
    refusal(attacker.send("pressed", [forged] * len(attacker.values("pressed"))))


@pytest.mark.parametrize(
    "entries",
    [
        {"style": "/etc/passwd"},
        {"path": "/etc/passwd"},
        {"cues_path": "/etc/passwd"},
        {"pictures": {"0": "x"}},
        {"pictures": 5, "frame": 10**9},
        {"clip": {"path": "/etc/passwd"}},
        {"first": math.nan},
        {"task": ["inpaint"]},
        {"task": "../inpaint"},
        {"flow": "/etc/passwd"},
        {"start": math.nan},
        {"frames": 10**400},
        {"vote": {}},
    ],
    ids=lambda entries: str(entries)[:40],
)
def test_a_settings_file_changes_only_what_its_user_could(attacker, clips, entries):
    """Afterwards the tab of inpainting is as it was before."""
    attacker.open_clip(clips["tiny"])
    inpainting = attacker.values("sizes", textbox="inpaint")
    before = attacker.send("sizes", inpainting)[1]["data"]
    good = {"task": "inpaint", "start": 0, "frames": 5, "height": 64, "seed": 1}
    path = attacker.upload("settings.json", json.dumps(good | entries).encode())
    values = attacker.values("settings_loaded", uploadbutton=file(path), textbox="inpaint")
    worked, output = attacker.send("settings_loaded", values)
    assert not path.exists()
    if worked:
        assert "passwd" not in json.dumps(output["data"])
    else:
        refusal((worked, output))
    assert attacker.send("sizes", inpainting)[1]["data"] == before
    assert "Paint" in before[0]


@pytest.mark.parametrize("name", ["explanation", "", None, "nonsense"])
def test_a_tab_that_is_none_is_one_sentence(attacker, clips, name):
    attacker.open_clip(clips["tiny"])
    for event in ("sizes", "pressed"):
        worked, output = attacker.send(event, attacker.values(event, textbox=name))
        assert "There is no such tab: reload the page." in json.dumps(output)
        assert worked == (event == "sizes")  # which shows the sentence


def test_a_job_answers_to_its_token_only(attacker, server, clips):
    """Neither another token nor the name of its folder finds, stops or continues it."""
    visitor = Attacker(server, attacker.config)
    visitor.open_clip(clips["slow"])
    worked, output = visitor.send("pressed", visitor.values("pressed"))
    assert worked, output
    ids = visitor.events["pressed"]["outputs"]
    kinds = [visitor.components[k]["type"] for k in ids]
    token = output["data"][kinds.index("browserstate")]
    (folder,) = {
        entry.name
        for entry in attacker.base.iterdir()
        if (attacker.base / "records" / f"{entry.name}.json").is_file()
        and token in (attacker.base / "records" / f"{entry.name}.json").read_text()
    }
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
            attacker.send("stop", [guess])
            worked, output = attacker.send("watch", [guess])
            seen = json.dumps(output)
            assert worked and token not in seen and folder not in seen
        counts = json.loads(attacker.get("healthz")[2])
        assert counts["running"] + counts["waiting"] == 1
    finally:
        visitor.send("stop", [token])


def test_sessions_that_no_page_opened_keep_nothing(attacker, server, clips):
    """505 of them took everybody's clip; their own clip is not kept either."""
    attacker.open_clip(clips["tiny"])
    for _ in range(30):
        invented = Attacker(server, attacker.config, is_open=False)
        assert invented.send("sizes", invented.values("sizes"))[0]
    invented.open_clip(clips["tiny"])
    assert "forgotten" in refusal(invented.send("pressed", invented.values("pressed")))
    assert "5 frames" in attacker.send("sizes", attacker.values("sizes"))[1]["data"][0]


def test_a_batch_does_not_hide_who_sent_it(attacker, clips):
    """Nobody could tell whose each request of a list is: the limit per person would not hold."""
    attacker.open_clip(clips["tiny"])
    refusal(attacker.send("pressed", attacker.values("pressed"), batched=True))


def test_a_hundred_events_of_one_person_leave_the_queue_to_others(attacker, clips):
    """Gradio's queue of all people was full after as many."""
    path = attacker.upload("slow.mp4", clips["slow"].read_bytes())
    name = "uploaded"
    event = {
        "data": attacker.values(name, file=file(path)),
        "fn_index": attacker.events[name]["id"],
    }
    sent = {"session_hash": attacker.session, **event}
    answers = [attacker.post("gradio_api/queue/join", sent) for _ in range(102)]
    refused = [json.loads(body)["detail"] for status, _, body in answers if status == 429]
    assert len(refused) > 50 and set(refused) == {refusals.TOO_MANY_EVENTS}
    assert {status for status, *_ in answers} == {200, 429}
    other = attacker.get("gradio_api/queue/status", X_Forwarded_For="192.0.2.44")
    assert json.loads(other[2])["queue_size"] <= LIMITS.events_per_person


@pytest.mark.parametrize("host", ["page.example", "127.0.0.1"])
def test_other_sites_may_not_read_answers(attacker, host):
    """Gradio would let every site read them, with the cookies of whoever looks at that site."""
    for origin in ("https://evil.example", "null", f"https://{host}"):
        for path, body in (("config", None), ("gradio_api/queue/join", b"{}")):
            headers = attacker.get(path, body, Host=host, Origin=origin)[1]
            assert not {name for name in headers if name.startswith("access-control")}
