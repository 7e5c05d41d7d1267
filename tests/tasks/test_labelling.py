"""Labels of pixels: what they cost together is least, or nearly so."""

import itertools

import pytest
import torch

from vgpnn.tasks.labelling import labels


def random_costs(height, width, count, seed=0):
    """Costs of pixels and of pairs of neighbours, without any structure."""
    random = torch.Generator().manual_seed(seed)
    sides = (height, width), (height, width - 1), (height - 1, width)
    own, right, down = (torch.rand(*side, count, count, generator=random) for side in sides)
    return own[..., 0], right, down


def total(chosen, costs, right, down):
    """What labels cost together."""
    rows, columns = range(chosen.shape[0]), range(chosen.shape[1])
    found = sum(costs[y, x, chosen[y, x]] for y in rows for x in columns)
    found += sum(right[y, x, chosen[y, x], chosen[y, x + 1]] for y in rows for x in columns[:-1])
    return found + sum(
        down[y, x, chosen[y, x], chosen[y + 1, x]] for y in rows[:-1] for x in columns
    )


@pytest.mark.parametrize(("height", "width"), [(1, 6), (6, 1)], ids=["a row", "a column"])
def test_a_line_of_pixels_gets_the_best_labels(height, width):
    known = random_costs(height, width, 3)
    every = itertools.product(range(3), repeat=6)
    least = min(total(torch.tensor(each).view(height, width), *known) for each in every)
    assert total(labels(*known), *known) == pytest.approx(float(least))


@pytest.mark.parametrize("seed", range(4))
def test_labels_of_a_grid_are_nearly_the_best(seed):
    known = random_costs(3, 3, 2, seed)
    every = (torch.tensor(each).view(3, 3) for each in itertools.product(range(2), repeat=9))
    least = float(min(total(each, *known) for each in every))
    assert least <= total(labels(*known), *known) <= 1.05 * least


def test_neighbours_that_must_agree_do():
    """Two pixels want other labels than the rest: they get theirs only where pairs are free."""
    costs = torch.tensor([0.0, 1.0]).expand(5, 6, 2).clone()
    costs[2, 3], costs[0, 0] = torch.tensor([3.0, 0.0]), torch.tensor([3.0, 0.0])
    free = torch.zeros(5, 5, 2, 2), torch.zeros(4, 6, 2, 2)
    assert labels(costs, *free).nonzero().tolist() == [[0, 0], [2, 3]]
    bound = tuple((1 - torch.eye(2)).expand_as(pairs).contiguous() * 9 for pairs in free)
    assert labels(costs, *bound).sum() == 0


def plain_labels(costs, right, down, rounds):
    """`labels` in plain torch, a line of messages at once."""

    def message(told, pairs):
        found = (told[:, None] + pairs).amin(-1)
        return found - found.amin(-1, keepdim=True)

    left, beside, above, below = (torch.zeros_like(costs) for _ in range(4))
    leftward, upward = right.transpose(2, 3), down.transpose(2, 3)
    height, width = costs.shape[:2]
    for _ in range(rounds):
        known = costs + above + below
        for x in range(1, width):
            left[:, x] = message(known[:, x - 1] + left[:, x - 1], leftward[:, x - 1])
        for x in range(width - 2, -1, -1):
            beside[:, x] = message(known[:, x + 1] + beside[:, x + 1], right[:, x])
        known = costs + left + beside
        for y in range(1, height):
            above[y] = message(known[y - 1] + above[y - 1], upward[y - 1])
        for y in range(height - 2, -1, -1):
            below[y] = message(known[y + 1] + below[y + 1], down[y])
    return (costs + left + beside + above + below).argmin(-1)


@pytest.mark.parametrize(("height", "width", "count"), [(23, 31, 6), (1, 9, 5), (40, 2, 3)])
def test_labels_are_those_of_plain_torch_on_any_number_of_threads(
    height, width, count, monkeypatch
):
    known = random_costs(height, width, count, 5)
    expected = plain_labels(*known, rounds=4)
    assert torch.equal(labels(*known, rounds=4), expected)
    monkeypatch.setenv("VGPNN_THREADS", "1")
    strided = (each.transpose(0, -1).contiguous().transpose(0, -1) for each in known)
    assert torch.equal(labels(*strided, rounds=4), expected)


def test_every_round_can_be_stopped():
    def stop():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        labels(*random_costs(3, 3, 2), checkpoint=stop)
