"""What the page tells of a run: pictures of levels, and places that a browser can read."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from helpers.clips import clip
from PIL import Image

from vgpnn import source_map
from vgpnn.service import explanation as explained
from vgpnn.tasks import generation


def test_passes_and_levels_are_told_in_order_however_they_come(tmp_path):
    steps = list(generation.problem(clip(5, 48, 64), 3).steps())
    passes = tuple(map(explained.Pass.of, steps))
    told = None
    for part in (passes[:1], passes[1:7], passes[7:]):
        told = explained.add(told, part, tmp_path)
    assert told["errors"] == [[s.level, s.number, s.error[0]] for s in steps]
    assert [one["level"] for one in told["levels"]] == list(range(1, steps[-1].levels + 1))
    last = told["levels"][-1]
    picture = np.array(Image.open(tmp_path / last["guess"].split("/")[-1]))
    assert (picture == steps[-1].view.guess.numpy()).all()
    assert "missing" in told["levels"][0] and "missing" not in last


@pytest.mark.parametrize(("most", "step"), [(10**6, 1), (2000, 3)])
def test_places_are_those_of_the_map(tmp_path, monkeypatch, most, step):
    monkeypatch.setattr(explained, "SENT_PLACES", most)
    shape = 3, 60, 80
    places = source_map.identity(shape)
    told = explained.places(places, (9, 70, 90), tmp_path / "places.bin")
    assert told["step"] == step and told["source"] == [9, 70, 90]
    found = np.fromfile(tmp_path / "places.bin", "<i2").reshape(*told["size"], 3)
    assert torch.from_numpy(found).equal(places[:, ::step, ::step])
