"""`python -m vgpnn app`: its options, from the command line and from the environment."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from vgpnn.cli.main import APP, main

ROOT = Path(__file__).parents[2]


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
            command = typer.main.get_command(APP).commands["app"]
            return command.make_context("app", shlex.split(words)).params

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
        ("--qeue 1", {}, "No such option: --qeue (Possible options: --queue)."),
        ("--quet 1", {}, "No such option: --quet"),
        ("--que 1", {}, "No such option: --que"),
        ("--port", {}, "Option '--port' requires an argument."),
        ("80", {}, "Got unexpected extra argument"),
    ],
)
def test_a_wrong_value_is_one_sentence(words, environment, text, options, monkeypatch, capsys):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert main(["app", *shlex.split(words)]) == 2
    out, sentence = capsys.readouterr()
    assert sentence.startswith(f"vgpnn: {text}") and sentence.endswith(".\n") and not out
    assert sentence.count("\n") == 1 and "secret" not in sentence


def test_the_help_is_there_whatever_the_environment_says(options, monkeypatch, capsys):
    monkeypatch.setenv("VGPNN_AUTH", "secret")
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["app", "--help"]) == 0
    out = capsys.readouterr().out
    assert "secret" not in out and all(name in out for name in EVERY_VARIABLE)


def test_the_page_is_loaded_only_when_it_is_started():
    """Gradio takes seconds to load, which neither a help nor an error of the options should pay."""
    code = (
        "import sys\n"
        "from vgpnn.cli.main import main\n"
        "for words in (['--help'], ['app', '--help'], ['app', '--port', 'x']): main(words)\n"
        "rooms = 'gradio', 'uvicorn', 'vgpnn.page', 'vgpnn.service'\n"
        "print([name for name in rooms if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.endswith("[]\n") and "--port must" in done.stderr, done.stderr


def test_the_options_reach_the_page(options, monkeypatch):
    from vgpnn.page import start

    started = []
    monkeypatch.setattr(start, "start", lambda *given: started.append(given))
    words = "--share --host ::1 --port 81 --auth a:b --queue 2 --pace 9"
    assert main(["app"]) == 0
    assert main(["app", *words.split()]) == 0
    assert main(["app", "--max-seconds", "5", "--keep-seconds", "6"]) == 0
    assert started == [
        (False, "127.0.0.1", 7860, None, {}),
        (True, "::1", 81, ("a", "b"), {"queue": 2, "requests_per_second": 9}),
        (False, "127.0.0.1", 7860, None, {"expected_seconds": 5, "keep_seconds": 6}),
    ]
