"""Tests for tf_collab.data.images.sets."""

import numpy as np
import pytest

from tf_collab import data
from tf_collab.data.images import sets

LABELS = np.arange(200) % 10
SET = data.Images(np.arange(200, dtype=np.uint8).reshape(200, 1, 1, 1), LABELS, 10)


@pytest.fixture(params=["array", "map"])
def both(request, tmp_path):
    """The set in memory and on disk."""
    if request.param == "array":
        return SET
    np.save(tmp_path / "a.npy", SET.pixels)
    return SET._replace(pixels=data.MappedPixels(tmp_path / "a.npy"))


def names(part):
    return part.pixels[:][:, 0, 0, 0]


def test_rare_classes_keep_their_share_and_the_others_everything(both):
    rare = data.imbalanced(both, (2, 3, 5, 6, 8), 0.2, seed=0)
    counts = np.bincount(rare.labels)
    assert counts.tolist() == [20, 20, 4, 4, 20, 4, 4, 20, 4, 20]
    np.testing.assert_array_equal(rare.labels, names(rare) % 10)
    assert len(np.unique(names(rare))) == len(rare.pixels) == 120


def test_rare_images_are_chosen_by_the_seed():
    first, again, other = (
        names(data.imbalanced(SET, [4], 0.5, seed=seed)).tolist() for seed in (1, 1, 2)
    )
    assert first == again != other


@pytest.mark.parametrize(
    ("given", "classes", "share", "words"),
    [
        (SET._replace(labels=None), [1], 0.5, "no labels"),
        (SET, [10], 0.5, "no image is of class 10"),
        (SET, [1], 0.0, "share must be above 0"),
        (SET, [1], 1.5, "at most 1, but is 1.5"),
    ],
)
def test_impossible_rarities_are_refused(given, classes, share, words):
    with pytest.raises(ValueError, match=words):
        data.imbalanced(given, classes, share, seed=0)


def test_a_partition_is_disjoint_and_complete(both):
    parts = data.partition(both, (150, 30, 20), seed=0)
    assert [len(part.pixels) for part in parts] == [150, 30, 20]
    assert sorted(np.concatenate([names(part) for part in parts])) == list(range(200))
    for part in parts:
        np.testing.assert_array_equal(part.labels, names(part) % 10)


def test_a_part_of_a_part_on_disk_is_the_same_as_in_memory(both):
    inner = data.partition(data.partition(both, (100,), seed=1)[0], (30,), seed=2)[0]
    expected = data.partition(data.partition(SET, (100,), seed=1)[0], (30,), seed=2)[0]
    np.testing.assert_array_equal(names(inner), names(expected))
    assert type(inner.pixels) is type(both.pixels)


def test_parts_are_chosen_by_the_seed():
    first, again, other = (
        names(data.partition(SET, (50,), seed=s)[0]).tolist() for s in (1, 1, 2)
    )
    assert first == again != other


def test_parts_are_what_they_were():
    """Of reals that were held out otherwise the numbers would be others."""
    first, second = data.partition(SET, (3, 2), seed=0)
    assert names(first).tolist() == [6, 105, 168]
    assert names(second).tolist() == [65, 90]


GROUPS = np.random.default_rng(1).integers(40, size=200)  # of 1 to 11


def test_a_partition_parts_no_group(both):
    whole = both._replace(groups=GROUPS)
    counts, most = (20, 100, 80), np.bincount(GROUPS).max()
    parts = data.partition(whole, counts, seed=0)
    np.testing.assert_array_equal(
        np.sort(np.concatenate([names(part) for part in parts])), np.arange(200)
    )
    for part in parts:
        np.testing.assert_array_equal(part.groups, GROUPS[names(part)])
    seen = [set(part.groups) for part in parts]
    assert sum(map(len, seen)) == len(set.union(*seen)) == len(set(GROUPS))
    so_far = np.cumsum([len(part.pixels) for part in parts])
    over = so_far - np.cumsum(counts)
    assert (over >= 0).all() and (over < most).all() and over[-1] == 0
    other = data.partition(whole, counts, seed=1)
    assert set(other[0].groups) != seen[0]


def test_what_is_held_out_parts_no_group():
    most = np.bincount(GROUPS).max()
    train, test, every = (sets.held_out("a", 200, s, GROUPS) for s in sets.SPLITS)
    assert sorted([*train, *test]) == every.tolist() == list(range(200))
    assert not {*GROUPS[train]} & {*GROUPS[test]} and 20 <= len(test) < 20 + most


def test_groups_too_large_to_part_are_refused():
    with pytest.raises(ValueError, match="the 2 groups of images in 'a' are too large"):
        sets.held_out("a", 10, "test", np.repeat([3, 5], [1, 9]))
    assert len(sets.held_out("a", 10, "all", np.zeros(10))) == 10
    with pytest.raises(ValueError, match="in 1 groups without parting one"):
        data.partition(SET._replace(groups=np.zeros(200)), (100, 100), seed=0)


@pytest.mark.parametrize("counts", [(), (0,), (-1, 5), (150, 51)])
def test_impossible_parts_are_refused(counts):
    with pytest.raises(ValueError, match="images out of 200"):
        data.partition(SET, counts, seed=0)


@pytest.mark.parametrize("n", [4, 10, 19, 20, 29, 30, 1000])
def test_one_in_ten_is_held_out_always_the_same(n):
    train, test, every = (sets.held_out("a", n, split) for split in sets.SPLITS)
    assert len(test) == (n // 10 if n >= 20 else 2)
    assert sorted([*train, *test]) == every.tolist() == list(range(n))
    np.testing.assert_array_equal(test, sets.held_out("a", n, "test"))
    assert (np.diff(train) > 0).all()


def test_what_is_held_out_is_what_it_was():
    """Samples measured against another test split would have other numbers."""
    assert sets.held_out("a", 20, "test").tolist() == [4, 19]
    assert sets.held_out("a", 35, "test").tolist() == [4, 30, 33]
