"""How fast this machine is: the shortest run counts, and nothing beyond belief."""

import itertools

import pytest

from vgpnn import warmup
from vgpnn.machine import speed

pytestmark = pytest.mark.usefixtures("usual_machine")


@pytest.mark.parametrize(
    ("seconds", "slowness"),
    [
        (speed.REFERENCE_SECONDS, 1.0),
        (speed.REFERENCE_SECONDS * 4, 4.0),
        (1e-9, speed.RANGE[0]),
        (1e3, speed.RANGE[1]),
    ],
)
def test_the_shortest_run_counts(seconds, slowness, monkeypatch):
    now, lengths = [0.0], itertools.cycle([3 * seconds, seconds, 2 * seconds])

    def work():
        now[0] += next(lengths)

    monkeypatch.setattr(speed.time, "perf_counter", lambda: now[0])
    speed.measure(work)
    assert speed.slowness() == pytest.approx(slowness)


def test_this_machine_is_measured():
    warmup.measure_speed()
    assert speed.RANGE[0] < speed.slowness() < speed.RANGE[1]


def test_it_may_be_stated(monkeypatch):
    monkeypatch.setenv("VGPNN_SLOWNESS", "2.5")
    speed.measure(lambda: None)
    assert speed.slowness() == 2.5
