"""The checks of the vote and of the searches: they fail for wrong kernels."""

import pytest
import torch
from helpers.searches import true_distances

from vgpnn.evaluation.selfcheck import kernels
from vgpnn.evaluation.selfcheck.outcome import FAIL, PASS, Sizes, Target
from vgpnn.patches import starts
from vgpnn.query_grid import QueryGrid
from vgpnn.search import cpu
from vgpnn.vote import cpu as cpu_vote

SMALL = (4, 20, 28)
TARGET = Target(torch.device("cpu"), "cpu", sizes=Sizes(search=SMALL, exact=SMALL))
CHECKS = dict(kernels.CHECKS)


@pytest.mark.parametrize("name", CHECKS)
def test_it_passes_with_the_kernels_of_the_cpu(name):
    outcome = CHECKS[name](TARGET)
    assert outcome.status == PASS, outcome


def test_a_vote_that_is_off_by_one_fails(monkeypatch):
    right = cpu_vote.vote
    monkeypatch.setattr(cpu_vote, "vote", lambda *given: right(*given) + 1)
    outcome = kernels.vote_is_that_of_the_oracle(TARGET)
    assert outcome.status == FAIL and outcome.measured.startswith("0 of 21 cases, not median, all")


def test_a_vote_that_is_wrong_in_one_mode_names_it(monkeypatch):
    right = cpu_vote.vote

    def vote(value, field, voters, mode, *others):
        return right(value, field, voters, "median" if mode == "mean" else mode, *others)

    monkeypatch.setattr(cpu_vote, "vote", vote)
    outcome = kernels.vote_is_that_of_the_oracle(TARGET)
    assert outcome.status == FAIL
    assert outcome.details["wrong"] and all(
        name.startswith("mean") for name in outcome.details["wrong"]
    )


def broken(monkeypatch, change):
    """Let the search of the CPU return what `change` makes of its field and distance."""
    right = cpu.nearest
    monkeypatch.setattr(cpu, "nearest", lambda *given: change(*right(*given)))


def test_a_search_that_states_a_wrong_distance_fails(monkeypatch):
    broken(monkeypatch, lambda field, distance: (field, distance + (distance == distance.max())))
    outcome = kernels.distances_are_true(TARGET)
    assert outcome.status == FAIL and outcome.measured.startswith("0 of 9 cases")


def test_a_match_outside_the_key_is_not_truthful():
    case = kernels.search_cases(SMALL)["all patches"]
    match = case.solved(TARGET.device, "cpu")
    assert case.is_truthful(match)
    match.field[0, 0, 0] = 100
    assert not case.is_truthful(match)


def test_a_search_that_hits_hidden_keys_fails(monkeypatch):
    right = cpu.nearest

    def without_slack(query, key, patch, slack, *others):
        return right(query, key, patch, None, *others)

    monkeypatch.setattr(cpu, "nearest", without_slack)
    outcome = kernels.distances_are_true(TARGET)
    assert outcome.details["wrong"] == ["hidden keys"]


def test_a_search_that_does_not_search_fails(monkeypatch):
    def nearest(query, key, patch, slack, guesses, seed, checkpoint, sweeps, reach, queries):
        queries = queries or QueryGrid(tuple(query.shape[:3]), patch)
        field = starts((), queries.counts, queries.all)[0].contiguous()
        return field, true_distances(query, key, patch, field, queries).int()

    monkeypatch.setattr(cpu, "nearest", nearest)
    assert kernels.search_is_nearly_exact(TARGET).status == FAIL


def test_another_backend_is_compared_with_the_cpu():
    exact = Target(TARGET.device, "naive", sizes=TARGET.sizes)
    outcome = kernels.search_is_as_good_as_on_the_cpu(exact)
    assert outcome.status == PASS and max(outcome.details["values"].values()) < 1


def test_an_exact_search_with_another_match_fails(monkeypatch):
    right = cpu.exact

    def exact(*given):
        field, distance = right(*given)
        return field.roll(1, 0), distance

    monkeypatch.setattr(cpu, "exact", exact)
    outcome = kernels.exact_search_is_that_of_the_oracle(TARGET)
    assert outcome.status == FAIL
    # Wide codes are searched by the oracle itself.
    assert outcome.measured.startswith("6 of 24 cases")


def test_distances_are_computed_as_in_plain_arithmetic():
    case = kernels.search_cases(SMALL)["shifted patches"]
    match = case.solved(TARGET.device, "cpu")
    patch = case.queries.patch
    expected = true_distances(case.query, case.key, patch, match.field, case.queries)
    found = kernels.true_distances(case.query, case.key, match.field, case.queries)
    assert torch.equal(found, expected.long())
