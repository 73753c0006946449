"""Held-out pictures that are training pictures are found after they were bytes."""

import numpy as np
import pytest

from tf_collab.front import copies, refusals

RNG = np.random.default_rng(0)
PICTURES = np.tanh(RNG.normal(size=[900, 8, 8, 3])).astype("f4")
TRAIN, FAIR = PICTURES[:600], PICTURES[600:]
STEPS = (TRAIN[:300] + 1) * 127.5

# How pictures in [-1, 1] became bytes, and floats again.
SAVED = {
    "rounded": STEPS.round() / 127.5 - 1,
    "cut off": STEPS.astype("u1").astype("f4") / 127.5 - 1,
    "a half added": (TRAIN[:300] * 127.5 + 128).astype("u1") / np.float32(127.5) - 1,
    "by way of [0, 1]": 2 * ((TRAIN[:300] / 2 + 0.5) * 255).round() / 255 - 1,
    "round-off": (TRAIN[:300] / 3) * np.float32(3.0000002),
    "not at all": TRAIN[:300],
}


@pytest.mark.parametrize("unit", [False, True])
@pytest.mark.parametrize("how", SAVED)
def test_a_picture_that_was_bytes_is_the_same_picture(how, unit):
    held = SAVED[how].astype("f4")
    train = TRAIN
    if unit:
        train, held = (train + 1) / 2, (held + 1) / 2
    for a, b in ((train, held), (held, train)):
        rows, _, both = copies.shared(a, b)
        assert rows == len(b) and both > 0.95 * 300
    refused = (
        f"of the 300 rows of held_out are in x_train{', once' * (how != 'not at all')}"
    )
    with pytest.raises(ValueError, match=refused):
        refusals.check_apart(train, held)


def test_a_tenth_may_be_known_by_bytes_and_no_more():
    for known in (0, 30, 31):
        held = FAIR.copy()
        held[:known] = SAVED["rounded"][:known]
        assert copies.shared(TRAIN, held) == (300, 0, known)


def binary(n, places, seed):
    x = np.zeros([n, 64])
    x[:, :places] = np.random.default_rng(seed).integers(0, 2, [n, places])
    return x.reshape(n, 8, 8, 1).astype("f4")


def noisy(x, size, seed):
    return x + size * np.random.default_rng(seed).random(x.shape).astype("f4")


# Fair splits of pictures that bytes do not tell apart, or hardly: train and held.
FEW_VALUES = {
    f"{places} values of two": lambda places=places: (
        noisy(binary(4000, places, 1), 1e-4, 2),
        binary(400, places, 3),
    )
    for places in (4, 8, 12, 16, 20, 64)
} | {
    "low contrast": lambda: (
        noisy(binary(4000, 0, 1), 2e-3, 2),
        noisy(binary(400, 0, 1), 2e-3, 3),
    ),
    "a dot in the dark": lambda: (
        noisy(np.eye(64).repeat(9, 0).reshape(-1, 8, 8, 1).astype("f4") / 2, 1e-4, 2),
        noisy(np.eye(64).repeat(4, 0).reshape(-1, 8, 8, 1).astype("f4") / 2, 1e-4, 3),
    ),
}


@pytest.mark.parametrize("name", FEW_VALUES)
def test_few_values_are_no_copies_beyond_what_exact_comparison_gives(name):
    rows, exact, both = copies.shared(*FEW_VALUES[name]())
    assert both <= exact + 0.02 * rows


def test_large_pictures_are_compared_where_they_differ_most():
    """Among 50 000 values of a row some are at a byte's edge, however it is rounded."""
    x = RNG.random([60, 128, 128, 3]).astype("f4")
    x[:, :64] = 0  # a margin
    other = ((2 * x - 1) * np.float32(127.5) + np.float32(127.5)).round() / 255
    assert copies.shared(x, other.astype("f4"))[2] >= 58


@pytest.mark.parametrize("labels, copied", [(0, 300), (1, 0)])
def test_what_is_beside_a_picture_is_compared_as_it_is(labels, copied):
    train = TRAIN, np.zeros(600, "i4")
    held = SAVED["rounded"], np.full(300, labels, "i4")
    assert copies.shared(train, held)[2] == copied


@pytest.mark.parametrize("shape", [[-1, 192], [-1, 8, 24]])
def test_rows_that_are_no_pictures_are_compared_exactly(shape):
    train, held = (x.reshape(shape) for x in (TRAIN, SAVED["rounded"]))
    assert copies.shared(train, held) == (300, 0, 0)
    assert copies.shared(train, train[:300]) == (300, 300, 300)
    assert copies.shared(10 * TRAIN, 10 * SAVED["rounded"])[2] == 0
