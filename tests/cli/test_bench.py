"""`python -m vgpnn bench`: what it hands to the benchmark, which has tests of its own."""

from __future__ import annotations

import pytest

from vgpnn.cli.main import main
from vgpnn.evaluation import benchmark, benchmark_tables


@pytest.fixture
def calls(monkeypatch):
    calls = []
    monkeypatch.setattr(benchmark, "main", lambda *given: calls.append(given))
    monkeypatch.setattr(
        benchmark_tables, "tables_of_files", lambda paths: calls.append(tuple(paths))
    )
    return calls


def test_sizes_are_frames_height_and_width(calls):
    words = ["--sizes", "5x32x56", "13x144x256", "--device", "cpu", "--json", "r.json"]
    assert main(["bench", *words, "--roofline"]) == 0
    assert calls == [([(5, 32, 56), (13, 144, 256)], "r.json", "cpu", True)]


def test_without_sizes_the_benchmark_chooses(calls):
    assert main(["bench"]) == 0
    assert calls == [([], None, "auto", False)]


def test_tables_of_several_files_are_printed_and_nothing_is_measured(calls):
    assert main(["bench", "--table", "a.json", "b.json"]) == 0
    assert calls == [("a.json", "b.json")]


@pytest.mark.parametrize("text", ["13x144", "ax1x2", "0x10x10", "1x2x3x4", "-1x2x3", ""])
def test_a_wrong_size_is_one_sentence(text, calls, capsys):
    assert main(["bench", "--sizes", "5x32x56", f"--sizes={text}"]) == 2
    error = capsys.readouterr().err
    assert "'--sizes': it must look like 13x144x256" in error and error.count("\n") == 1
    assert not calls
