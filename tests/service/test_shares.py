"""Budgets: who keeps most loses first."""

from __future__ import annotations

import random

from vgpnn.service.shares import Shares


def test_within_the_budgets_nothing_goes():
    shares = Shares(per_person=2, in_all=3)
    assert [shares.put(key, key[0]) for key in ("a1", "a2", "b1")] == [[], [], []]
    assert len(shares) == 3 and shares.total() == 3 and shares.total("a") == 2


def test_a_person_loses_what_is_oldest():
    shares = Shares(per_person=2, in_all=9)
    for key in ("a1", "b1", "a2"):
        shares.put(key, key[0])
    shares.use("a1")
    assert shares.put("a3", "a") == ["a2"]
    shares.offer("a3")
    assert shares.put("a4", "a") == ["a3"]
    assert "b1" in shares and "a3" not in shares


def test_nobody_loses_anything_because_of_somebody_who_keeps_more():
    """505 sessions of one person took the clips of all others."""
    shares = Shares(per_person=400, in_all=500)
    shares.put("mine", "b")
    for number in range(2000):
        assert "mine" not in shares.put(number, "a")
    for number in range(900):  # of other addresses, one each
        shares.put(f"one{number}", f"c{number}")
    assert "mine" in shares and shares.total() == 500


def test_who_comes_last_has_no_room_where_all_have_equally_much():
    shares = Shares(per_person=1, in_all=3)
    for person in "abc":
        assert shares.put(person, person) == []
    assert shares.put("d", "d") == ["d"]
    assert "d" not in shares and shares.total() == 3


def test_sizes_count():
    shares = Shares(per_person=100, in_all=150)
    shares.put("a1", "a", 60)
    shares.put("a2", "a", 40)
    assert shares.put("a2", "a", 41) == ["a1"]
    assert shares.put("b1", "b", 101) == ["b1"]  # larger than all that a person may have
    assert shares.put("b1", "b", 100) == [] and shares.put("a3", "a", 30) == ["b1"]
    shares.remove("a2")
    shares.remove("a2")
    assert shares.total("a") == 30 and shares.total("b") == 0


def test_the_budgets_hold_whatever_happens():
    chance = random.Random(0)
    shares = Shares(per_person=50, in_all=120)
    kept = {}
    for _ in range(3000):
        key, person = chance.randrange(60), f"p{chance.randrange(6)}"
        if chance.random() < 0.3:
            shares.remove(key)
            kept.pop(key, None)
            continue
        size = chance.randrange(20)
        kept[key] = person, size
        for gone in shares.put(key, person, size):
            del kept[gone]
        assert len(shares) == len(kept)
        assert shares.total() == sum(size for _, size in kept.values()) <= 120
        for each in {person for person, _ in kept.values()}:
            assert shares.total(each) == sum(s for p, s in kept.values() if p == each) <= 50
