"""The place of the last report."""

import pytest

from vgpnn.evaluation.selfcheck import kept

REPORT = {"lines": ["1 passed"], "counts": {"pass": 1}}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def test_the_last_report_is_kept(cache):
    assert kept.kept() is None
    kept.keep({**REPORT, "lines": []})
    kept.keep(REPORT)
    assert kept.kept() == REPORT
    assert [path.name for path in (cache / "vgpnn").iterdir()] == ["selfcheck.json"]


@pytest.mark.parametrize("text", ["", "[1]", "{}", "\xff", "{" * 100_000])
def test_what_is_no_report_is_none(text, cache):
    kept.keep(REPORT)
    kept.kept_at().write_text(text, encoding="latin-1")
    assert kept.kept() is None


def test_nothing_is_kept_where_nothing_can_be_written(cache, monkeypatch):
    (cache / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache / "file"))
    kept.keep(REPORT)
    assert kept.kept() is None


def test_without_a_name_it_is_the_users_cache(monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/ada")
    assert kept.kept_at().as_posix() == "/home/ada/.cache/vgpnn/selfcheck.json"
