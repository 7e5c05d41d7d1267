"""The program: its help and its version, and errors as one line with an exit status."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import vgpnn
from vgpnn.cli import generate
from vgpnn.cli.main import APP, main, one_value_per_flag

ROOT = Path(__file__).parents[2]
COMMANDS = (
    "generate",
    "drafts",
    "retarget",
    "extend",
    "go-on",
    "tile",
    "analogy",
    "inpaint",
    "run",
    "app",
    "evaluate",
    "bench",
    "selfcheck",
    "deploy",
)


def run(*words: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "vgpnn", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
    )


def test_the_module_runs_and_lists_its_commands():
    done = run("--help")
    assert done.returncode == 0 and not done.stderr
    for name in COMMANDS:
        assert f" {name} " in done.stdout
    assert len(APP.registered_commands) == len(COMMANDS)


def test_the_version_is_that_of_the_package(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"vgpnn {vgpnn.__version__}\n"
    # It is stated once: the project's file takes it from there.
    project = (ROOT / "pyproject.toml").read_text()
    assert 'dynamic.version.attr = "vgpnn.__version__"\n' in project
    assert not re.search("^version", project, re.MULTILINE)


def test_an_error_of_a_process_is_one_line_and_its_exit_status():
    done = run("generate", "missing.mp4", "out.mp4")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "vgpnn: There is no such file: check the path, or upload it again.\n"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ([], "Missing command."),
        (["generat"], "No such command 'generat'. Did you mean 'generate'?"),
        (["generate"], "Missing argument 'IN'."),
        (["generate", "in.mp4"], "Missing argument 'OUT.mp4'."),
        (["generate", "in.mp4", "out.mp4", "more.mp4"], "(more.mp4)."),
        (["generate", "in.mp4", "out.mp4", "--seed"], "Option '--seed' requires an argument."),
        (["generate", "in.mp4", "out.mp4", "--seed", "1.5"], "'--seed'"),
        (["generate", "in.mp4", "out.mp4", "--quality", "slow"], "'fast', 'balanced', 'best'"),
        (["generate", "in.mp4", "out.mp4", "--loop"], "No such option: --loop"),
        (["evaluate", "source.mp4"], "Missing argument 'GENERATED'."),
        (["deploy", "ada/vgpnn", "--sdk", "static"], "'gradio', 'docker'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_errors_of_usage_are_one_line_and_exit_status_2(words, text, capsys):
    assert main(words) == 2
    out, error = capsys.readouterr()
    assert error.startswith("vgpnn: ") and error.count("\n") == 1 and text in error
    assert error[-2] in ".?" and not out


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["missing.mp4", "o.mp4"], "no such file"),
        (["IN", "nowhere/o.mp4"], "There is no folder for"),
        (["IN", "o.mp4", "--source-map", "nowhere/map.npy"], "There is no folder for"),
        (["IN", "o.mp4", "--start", "99"], "start"),
        (["IN", "o.mp4", "--start", "-1"], "start"),
        (["IN", "o.mp4", "--seed", "-1"], "seed must be"),
        (["IN", "o.mp4", "--difference", "2"], "difference must be"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_errors_of_a_task_are_one_line_and_exit_status_1(clip, tmp_path, words, text, capsys):
    words = [str(clip) if word == "IN" else word for word in words]
    words[1] = str(tmp_path / words[1])
    assert main(["generate", *words]) == 1
    error = capsys.readouterr().err
    assert error.startswith("vgpnn: ") and error.count("\n") == 1 and text in error
    assert not (tmp_path / "o.mp4").exists()


@pytest.mark.parametrize("flag", ["--qual", "--sample", "--source", "--si"])
def test_flags_may_not_be_shortened(flag, capsys):
    assert main(["generate", "in.mp4", "out.mp4", flag, "1"]) == 2
    assert f"No such option: {flag}" in capsys.readouterr().err


def test_stopping_with_the_keyboard_is_one_line_and_exit_status_130(clip, capsys, monkeypatch):
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(generate, "write_results", stop)
    assert main(["generate", str(clip), str(clip.with_name("out.mp4"))]) == 130
    assert capsys.readouterr().err == "\nvgpnn: stopped\n"


def test_an_error_of_the_program_itself_keeps_its_traceback(clip, monkeypatch):
    def fail(*_: object) -> None:
        raise RuntimeError("a mistake in the program")

    monkeypatch.setattr(generate, "write_results", fail)
    with pytest.raises(RuntimeError, match="a mistake"):
        main(["generate", str(clip), str(clip.with_name("out.mp4"))])


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_fits_into_80_columns(command, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert main([command, "--help"]) == 0
    out, error = capsys.readouterr()
    assert f"Usage: python -m vgpnn {command} " in out and not error
    assert max(map(len, out.splitlines())) <= 80


def test_a_flag_of_several_values_takes_the_words_that_follow():
    def spread(text: str) -> str:
        return " ".join(one_value_per_flag(text.split(), {"--map"}))

    assert spread("a --map b c --json --map d -- e") == "a --map b --map c --json --map d -- e"
    assert spread("--map") == "--map"
    assert spread("--map=a b") == "--map=a b"
