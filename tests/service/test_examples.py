"""The bundled examples as the page shows them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from helpers.clips import write_examples

from vgpnn import examples
from vgpnn.service.examples import clip_of, style_clip_of, view_of


@pytest.fixture(scope="module")
def dawn(tmp_path_factory):
    """5 frames of 48 x 64."""
    return examples.load(write_examples(tmp_path_factory.mktemp("bundled") / "examples"))[0]


def test_the_view_of_an_example_is_that_of_a_finished_job(dawn):
    dawn = replace(dawn, beside=(("Beside it", dawn.result),))
    view = view_of(dawn)
    assert (view["phase"], view["example"], view["task"]) == ("done", True, "generate")
    assert (view["title"], view["note"]) == ("Dawn", "The note on dawn.")
    assert view["size"] == [5, 48, 64] and view["fps"] == 10
    assert view["source"]["size"] == [5, 48, 64]
    assert view["source"]["video"].endswith("/dawn.mp4")
    (take,) = view["takes"]
    assert take["seed"] == dawn.seed and take["video"].endswith("/dawn_result.mp4")
    (extra,) = view["extras"]
    assert extra["title"] == "Beside it" and extra["size"] == [5, 48, 64]


def test_the_clip_of_an_example_knows_its_size_and_the_style_is_optional(dawn):
    clip = clip_of(dawn)
    assert (clip.info.frames, clip.info.height, clip.info.width) == (5, 48, 64)
    assert style_clip_of(dawn) is None
    styled = replace(dawn, style=dawn.result)
    assert style_clip_of(styled).path == dawn.result
