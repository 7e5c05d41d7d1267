"""Sessions: only those that a page opened keep anything, and nobody loses theirs to others."""

from __future__ import annotations

import gradio as gr
import pytest
from gradio import routes

from vgpnn.limits import LIMITS
from vgpnn.service import guard, sessions
from vgpnn.service.sessions import Sessions, SessionState, StateHolder


def test_a_session_is_kept_from_its_heartbeat_on():
    kept = Sessions()
    assert not kept.is_open("a")
    assert kept.open("a", "ada") and kept.is_open("a")
    assert kept.has_open_page("ada") and not kept.has_open_page("bob")
    kept.close("a")
    assert kept.is_open("a")  # a phone sleeps, a connection breaks
    assert not kept.has_open_page("ada")
    kept.close("a")
    kept.close("unknown")


@pytest.mark.parametrize(
    "name", ["", None, 7, [], {}, "x" * 65, "a b", "../x"], ids=lambda name: repr(name)[:10]
)
def test_other_names_are_no_session(name):
    kept = Sessions()
    assert not kept.open(name, "ada") and not kept.is_open(name)


def test_the_oldest_session_of_the_same_person_goes():
    kept = Sessions(per_person=3)
    for name in "abc":
        kept.open(name, "ada")
    kept.open("other", "bob")
    kept.use("a")
    assert kept.open("d", "ada") and not kept.is_open("b") and kept.is_open("a")
    kept.close("d")  # a closed one goes before all that are open
    assert kept.open("e", "ada") and not kept.is_open("d")
    assert kept.is_open("other")


def test_invented_sessions_take_nobody_elses():
    """505 of them took the clips of everybody."""
    kept = Sessions(per_person=20, in_all=50)
    kept.open("mine", "bob")
    for number in range(505):
        kept.open(f"one{number}", "ada")
        kept.open(f"each{number}", f"cleo{number}")
    assert kept.is_open("mine")


def test_a_page_that_is_opened_again_goes_on():
    kept = Sessions()
    kept.open("a", "ada")
    kept.open("a", "bob")  # the phone has another network now
    kept.close("a")
    assert kept.is_open("a") and kept.has_open_page("bob")


def test_a_closed_session_is_forgotten_after_a_while(monkeypatch):
    kept, now = Sessions(), [1000.0]
    monkeypatch.setattr(sessions.time, "monotonic", lambda: now[0])
    for name in ("open", "closed", "used"):
        kept.open(name, "ada")
    kept.close("closed")
    kept.close("used")
    now[0] += LIMITS.keep_seconds - 1
    kept.use("used")
    now[0] += 2
    kept.forget_idle()
    assert [name for name in ("open", "closed", "used") if kept.is_open(name)] == ["open", "used"]
    assert kept.idle_seconds("open") > LIMITS.keep_seconds > kept.idle_seconds("used")
    assert kept.idle_seconds("closed") == float("inf")


# --- what Gradio keeps


@pytest.fixture
def kept(monkeypatch) -> Sessions:
    kept = Sessions()
    monkeypatch.setattr(sessions, "SESSIONS", kept)
    return kept


@pytest.fixture
def holder() -> StateHolder:
    with gr.Blocks(analytics_enabled=False) as demo:
        gr.State(1), gr.State(3), gr.Number(1)
    demo.state_session_capacity = 10
    holder = StateHolder()
    holder.set_blocks(demo)
    return holder


def ids(holder) -> list[int]:
    blocks = holder.blocks.blocks
    return [
        number for number, block in blocks.items() if isinstance(block, gr.components.Component)
    ]


def test_gradios_app_has_this_holder():
    assert guard.Guard and issubclass(routes.StateHolder, StateHolder)
    assert isinstance(routes.App().state_holder, StateHolder)


def test_a_session_that_no_page_opened_keeps_nothing(kept, holder):
    _, state, _ = ids(holder)
    kept.open("page", "ada")
    for name in ("page", "invented"):
        holder[name][state] = 7
    assert holder["page"][state] == 7 and holder["invented"][state] == 3
    for number in range(505):
        assert holder[f"x{number}"][state] == 3
    assert holder["page"][state] == 7 and list(holder.session_data) == ["page"]


def test_no_value_that_somebody_sent_is_kept(kept, holder):
    """Gradio would keep the last value of each component, of a megabyte each."""
    kept.open("page", "ada")
    *_, number = ids(holder)
    state = holder["page"]
    state._update_value_in_config(number, "x" * 10**6)
    state[number] = holder.blocks.blocks[number]
    state._update_config(number)
    assert state.config_values == {} and number in state


def test_an_idle_session_loses_its_state_and_not_its_name(kept, holder, monkeypatch):
    kept.open("page", "ada")
    _, state, _ = ids(holder)
    holder["page"][state] = 7
    holder.delete_all_expired_state()
    assert "page" in holder
    monkeypatch.setattr(kept, "idle_seconds", lambda session: LIMITS.keep_seconds + 1)
    holder.delete_all_expired_state()
    assert "page" not in holder and kept.is_open("page")
    assert holder["page"][state] == 3  # anew


def test_a_state_is_light(kept, holder):
    state = SessionState(holder.blocks)
    assert state[ids(holder)[1]] == 3
    assert state.blocks_config.fns.keys() == holder.blocks.fns.keys()
