"""Rows that come in groups stay together, and any names of groups will do."""

import numpy as np
import pytest

from tf_collab import groups

NAMES = np.array(["b", "a", "b", "c", "a", "b"])


def test_names_are_numbers_of_their_own():
    found = groups.numbered(NAMES, 6)
    assert found.tolist() == [1, 0, 1, 2, 0, 1]
    assert groups.numbered(None, 3).tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match=r"groups are \[7\], a number or a name for"):
        groups.numbered(NAMES, 7)


@pytest.mark.parametrize("seed", range(4))
def test_rows_of_a_group_stand_together_and_ends_are_theirs(seed):
    order, ends = groups.in_order(6, NAMES, seed=seed)
    assert sorted(order) == [*range(6)]
    parts = np.split(order, ends[:-1])
    assert all(len({*NAMES[part]}) == 1 for part in parts) and len(parts) == 3
    assert groups.whole(ends, 6) == 6
    assert groups.whole(ends, 1) == ends[0]


def test_without_groups_it_is_a_shuffle_of_rows():
    order, ends = groups.in_order(50, None, seed=3)
    assert np.array_equal(order, np.random.default_rng(3).permutation(50))
    assert [groups.whole(ends, n) for n in (1, 7, 50)] == [1, 7, 50]
