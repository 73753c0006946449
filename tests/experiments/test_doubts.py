"""Tests for experiments.stages.doubts."""

import warnings

import pytest

import tf_collab as tc
from experiments.stages import doubts


def test_a_doubt_is_a_line_of_the_log_each_time_it_is_had():
    lines = []
    with doubts.logged(lines.append):
        for _ in range(2):
            warnings.warn("chains were capped", tc.Doubt, stacklevel=1)
    assert lines == ["note: chains were capped"] * 2
    with pytest.warns(tc.Doubt, match="later"):
        warnings.warn("later", tc.Doubt, stacklevel=1)
    assert len(lines) == 2


def test_other_warnings_are_shown_as_ever():
    lines = []
    with pytest.warns(UserWarning, match="another"), doubts.logged(lines.append):
        warnings.warn("another", UserWarning, stacklevel=1)
    assert not lines
