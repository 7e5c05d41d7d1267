"""A dictionary that forgets what was set longest ago."""

from __future__ import annotations

import torch

from vgpnn.machine.recent import OfClips, Recent


def test_the_keys_that_were_set_last_are_kept():
    recent = Recent(3)
    for key in "abcabd":
        recent[key] = key.upper()
    assert [*recent.items()] == [("a", "A"), ("b", "B"), ("d", "D")]


def test_a_key_that_is_set_again_keeps_the_others():
    recent = Recent(2)
    for key in "abbb":
        recent[key] = 1
    assert [*recent] == ["a", "b"]
    del recent["a"]
    recent["c"] = 1
    assert [*recent] == ["b", "c"]


def test_a_clip_is_looked_at_once_while_it_is_among_those_looked_at_last():
    looked = []
    clips = OfClips(lambda codes, checkpoint: looked.append(1) or len(looked), 2)
    one, two, three = (torch.full((2, 4, 4, 3), code, dtype=torch.uint8) for code in (1, 2, 3))
    assert clips.of(one) == clips.of(one.clone()) == 1
    assert clips.of(one.reshape(4, 2, 4, 3)) == 2  # the same bytes are another clip
    assert [clips.of(two), clips.of(three), clips.of(one)] == [3, 4, 5]
    clips.clear()
    assert clips.of(one) == 6
