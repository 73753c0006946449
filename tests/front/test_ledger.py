"""What was found is found once, also by another process; others are kept out."""

import json
import warnings

import pytest

from tf_collab import base
from tf_collab.front.ledger import NAME, Ledger


def refuse():
    raise AssertionError("it was made before")


@pytest.mark.parametrize("where", ["memory", "folder"])
def test_a_value_is_made_once(where, tmp_path):
    ledger = Ledger(None if where == "memory" else tmp_path, {})
    assert ledger.once("a", lambda: [1.5, None]) == [1.5, None]
    assert ledger.once("a", refuse) == [1.5, None] and "a" in ledger


def test_a_folder_remembers(tmp_path):
    Ledger(tmp_path, {"seed": 0}).put("a", (1, 2))
    assert Ledger(tmp_path, {"seed": 0})["a"] == [1, 2]


def test_values_are_the_same_before_and_after_the_disk(tmp_path):
    ledger = Ledger(tmp_path, {})
    assert ledger.once("a", lambda: (0.1, 1)) == Ledger(tmp_path, {})["a"]


def test_doubts_are_kept_with_the_values_and_other_warnings_raised(tmp_path):
    def make():
        for _ in range(2):
            warnings.warn("the chain is capped", base.Doubt, stacklevel=1)
        return 1

    ledger = Ledger(tmp_path, {})
    ledger.once("a", make)
    assert Ledger(tmp_path, {}).doubts == ["the chain is capped"]
    with pytest.warns(DeprecationWarning, match="old"):
        ledger.once("b", lambda: warnings.warn("old", DeprecationWarning, stacklevel=1))


def test_doubts_of_all_values_are_told_each_once(tmp_path):
    def make(doubt):
        return lambda: warnings.warn(doubt, base.Doubt, stacklevel=1)

    for name, doubt in ("a", "one"), ("b", "two"), ("c", "one"):
        Ledger(tmp_path, {}).once(name, make(doubt))
    assert Ledger(tmp_path, {}).doubts == ["one", "two"]


def test_a_folder_of_another_tuning_is_refused_and_left(tmp_path):
    Ledger(tmp_path, {"seed": 0, "x": "a"}).put("a", 1)
    before = (tmp_path / NAME).read_bytes()
    with pytest.raises(ValueError, match="a tuning of other seed: take another folder"):
        Ledger(tmp_path, {"seed": 1, "x": "a"})
    assert (tmp_path / NAME).read_bytes() == before


def test_a_damaged_ledger_is_one_sentence(tmp_path):
    (tmp_path / NAME).write_text('{"facts": ')
    with pytest.raises(ValueError, match="is not a readable ledger of a tuning"):
        Ledger(tmp_path, {})


def test_two_tunings_do_not_share_a_folder(tmp_path):
    first, second = Ledger(tmp_path, {}), Ledger(tmp_path, {})
    told = pytest.raises(RuntimeError, match="another process tunes in")
    with first.held(), told, second.held():
        raise AssertionError("both are in")
    with second.held():
        pass


def test_a_write_that_fails_leaves_the_old_ledger(tmp_path):
    ledger = Ledger(tmp_path, {})
    ledger.put("a", 1)
    with pytest.raises(TypeError):
        ledger.put("b", object())
    assert json.loads((tmp_path / NAME).read_text())["a"] == 1


@pytest.mark.parametrize("folder", [None, "tuning"])
def test_ctrl_c_says_how_the_tuning_goes_on(folder, tmp_path):
    ledger = Ledger(folder and tmp_path / folder, {})
    with pytest.raises(KeyboardInterrupt) as error, ledger.held():
        raise KeyboardInterrupt
    (note,) = error.value.__notes__
    there = "in this process alone" if folder is None else "tuning': the same program"
    assert note.startswith("Interrupted: ") and there in note


@pytest.mark.parametrize(
    "content", ['{"facts": [1]}', '{"facts": {}, "doubts": 3}', '{"doubts": [[]]}']
)
def test_a_record_of_another_form_is_refused(content, tmp_path):
    (tmp_path / NAME).write_text(content)
    with pytest.raises(ValueError, match=rf"{NAME}' is not the ledger of a tuning"):
        Ledger(tmp_path, {})


def test_whatever_bit_of_a_ledger_is_flipped_it_is_refused(tmp_path):
    Ledger(tmp_path, {"seed": 0}).put("rate", 0.1)
    path = tmp_path / NAME
    whole = path.read_bytes()
    for at in range(len(whole)):
        damaged = bytearray(whole)
        damaged[at] ^= 1 << at % 8
        path.write_bytes(damaged)
        try:
            found = Ledger(tmp_path, {"seed": 0})
        except ValueError:
            continue
        # But for white space, and the name of the sum, without which it is an old one.
        assert found["rate"] == 0.1
