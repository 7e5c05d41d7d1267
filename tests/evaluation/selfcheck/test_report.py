"""Running the checks, and the report."""

import json

import pytest
import torch

from vgpnn.evaluation.selfcheck import kept, report
from vgpnn.evaluation.selfcheck.outcome import FAIL, GPU_SIZES, PASS, WARN, Outcome, Sizes, Target

TARGET = Target(torch.device("cpu"), "cpu")


def broken(target):
    raise RuntimeError("\n  CUDA error: an illegal memory access\nand more")


CHECKS = (
    ("good", lambda target: Outcome("1 hash", "1 hash")),
    ("broken", broken),
    ("late", lambda target: Outcome("2 s", status=WARN)),
)


def test_it_goes_on_after_a_check_that_raises_an_error(capsys):
    found = report.reported(CHECKS, TARGET)
    assert [row["status"] for row in found["checks"]] == [PASS, FAIL, WARN]
    good, bad, late, last = capsys.readouterr().out.splitlines()
    assert good.split() == ["good", "pass", "1", "hash", "(1", "hash)", "[0.0", "s]"]
    assert "fail  RuntimeError: CUDA error: an illegal memory access  [" in bad
    assert late.startswith("late ") and "warn  2 s  [" in late
    assert last == "1 passed, 1 with a warning, 1 failed in 0 s: broken"


def test_the_report_is_written_and_kept(tmp_path, capsys):
    path = tmp_path / "report.json"
    found = report.reported(CHECKS, TARGET, str(path))
    written = json.loads(path.read_text())
    assert written == json.loads(json.dumps(found)) == kept.kept()
    assert written["counts"] == {"pass": 1, "fail": 1, "warn": 1} and written["finished"]
    assert {"name", "status", "measured", "limit", "seconds", "details"} == set(
        written["checks"][0]
    )
    assert written["lines"][-1] == capsys.readouterr().out.splitlines()[-1]


def test_an_interrupted_run_has_a_report(tmp_path, capsys):
    def interrupted(target):
        raise KeyboardInterrupt

    path = tmp_path / "report.json"
    with pytest.raises(KeyboardInterrupt):
        report.reported((CHECKS[0], ("slow", interrupted), CHECKS[1]), TARGET, str(path))
    written = json.loads(path.read_text())
    assert [row["name"] for row in written["checks"]] == ["good"] and not written["finished"]
    assert "stopped before the end" in capsys.readouterr().out


@pytest.mark.parametrize("sizes", [Sizes(), GPU_SIZES])
def test_every_check_has_a_name_of_its_own(sizes):
    names = [name for name, _ in report.checks(sizes)]
    assert len(set(names)) == len(names) >= 30
    assert max(map(len, names)) <= report.NAME_WIDTH
    assert names[:2] == ["environment", "a kernel is launched"]


def test_the_outcome_is_whether_no_check_failed(monkeypatch, capsys):
    monkeypatch.setattr(report, "checks", lambda sizes: CHECKS)
    assert not report.main("cpu")
    monkeypatch.setattr(report, "checks", lambda sizes: (CHECKS[0], CHECKS[2]))
    assert report.main("cpu")


def test_the_target_is_the_device_that_was_asked_for():
    target = report.target_of("cpu")
    assert (target.device.type, target.backend, target.asked) == ("cpu", "cpu", "cpu")
