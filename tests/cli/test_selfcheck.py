"""`python -m vgpnn selfcheck`: what it hands to the checks, which have tests of their own."""

from __future__ import annotations

import pytest

import vgpnn
from vgpnn.cli.main import main
from vgpnn.evaluation.selfcheck import report


@pytest.mark.parametrize(("is_right", "status"), [(True, 0), (False, 1)])
def test_the_status_says_whether_a_check_failed(is_right, status, monkeypatch):
    calls = []

    def checked(*given):
        calls.append(given)
        return is_right

    monkeypatch.setattr(report, "main", checked)
    assert main(["selfcheck", "--device", "cpu", "--json", "r.json"]) == status
    assert main(["selfcheck"]) == status
    assert calls == [("cpu", "r.json", vgpnn.__version__), ("auto", None, vgpnn.__version__)]


def test_a_folder_is_refused_before_anything_is_checked(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(report, "main", lambda *given: pytest.fail("it began"))
    assert main(["selfcheck", "--json", str(tmp_path)]) == 1
    assert "is that of a folder" in capsys.readouterr().err
