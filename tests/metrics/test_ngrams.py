"""Tests for tf_collab.metrics.ngrams."""

import collections
import functools
import math

import numpy as np
import pytest

from tf_collab import metrics
from tf_collab.metrics import NgramModel, ngrams

RNG = np.random.default_rng(0)
LENGTH = 9
# Few characters, unevenly: n-grams of every length occur both once and often.
A = (RNG.zipf(1.5, size=(400, LENGTH)) % 40).astype(np.uint16)
B = (RNG.zipf(1.8, size=(150, LENGTH)) % 50).astype(np.int64)
EVERY_N = pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6, LENGTH])


def counted(lines, n):
    return collections.Counter(
        tuple(line[i : i + n]) for line in lines.tolist() for i in range(LENGTH - n + 1)
    )


def slow_js(a, b):
    """By the definition, over all n-grams of both."""
    p, q = ({key: c / x.total() for key, c in x.items()} for x in (a, b))
    middle = {key: (p.get(key, 0) + q.get(key, 0)) / 2 for key in {*p, *q}}
    return sum(
        x[key] * math.log2(x[key] / middle[key]) / 2 for x in (p, q) for key in x
    )


def js(a, b, n=3):
    return metrics.ngram_js(NgramModel.of(a, n), NgramModel.of(b, n))


def assert_alike(found, expected):
    assert found.n == expected.n
    np.testing.assert_array_equal(found.keys, expected.keys)
    np.testing.assert_array_equal(found.counts, expected.counts)


@EVERY_N
def test_each_n_gram_is_counted_as_by_hand(n):
    model, expected = NgramModel.of(A, n), counted(A, n)
    assert model.keys.dtype == np.uint64 and model.counts.dtype == np.int64
    keys = {}
    for gram in expected:
        (keys[gram],) = NgramModel.of(np.array([gram]), n).keys.tolist()
    found = dict(zip(model.keys.tolist(), model.counts.tolist()))
    assert found == {keys[gram]: count for gram, count in expected.items()}
    assert model.total == len(A) * (LENGTH - n + 1)


@EVERY_N
def test_it_is_the_divergence_by_its_definition(n):
    expected = slow_js(counted(A, n), counted(B, n))
    assert js(A, B, n) == pytest.approx(expected, rel=1e-12)


@EVERY_N
def test_a_text_in_any_order_or_twice_is_at_0_from_itself(n):
    assert js(A, A, n) == js(A, RNG.permutation(A), n) == 0
    assert js(A, np.concatenate([A, A]), n) == 0


def test_texts_without_a_common_n_gram_are_1_bit_apart():
    assert js(A, B + 100) == js(B + 100, A) == 1


def test_a_half_that_only_one_text_has_costs_as_by_hand():
    one, both = np.array([[5]]), np.array([[5], [7]])
    # p is (1, 0), q is (1/2, 1/2) and their middle is (3/4, 1/4).
    expected = (math.log2(4 / 3) + math.log2(2 / 3) / 2 + math.log2(2) / 2) / 2
    assert js(one, both, 1) == pytest.approx(expected, rel=1e-12)


@EVERY_N
def test_it_is_symmetric_to_the_bit(n):
    assert js(A, B, n) == js(B, A, n)


def test_longer_n_grams_differ_more():
    values = [js(A, B, n) for n in range(1, LENGTH + 1)]
    assert values == sorted(values)


@pytest.mark.parametrize("chunk", [1, 50, 1000])
def test_the_size_of_a_chunk_does_not_matter(chunk, monkeypatch):
    expected = NgramModel.of(A, 4)
    monkeypatch.setattr(ngrams, "_CHUNK", chunk)
    assert_alike(NgramModel.of(A, 4), expected)


@EVERY_N
def test_models_of_parts_merge_in_any_order(n):
    parts = [NgramModel.of(part, n) for part in (A[:7], A[7:300], B, A[300:])]
    expected = NgramModel.of(np.concatenate([A, B]), n)
    assert_alike(functools.reduce(NgramModel.merge, parts), expected)
    assert_alike(functools.reduce(NgramModel.merge, parts[::-1]), expected)


def test_a_merge_changes_neither_of_its_parts():
    a, b = NgramModel.of(A, 2), NgramModel.of(B, 2)
    a.merge(b)
    assert_alike(a, NgramModel.of(A, 2))
    assert_alike(b, NgramModel.of(B, 2))


def test_places_in_an_n_gram_are_told_apart():
    assert js(np.array([[1, 2, 3]]), np.array([[3, 2, 1]])) == 1
    assert js(np.array([[0, 2**16 - 1]]), np.array([[2**16 - 1, 0]]), 2) == 1


def test_hashes_of_a_million_n_grams_are_all_different():
    # About 10**12 / 2**65 pairs would be alike by chance.
    grams = np.indices([100, 100, 100], np.uint16).reshape(3, -1).T
    assert len(NgramModel.of(grams, 3).keys) == 10**6


@pytest.mark.parametrize(
    "lines, n, message",
    [
        (A, 10, "Lines of 9 characters have no 10-grams"),
        (A, 0, "at least 1 character, but n is 0"),
        (A[0], 1, r"whole numbers \[lines, length\], but got uint16 \[9\]"),
        (A / 2, 1, r"but got float64 \[400, 9\]"),
        (A[:0], 1, r"but got uint16 \[0, 9\]"),
        (B - 1, 1, "must be 0 to 65535, but are -1 to 48"),
        (B + 2**16, 1, "must be 0 to 65535, but are 65536 to"),
    ],
)
def test_what_cannot_be_counted_is_refused(lines, n, message):
    with pytest.raises(ValueError, match=message) as refused:
        NgramModel.of(lines, n)
    assert "\n" not in str(refused.value)


def test_n_grams_of_two_lengths_are_not_compared():
    a, b = NgramModel.of(A, 2), NgramModel.of(A, 3)
    for join in (metrics.ngram_js, NgramModel.merge):
        with pytest.raises(ValueError, match="of one length, but got 2 and 3"):
            join(a, b)
