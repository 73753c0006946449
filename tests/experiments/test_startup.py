"""Tests for experiments.startup."""

import os

import pytest

from experiments import startup


def test_what_is_written_inside_is_not_seen(capfd):
    with startup.quiet():
        os.write(2, b"noise")
    os.write(2, b"news")
    assert capfd.readouterr().err == "news"


def test_a_failure_shows_what_was_held_back(capfd):
    with pytest.raises(ImportError), startup.quiet():
        os.write(2, b"why it failed")
        raise ImportError
    assert capfd.readouterr().err == "why it failed"
