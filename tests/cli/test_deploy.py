"""`python -m vgpnn deploy`, as a user runs it, against a stand-in for the Hub."""

from __future__ import annotations

import pytest
from helpers.hub import SPACE, TOKEN

from vgpnn.cli.main import main
from vgpnn.deployment.plan import make_plan


def test_deploying_prints_the_address_of_the_space(hub, capsys):
    assert main(["deploy", SPACE]) == 0
    assert capsys.readouterr().out == f"{hub.url}/spaces/{SPACE}\n"
    assert set(hub.files) == set(make_plan(SPACE).files)


def test_flags_are_parts_of_the_plan(hub, capsys):
    words = ["--sdk", "docker", "--hardware", "cpu-upgrade", "--private"]
    assert main(["deploy", SPACE, *words]) == 0
    created = {name: hub.created[name] for name in ("sdk", "hardware", "visibility")}
    assert created == {"sdk": "docker", "hardware": "cpu-upgrade", "visibility": "private"}


def test_a_dry_run_needs_no_token_and_sends_nothing(hub, monkeypatch, capsys):
    monkeypatch.delenv("HF_TOKEN")
    assert main(["deploy", SPACE, "--dry-run", "--hardware", "t4-small"]) == 0
    out, error = capsys.readouterr()
    assert not error and not hub.requests
    assert out == make_plan(SPACE, hardware="t4-small").describe() + "\nNothing was sent.\n"


@pytest.mark.parametrize("extra", [[], ["--dry-run"]], ids=["send", "dry run"])
def test_a_refusal_is_one_line_and_exit_status_1(hub, extra, capsys):
    assert main(["deploy", "vgpnn", *extra]) == 1
    out, error = capsys.readouterr()
    assert error.startswith("vgpnn: A Space is named OWNER/NAME") and error.count("\n") == 1
    assert not out and not hub.requests


def test_the_token_and_the_traceback_of_an_error_are_not_shown(hub, capsys):
    hub.refuse[("POST", "*/commit/main")] = 400, f"Bad {TOKEN}\nthing"
    assert main(["deploy", SPACE]) == 1
    out, error = capsys.readouterr()
    assert "Bad ... thing" in error and error.count("\n") == 1
    assert TOKEN not in out + error and "Traceback" not in out + error
