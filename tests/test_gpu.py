"""The Triton kernels against the oracles, in Triton's interpreter, or on a GPU where there is one.

The interpreter runs one program after another: it hides races. The last test is for a real GPU.
"""

import os

import pytest
import torch

GPU = torch.cuda.is_available()
if not GPU:
    os.environ["TRITON_INTERPRET"] = "1"  # read when the kernels are defined
pytest.importorskip("triton")

from test_search import drifting_texture  # noqa: E402
from test_vote import SHAPES, random_case  # noqa: E402

from vgpnn import search  # noqa: E402
from vgpnn.patches import flat_index, grid  # noqa: E402
from vgpnn.search import gpu as search_gpu  # noqa: E402
from vgpnn.search import naive  # noqa: E402
from vgpnn.vote import gpu as vote_gpu  # noqa: E402
from vgpnn.vote import vote  # noqa: E402

DEVICE = torch.device("cuda" if GPU else "cpu")


@pytest.fixture(autouse=True)
def wide_programs(monkeypatch):
    """The interpreter takes its time for every program, hardly for what is in it."""
    if not GPU:
        monkeypatch.setattr(search_gpu, "BLOCK", 1024)
        monkeypatch.setattr(vote_gpu, "BLOCK", 1024)


@pytest.mark.parametrize("mode", ["median", "mean"])
@pytest.mark.parametrize("name", SHAPES)
def test_vote_equals_the_oracle(name, mode):
    value, field, patch = random_case(name)
    found = vote(value.to(DEVICE), field.to(DEVICE), patch, mode, "gpu")
    assert torch.equal(found.cpu(), vote(value, field, patch, mode, "naive"))


@pytest.mark.parametrize(
    "patch, weighted",
    [((3, 7, 7), False), ((2, 5, 3), True)],
    ids=["3x7x7-plain", "2x5x3-weighted"],
)
def test_search_is_near_exact_and_states_true_distances(patch, weighted):
    query, key = drifting_texture((4, 15, 21), 0), drifting_texture((5, 14, 19), 1)
    slack = None
    if weighted:
        reverse = naive.nearest(key, query, patch)[1].double()
        slack = reverse + 0.1 * reverse.mean()
    guesses = ()
    for number in range(3):
        found = search.nearest(
            query.to(DEVICE), key.to(DEVICE), patch, None if slack is None else slack.to(DEVICE),
            guesses, number, "gpu", sweeps=2,
        )  # fmt: skip
        guesses = (found.field,)
    field, distance = found.field.cpu(), found.distance.cpu()
    size = grid(tuple(key.shape[:3]), patch)
    best_field, best = naive.nearest(query, key, patch, slack)
    weights = torch.ones(size) if slack is None else slack

    def cost(field, distance):
        return (distance / weights.reshape(-1)[flat_index(field, size)]).mean()

    exact = cost(best_field, best)
    assert exact * 0.9999 <= cost(field, distance) <= 1.1 * exact
    again = search_gpu.nearest(
        query.to(DEVICE), key.to(DEVICE), patch, None, (found.field,), 0, lambda: None, 0
    )
    assert torch.equal(again[1].cpu(), distance)
    t, y, x = 1, 2, 3
    here = query[t : t + patch[0], y : y + patch[1], x : x + patch[2]].int()
    j_t, j_y, j_x = field[t, y, x].tolist()
    there = key[j_t : j_t + patch[0], j_y : j_y + patch[1], j_x : j_x + patch[2]].int()
    assert (here - there).square().sum() == distance[t, y, x]


def test_a_better_guess_is_adopted_and_a_wrong_one_refused():
    video = drifting_texture((4, 12, 14), 3).to(DEVICE)
    size = grid(tuple(video.shape[:3]), (3, 7, 7))
    wrong = torch.zeros(*size, 3, dtype=torch.int16, device=DEVICE)
    right = naive.nearest(video.cpu(), video.cpu(), (3, 7, 7))[0].to(DEVICE)
    arguments = video, video, (3, 7, 7), None
    found = search_gpu.nearest(*arguments, (wrong, right), 0, lambda: None, 0)
    assert found[1].sum() == 0
    with pytest.raises(ValueError, match="shape"):
        search_gpu.nearest(*arguments, (wrong[:1, :1],), 0, lambda: None, 0)


def test_the_seed_decides():
    query, key = drifting_texture((3, 12, 14), 0), drifting_texture((3, 13, 15), 1)
    arguments = query.to(DEVICE), key.to(DEVICE), (2, 3, 3), None, ()
    one, same, other = (
        search_gpu.nearest(*arguments, seed, lambda: None, 1)[0] for seed in (1, 1, 2)
    )
    assert torch.equal(one, same) and not torch.equal(one, other)


@pytest.mark.skipif(not GPU, reason="the interpreter has no races")
def test_ten_searches_give_equal_bytes():
    query, key = (drifting_texture((8, 90, 160), k).to(DEVICE) for k in (0, 1))
    first = search.nearest(query, key, (3, 7, 7), seed=3, backend="gpu")
    for _ in range(10):
        again = search.nearest(query, key, (3, 7, 7), seed=3, backend="gpu")
        assert torch.equal(first.field, again.field)
        assert torch.equal(first.distance, again.distance)
