"""A dictionary that forgets what was set longest ago."""

from __future__ import annotations

from vgpnn.machine.recent import Recent


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
