"""The loop on a bundled clip: is the search inside it near the exact one?"""

from pathlib import Path

import pytest

import vgpnn
from vgpnn import pyramid, search
from vgpnn.codes import decode, encode
from vgpnn.settings import PRESETS
from vgpnn.synthesis import upscale

EXAMPLES = Path(__file__).parents[1] / "examples"
PATCH = PRESETS["generate"].patch


@pytest.mark.parametrize("name", ["flock", "campfire"])
def test_search_at_a_level_is_near_exact(name):
    """Mean distance at most 1.1 times exact, at the first pass of a level of a real clip."""
    clip = vgpnn.video.read(EXAMPLES / f"{name}.mp4", frames=13, height=144)
    shapes = [
        s.apply(clip.frames.shape[:3])
        for s in pyramid.scales(clip.frames.shape[:3], PRESETS["generate"])
    ]
    for step in vgpnn.generate_steps(clip, 0):
        if step.level == 5 and step.number == step.passes:
            break
    coarse, fine = shapes[4], shapes[5]
    query = encode(pyramid.resize(decode(step.guess), fine))
    key = encode(pyramid.resize(pyramid.resize(clip.frames, coarse), fine))
    carried = upscale(step.match.field, coarse, coarse, PATCH, fine, fine, PATCH)
    match = search.nearest(query, key, PATCH, None, (carried,), 0, "cpu")
    exact = search.nearest(query, key, PATCH, backend="naive")
    assert 1 <= match.distance.double().mean() / exact.distance.double().mean() <= 1.1
