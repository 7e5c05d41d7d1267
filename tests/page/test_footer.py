"""The footer of the page."""

from __future__ import annotations

from pathlib import Path

import pytest

import vgpnn
from vgpnn.evaluation.selfcheck.kept import keep
from vgpnn.limits import LIMITS
from vgpnn.page.footer import CITATION, PAPER, duration, footer

README = Path(__file__).parents[2] / "README.md"


def test_the_footer_says_how_long_files_are_kept_and_which_version_runs():
    assert f"deleted {duration(LIMITS.keep_seconds)} after" in footer()
    assert f"VGPNN {vgpnn.__version__}<" in footer()


def test_the_citation_is_that_of_the_readme():
    assert CITATION in README.read_text() and CITATION in footer()
    assert PAPER in README.read_text() and PAPER in footer()


def test_on_a_space_its_code_is_linked(monkeypatch):
    monkeypatch.delenv("SPACE_ID", raising=False)
    assert "Code" not in footer()
    monkeypatch.setenv("SPACE_ID", "ada/vgpnn")
    assert "'https://huggingface.co/spaces/ada/vgpnn/tree/main'" in footer()


def test_the_last_self_check_is_shown_where_there_was_one(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert "Self-check" not in footer()
    keep({"date": "2026-11-27T04:00:00+00:00", "lines": ["vote: pass", "<b>1</b> passed"]})
    shown = footer()
    assert "<summary>Self-check of 2026-11-27</summary>" in shown
    assert "vote: pass\n&lt;b&gt;1&lt;/b&gt; passed</pre>" in shown


def test_the_footer_says_what_the_browser_keeps():
    assert "a token that finds your last run, and no history of runs." in footer()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (3600, "one hour"),
        (7200, "2 hours"),
        (5400, "90 minutes"),
        (60, "one minute"),
        (600, "10 minutes"),
        (45, "45 seconds"),
        (0.5, "0 seconds"),
    ],
)
def test_durations_in_words(seconds, words):
    assert duration(seconds) == words
