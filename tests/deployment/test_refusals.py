"""Whatever goes wrong with the Hub is one sentence that names the fix."""

from __future__ import annotations

import huggingface_hub.constants
import pytest
from helpers.hub import SPACE, TOKEN, Handler
from huggingface_hub.errors import OfflineModeIsEnabled

from vgpnn.deployment.files import Refused
from vgpnn.deployment.hub import send
from vgpnn.deployment.plan import make_plan
from vgpnn.deployment.refusals import refusals

# By name: the request that the Hub refuses, its status and message, and a part of the sentence.
REFUSALS = {
    "token": (
        ("GET", "/api/spaces/*"),
        401,
        "Invalid credentials in Authorization header",
        "settings/tokens",
    ),
    "create": (("POST", "/api/repos/create"), 403, "You don't have the rights", "may write to"),
    "write": (("POST", "*/preupload/main"), 403, "Forbidden", "may write to"),
    "commit": (("POST", "*/commit/main"), 403, "Forbidden", "may write to"),
    "object": (("PUT", "/store/*"), 403, "Forbidden", "may write to"),
    "taken": (
        ("POST", "/api/repos/create"),
        409,
        "You already created this model repo",
        "choose another name",
    ),
    "owner": (("POST", "/api/repos/create"), 404, "No such organization", "check the name"),
    "paid": (("POST", "/api/repos/create"), 402, "ZeroGPU needs PRO", "another --hardware"),
    "often": (("POST", "/api/repos/create"), 429, "Too many", "in some minutes"),
    "down": (("POST", "/api/repos/create"), 503, "Oh no", "try again later"),
    "bad": (("POST", "*/commit/main"), 400, f"Bad {TOKEN}\nthing", "Bad ... thing"),
}


@pytest.fixture
def plan(tree):
    return make_plan(SPACE, root=tree)


def sentence_of(plan) -> str:
    """The sentence with which sending a plan is refused."""
    with pytest.raises(Refused) as raised:
        send(plan)
    text = str(raised.value)
    assert text.endswith(".") and "\n" not in text and TOKEN not in text
    # No traceback leads to an error with the token in it.
    assert raised.value.__suppress_context__ or raised.value.__context__ is None
    return text


@pytest.mark.parametrize("name", REFUSALS)
def test_a_status_of_the_hub(hub, name, plan):
    request, status, message, text = REFUSALS[name]
    hub.refuse[request] = status, message
    assert text in sentence_of(plan)


@pytest.mark.parametrize("token", [None, "hf_\x01" + TOKEN], ids=["none", "damaged"])
def test_no_token_or_a_damaged_one(hub, token, plan, monkeypatch):
    monkeypatch.delenv("HF_TOKEN")
    if token:
        monkeypatch.setenv("HF_TOKEN", token)
    assert "HF_TOKEN" in sentence_of(plan)
    assert not hub.requests


def test_the_network_is_down(hub, plan, monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://127.0.0.1:9")
    assert "cannot be reached" in sentence_of(plan)


def test_another_server_answers(hub, plan, monkeypatch):
    monkeypatch.setattr(Handler, "do_GET", lambda self: self.reply(["welcome to our hotel"]))
    assert "did not understand" in sentence_of(plan)


def test_the_library_is_offline(plan):
    with pytest.raises(Refused, match="^HF_HUB_OFFLINE is set"), refusals(plan, None):
        raise OfflineModeIsEnabled("offline")


def test_a_refusal_passes_unchanged(plan):
    with pytest.raises(Refused, match="^as it was$"), refusals(plan, TOKEN):
        raise Refused("as it was")
