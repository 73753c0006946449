"""Held-out rows have one use each."""

import numpy as np
import pytest

from tf_collab.front.rows import Rows
from tf_collab.front.splits import LEAST, Splits


def held_out(n, groups=None):
    return Rows(np.arange(n, dtype="f4")[:, None], None, (), groups)


def test_parts_share_no_row_and_leave_none_out():
    splits = Splits(held_out(1000))
    parts = [splits[name].x for name in ("calibrator", "diagnosis", "dials", "verdict")]
    assert sorted(np.concatenate(parts)[:, 0]) == list(range(1000))
    assert [len(part) for part in parts] == list(splits.sizes.values())


def test_rows_that_come_in_order_are_mixed():
    # The mean of a uniform part of n of N: sd N / sqrt(12 n), here 24; four of them.
    splits = Splits(held_out(1000))
    for name in splits.sizes:
        n = splits.sizes[name]
        assert abs(splits[name].x.mean() - 500) < 4 * 1000 / np.sqrt(12 * n)


def test_the_verdicts_rows_are_given_once():
    splits = Splits(held_out(LEAST))
    for name in ("dials", "verdict", "verdict"):  # an interrupted verdict is made again
        assert len(splits[name]) == splits.sizes[name]
    splits.use_up()
    with pytest.raises(RuntimeError, match="begin anew with a held_out that is fresh"):
        splits["verdict"]


def test_what_is_chosen_on_is_all_but_the_verdicts_rows():
    splits = Splits(held_out(1000))
    chosen = {*splits.chosen_on().x[:, 0]}
    assert chosen == {*range(1000)} - {*splits["verdict"].x[:, 0]}


def test_too_few_are_refused_with_the_number_that_will_do():
    with pytest.raises(ValueError, match=f"{LEAST - 1} rows, and {LEAST} are"):
        Splits(held_out(LEAST - 1))


def test_a_group_is_in_one_part():
    splits = Splits(held_out(1000, np.arange(1000) % 90))
    seen = [{*splits[name].groups} for name in splits.sizes]
    assert sum(map(len, seen)) == 90 == len(set().union(*seen))
    assert sum(splits.sizes.values()) == 1000
    chosen = splits.chosen_on()
    assert {*chosen.groups} == set().union(*seen) - seen[-1]
    assert np.array_equal(chosen.x[:, 0] % 90, chosen.groups)


@pytest.mark.parametrize(
    "groups", [np.arange(1000) % 12, np.maximum(np.arange(1000) - 900, 0)]
)
def test_groups_that_cannot_be_parted_are_refused(groups):
    with pytest.raises(ValueError, match="groups, which are too few, or too unequal"):
        Splits(held_out(1000, groups))
