"""Tests for experiments.cli.errors: what is told in one sentence."""

import numpy as np
import pytest
import tensorflow as tf

from experiments.cli import errors
from tf_collab import files, metrics, plots

SHORT = [
    MemoryError(),
    tf.errors.ResourceExhaustedError(None, None, "OOM when allocating\n a tensor"),
    ImportError("a.so: failed to map segment from shared object"),
    ImportError("a.so: Cannot allocate memory"),
]


@pytest.mark.parametrize("error", SHORT, ids=range(len(SHORT)))
def test_too_little_memory_is_a_sentence(error):
    words, status = errors.last_words(error)
    assert status == 2 and words.startswith("There is not enough memory: ")


def test_a_bug_is_not_told_as_memory():
    assert errors.last_words(ImportError("No module named 'half'")) is None


def test_a_sentence_names_as_many_as_it_has_room_for_and_counts_the_others():
    names = [str(i) for i in range(23)]
    assert errors.some(names) == f"{', '.join(names[:20])} and 3 others"
    assert errors.some(names[:20]) == ", ".join(names[:20])


NAN = [0.0, float("nan")]
DRAWN = {
    "scores of real": lambda: plots.histograms({"real": NAN}),
    "probabilities": lambda: metrics.reliability_bins(NAN, [0, 1]),
    "values of prob": lambda: plots.landscape([NAN, NAN], [[0, 0]], limits=(-1, 1)),
}


@pytest.mark.parametrize("what", DRAWN)
def test_figures_of_what_is_not_finite_end_as_a_run_that_diverged(what):
    with pytest.raises(ValueError) as told:
        DRAWN[what]()
    words, status = errors.last_words(told.value)
    assert status == 1 and words == f"Some {what} are not finite."


def test_images_that_are_not_finite_too():
    with pytest.raises(ValueError) as told:
        plots.grid(np.full([1, 2, 2, 1], np.nan), limits=(-1, 1))
    assert errors.last_words(told.value)[1] == 1


def test_a_file_that_was_damaged_meanwhile_is_a_sentence():
    words = "'runs/a' is damaged"
    assert errors.last_words(files.Unsound(words)) == (words, 2)
