"""app.py: its options, from the command line and from the environment."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from helpers import coroutines
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

import app
from vgpnn import limits

ROOT = Path(__file__).parents[1]


@pytest.fixture
def options(monkeypatch):
    """A function that reads a command line in an environment; it returns the options by name."""
    for name in os.environ:
        if name.startswith(("VGPNN_", "GRADIO_SERVER_")):
            monkeypatch.delenv(name)

    def read(words: str = "", **environment: str) -> dict:
        with monkeypatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            program = typer.main.get_command(app.APP)
            return program.make_context("app.py", shlex.split(words)).params

    return read


def test_without_options_the_page_is_for_this_machine(options):
    assert options() == {
        "share": False,
        "host": "127.0.0.1",
        "port": 7860,
        "auth": None,
        "max_seconds": None,
        "queue": None,
        "keep_seconds": None,
        "pace": None,
    }


EVERY_VARIABLE = {
    "VGPNN_SHARE": "yes",
    "VGPNN_HOST": "0.0.0.0",
    "VGPNN_PORT": "80",
    "VGPNN_AUTH": "a:b:c",
    "VGPNN_MAX_SECONDS": "60",
    "VGPNN_QUEUE": "3",
    "VGPNN_KEEP_SECONDS": "7.5",
    "VGPNN_PACE": "60",
}


def test_every_option_is_a_variable_of_the_environment(options):
    assert options(**EVERY_VARIABLE) == {
        "share": True,
        "host": "0.0.0.0",
        "port": 80,
        "auth": ("a", "b:c"),
        "max_seconds": 60,
        "queue": 3,
        "keep_seconds": 7.5,
        "pace": 60.0,
    }


def test_the_command_line_wins_over_the_environment(options):
    words = "--no-share --host ::1 --port 81 --auth d:e --max-seconds 0.5 --queue 1"
    assert options(f"{words} --keep-seconds 9", **EVERY_VARIABLE) == {
        "share": False,
        "host": "::1",
        "port": 81,
        "auth": ("d", "e"),
        "max_seconds": 0.5,
        "queue": 1,
        "keep_seconds": 9,
        "pace": 60.0,
    }


def test_the_variables_of_gradio_come_after_those_of_the_page(options):
    space = {"GRADIO_SERVER_NAME": "0.0.0.0", "GRADIO_SERVER_PORT": "7861"}
    assert (options(**space)["host"], options(**space)["port"]) == ("0.0.0.0", 7861)
    assert options(**space, VGPNN_PORT="80")["port"] == 80


def test_an_empty_variable_is_not_given(options):
    assert options(**dict.fromkeys(EVERY_VARIABLE, "")) == options()
    assert options(VGPNN_PORT="", GRADIO_SERVER_PORT="81")["port"] == 81


@pytest.mark.parametrize(("text", "value"), [("on", True), ("TRUE", True), ("0", False)])
def test_a_switch_in_the_environment_is_a_word(text, value, options):
    assert options(VGPNN_SHARE=text)["share"] is value


@pytest.mark.parametrize(
    ("words", "environment", "text"),
    [
        ("--port 70000", {}, "--port must be a whole number from 1 to 65535, not '70000'."),
        ("--port -1", {"VGPNN_PORT": "80"}, "--port must be"),
        ("", {"VGPNN_PORT": "x"}, "VGPNN_PORT must be"),
        ("", {"VGPNN_PORT": "", "GRADIO_SERVER_PORT": "x"}, "GRADIO_SERVER_PORT must be"),
        ("", {"VGPNN_SHARE": "perhaps"}, "VGPNN_SHARE must be yes or no"),
        ("--host 'a b'", {}, "--host must be"),
        ("--auth secret", {}, "--auth must be USER:PASSWORD"),
        ("", {"VGPNN_AUTH": "secret:"}, "VGPNN_AUTH must be USER:PASSWORD"),
        ("--max-seconds nan", {}, "--max-seconds must be"),
        ("--max-seconds 0", {}, "--max-seconds must be"),
        ("--keep-seconds soon", {}, "--keep-seconds must be"),
        ("--queue 0", {}, "--queue must be"),
        ("--queue 1.5", {}, "--queue must be"),
        ("--qeue 1", {}, "No such option: --qeue (Possible options: --queue);"),
        ("--quet 1", {}, "No such option: --quet"),
        ("--que 1", {}, "No such option: --que"),
        ("--port", {}, "Option '--port' requires an argument;"),
        ("80", {}, "Got unexpected extra argument"),
    ],
)
def test_a_wrong_value_is_one_sentence(words, environment, text, options, monkeypatch):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        app.main(shlex.split(words))
    sentence = ended.value.code  # printed on standard error, with exit status 1
    assert sentence.startswith(f"app.py: {text}") and sentence.endswith(".")
    assert "\n" not in sentence and "secret" not in sentence


def test_the_help_is_there_whatever_the_environment_says(options, monkeypatch, capsys):
    monkeypatch.setenv("VGPNN_AUTH", "secret")
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as ended:
        app.main(["--help"])
    out = capsys.readouterr().out
    assert ended.value.code == 0 and "secret" not in out
    assert all(name in out for name in EVERY_VARIABLE)


def test_an_error_of_the_options_is_there_before_torch_is_loaded():
    code = (
        "import app, sys\n"
        "try: app.main(['--port', 'x'])\n"
        "except SystemExit as end: print(end.code, 'torch' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.endswith("not 'x'. False\n"), done.stderr


def test_behind_the_proxy_of_a_space_an_address_cannot_be_made_up():
    seen = []

    async def page(scope, receive, send):
        seen.append(scope["client"][0])

    proxied = ProxyHeadersMiddleware(page, app.PRIVATE_NETWORKS)
    for header in (b"203.0.113.9", b"1.2.3.4, 203.0.113.9", b"1.2.3.4, 203.0.113.9, 10.0.3.4"):
        headers = [(b"x-forwarded-for", header)]
        scope = {"type": "http", "client": ("10.0.0.7", 80), "headers": headers}
        coroutines.run(proxied(scope, None, None))
    assert seen == ["203.0.113.9"] * 3


def test_the_options_change_limits_where_they_are_known_already():
    from vgpnn.service import request

    before = limits.LIMITS.expected_seconds, limits.LIMITS.queue
    try:
        app.change_limits(expected_seconds=7, queue=None)
        assert (request.LIMITS.expected_seconds, request.LIMITS.queue) == (7, before[1])
    finally:
        limits.change(expected_seconds=before[0])
    with pytest.raises(AttributeError):
        limits.change(expected_second=7)
