"""What the page explains of a run: pictures of levels, and places that a browser can read."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from helpers.clips import clip
from PIL import Image

from vgpnn import explain, source_map
from vgpnn.service import explanation
from vgpnn.service.explanation import PassReport
from vgpnn.tasks import generation


@pytest.fixture(scope="module")
def reports() -> tuple[PassReport, ...]:
    """The reports of a whole run, with a view of the last pass of each level."""
    collected = []
    problem = generation.problem(clip(5, 48, 64), 3)

    def observe(state) -> None:
        last = state.number == state.passes
        view = explain.view(state, problem.settings[0]) if last else None
        collected.append(PassReport(state.level, state.number, state.error[0], view))

    for _ in problem.steps(observe):
        pass
    return tuple(collected)


def test_passes_and_levels_stay_in_order_in_whatever_parts_they_come(reports, tmp_path):
    explained = None
    for part in (reports[:1], reports[1:1], reports[1:7], reports[7:]):
        explained = explanation.extended(explained, part, tmp_path)
    assert explained["errors"] == [[r.level, r.number, r.error] for r in reports]
    assert [level["level"] for level in explained["levels"]] == list(
        range(1, reports[-1].level + 1)
    )


def test_a_level_has_the_pictures_and_corners_of_its_view(reports, tmp_path):
    explained = explanation.extended(None, reports, tmp_path)
    views = [report.view for report in reports if report.view is not None]
    for view, level in zip(views, explained["levels"], strict=True):
        for name in ("value", "key", "query", "guess"):
            saved = np.array(Image.open(tmp_path / level[name].split("/")[-1]))
            assert (saved == getattr(view, name).numpy()).all()
        for name in ("source", "shape", "at", "match", "patch"):
            assert level[name] == list(getattr(view, name))
        assert ("missing" in level) == (view.missing is not None)
    assert "missing" in explained["levels"][0] and "missing" not in explained["levels"][-1]


def test_what_was_explained_before_is_not_changed(reports, tmp_path):
    before = explanation.extended(None, reports[:3], tmp_path)
    count = len(before["errors"])
    explanation.extended(before, reports[3:], tmp_path)
    assert len(before["errors"]) == count


def test_high_pictures_are_reduced(tmp_path):
    picture = np.zeros((480, 100, 3), np.uint8)
    explanation._save_picture(picture, tmp_path / "high.png")
    assert Image.open(tmp_path / "high.png").size == (50, 240)


@pytest.mark.parametrize(("most", "step"), [(10**6, 1), (2000, 3)])
def test_places_are_those_of_the_map(tmp_path, monkeypatch, most, step):
    monkeypatch.setattr(explanation, "MAX_PLACES", most)
    places = source_map.identity((3, 60, 80))
    saved = explanation.save_places(places, (9, 70, 90), tmp_path / "places.bin")
    assert saved["step"] == step and saved["source"] == [9, 70, 90]
    assert saved["file"].endswith("/places.bin")
    read = np.fromfile(tmp_path / "places.bin", "<i2").reshape(*saved["size"], 3)
    assert torch.from_numpy(read).equal(places[:, ::step, ::step])
