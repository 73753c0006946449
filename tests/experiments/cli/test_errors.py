"""Tests for experiments.cli.errors: what is told in one sentence."""

import pytest
import tensorflow as tf

from experiments.cli import errors
from tf_collab import plots

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


def test_figures_of_what_is_not_finite_end_as_a_run_that_diverged():
    with pytest.raises(ValueError) as told:
        plots.histograms({"real": [0.0, float("nan")]})
    words, status = errors.last_words(told.value)
    assert status == 1 and words == "Some scores of real are not finite."
