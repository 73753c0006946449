"""The bar of a tuning that ends well is full; of one that does not it stays.

It tells the stage that the tuning is in.
"""

import pytest

from tf_collab.front import passes
from tf_collab.front.ledger import Ledger


def last(capfd):
    return capfd.readouterr().err.replace("\r", "\n").strip().split("\n")[-1]


@pytest.mark.parametrize("made", [820, 1200])
def test_a_bar_ends_at_the_passes_that_were_made(made, capfd):
    with passes.bar(1000, shown=True) as bar:
        bar.spent(made / 2)
        bar.spent(made / 2)
    told = last(capfd)
    assert told.startswith("100%|") and "passes/s" in told


def test_a_tuning_that_fails_leaves_its_bar_as_it_is(capfd):
    with pytest.raises(KeyboardInterrupt), passes.bar(1000, shown=True) as bar:
        bar.spent(500)
        raise KeyboardInterrupt
    assert last(capfd).lstrip().startswith("50%|")


def test_a_bar_that_is_not_wanted_is_not_shown(capfd):
    with passes.bar(1000, shown=False) as bar:
        bar.spent(500)
    assert capfd.readouterr().err == ""


def test_a_bar_tells_what_a_ledger_makes(capfd):
    made = Ledger(None, {})
    with passes.bar(1000, shown=True) as bar:
        made.making = bar.making
        made.once("screen layer 1", lambda: None)
        assert last(capfd).startswith("layer and rate:")
        made.once("verdict", lambda: bar.spent(500))
    assert last(capfd).startswith("verdict: 100%|")


@pytest.mark.parametrize("shown, words", [(True, "a sentence\n"), (False, "")])
def test_what_is_told_before_stands_above_a_bar_that_is_shown(shown, words, capfd):
    with passes.bar(1000, shown=shown, told="a sentence"):
        assert capfd.readouterr().err[: len("a sentence\n")] == words
