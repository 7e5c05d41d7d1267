"""The one function for all searches: what it passes on to which of them."""

import pytest
import torch
from helpers.clips import codes, drifting_texture
from helpers.searches import PATCH, random_slack

from vgpnn import search
from vgpnn.patches import grid
from vgpnn.search import cpu, naive


@pytest.fixture
def called(monkeypatch):
    """The names of the searches that were called, in order."""
    names = []

    def spy_on(name, module, function):
        real = getattr(module, function)

        def spy(*arguments):
            names.append(name)
            return real(*arguments)

        monkeypatch.setattr(module, function, spy)

    spy_on("cpu", cpu, "nearest")
    spy_on("exact", cpu, "exact")
    spy_on("naive", naive, "nearest")
    return names


@pytest.mark.parametrize(
    ("shape", "backend", "expected"),
    [
        ((3, 12, 12), "auto", "exact"),
        ((3, 60, 60), "auto", "cpu"),
        ((3, 12, 12), "cpu", "cpu"),
        ((3, 30, 30), "naive", "naive"),
    ],
)
def test_few_pairs_are_searched_exactly_unless_a_backend_is_named(shape, backend, expected, called):
    video = codes(shape, 0)[None]
    search.nearest(video, video, PATCH, backend=backend)
    assert called == [expected]


@pytest.mark.parametrize("backend", ["auto", "naive", "cpu", "gpu"])
@pytest.mark.parametrize("wide", ["query", "key"])
def test_codes_of_more_than_8_bits_are_searched_exactly(backend, wide, called, monkeypatch):
    monkeypatch.setattr(search, "EXACT_PAIRS", 0)  # the number of pairs is not the reason
    query, key = codes((3, 12, 12), 0)[None], codes((3, 12, 13), 1)[None]
    if wide == "query":
        query = query.short() - 300
    else:
        key = key.short() - 300
    match = search.nearest(query, key, PATCH, backend=backend)
    assert called == ["naive"]
    field, distance = naive.nearest(query[0], key[0], PATCH)
    assert torch.equal(match.field[0], field) and torch.equal(match.distance[0], distance)


def test_an_unknown_backend_is_refused():
    video = codes((3, 12, 12), 0)[None]
    with pytest.raises(ValueError, match="backend must be one of"):
        search.nearest(video, video, PATCH, backend="fast")


@pytest.mark.parametrize("backend", ["cpu", "naive"])
def test_a_checkpoint_can_cancel(backend):
    class Cancelled(Exception):
        pass

    def cancel():
        raise Cancelled

    video = codes((5, 40, 40), 0)[None]
    with pytest.raises(Cancelled):
        search.nearest(video, video, PATCH, backend=backend, checkpoint=cancel)


@pytest.mark.parametrize("backend", ["cpu", "naive"])
def test_a_batch_is_its_samples(backend):
    """Each with its own query, slack, guess and seed; the key is shared."""
    queries = torch.stack([drifting_texture((4, 30, 24), seed) for seed in (0, 1)])
    key = drifting_texture((5, 28, 26), 2)
    slack = torch.stack([random_slack(key), 2 - random_slack(key) / 2])
    guess = torch.zeros(2, *grid((4, 30, 24), PATCH), 3, dtype=torch.int16)
    guess[1] += 1
    keys = key.expand(2, *key.shape)
    both = search.nearest(queries, keys, PATCH, slack, (guess.clone(),), (5, 6), backend)
    for number, seed in enumerate((5, 6)):
        sample = slice(number, number + 1)
        alone = search.nearest(
            queries[sample],
            keys[sample],
            PATCH,
            slack[sample],
            (guess[sample],),
            (seed,),
            backend,
        )
        assert torch.equal(both.field[sample], alone.field)
        assert torch.equal(both.distance[sample], alone.distance)


def test_pairs_are_those_of_two_grids():
    assert search.pairs_of((4, 9, 10), (3, 7, 8), PATCH) == (2 * 3 * 4) * (1 * 1 * 2)
