"""A permutation test has its level for every law, and finds what it is for."""

import numpy as np
import pytest

from tf_collab.front import permutations

SIDE = np.arange(60) < 20


@pytest.fixture
def one_in_twenty(monkeypatch):
    monkeypatch.setattr(permutations, "LOOK", 19)
    monkeypatch.setattr(permutations, "SHUFFLES", 0)


@pytest.mark.parametrize("law", ["normal", "few values"])
def test_at_a_level_of_1_in_20_about_so_many_fair_splits_are_accused(
    one_in_twenty, law
):
    """10 of 200 are expected; fewer of what is counted, since shuffles tie with it."""
    rng, found = np.random.default_rng(3), np.zeros(2)
    for _ in range(200):
        x = rng.normal(size=[60, 2])
        x = x if law == "normal" else np.rint(2 * x)
        gram = np.exp(-np.square(np.subtract.outer(*[x[:, 0]] * 2)))
        found += [
            permutations.apart(gram, SIDE, rng),
            permutations.grouped(x, SIDE, rng),
        ]
    assert 1 <= found[0] <= 22
    assert found[1] <= 32  # two tests


def test_neighbours_are_those_of_a_loop():
    x, sides = np.random.default_rng(0).normal(size=[12, 3]), np.eye(12) < 1
    slow = []
    for side in sides:
        near = [
            min((j for j in range(12) if j != i), key=lambda j: sum((x[i] - x[j]) ** 2))
            for i in range(12)
        ]
        slow.append(sum(side[i] == side[j] for i, j in enumerate(near)))
    assert permutations.neighbours(x)(sides).tolist() == slow


def grouped(first, second):
    side = np.arange(len(first) + len(second)) >= len(first)
    looks = np.concatenate([first, second])
    return permutations.grouped(looks, side, np.random.default_rng(0))


def test_rows_of_one_side_that_are_alike_are_noticed(monkeypatch):
    monkeypatch.setattr(permutations, "SHUFFLES", 2000)
    x = np.random.default_rng(1).normal(size=[400, 3])
    assert not grouped(x[:200], x[200:])
    twice = np.repeat(x[200:300], 2, axis=0)
    assert grouped(x[:200], twice)  # copies
    near = twice + 0.01 * x[200:]
    assert grouped(x[:200], near)
    # Dealt among both sides they are no groups of one.
    dealt = np.concatenate([near, x[:200]])[np.random.default_rng(2).permutation(400)]
    assert not grouped(dealt[:200], dealt[200:])


def test_copies_on_the_other_side_and_equal_values_are_no_groups(monkeypatch):
    monkeypatch.setattr(permutations, "SHUFFLES", 2000)
    x = np.random.default_rng(3).normal(size=[300, 3])
    assert not grouped(np.repeat(x[:70], 3, axis=0), x[100:])
    few = np.rint(1.5 * x)
    assert not grouped(few[:150], few[150:])
