"""Tests for experiments.cli.flag_types."""

from typing import Literal

import pytest

from experiments.cli import flag_types, rules

Word = Literal["standard", "rejection", "hastings"]


@pytest.mark.parametrize(
    "kind, value",
    [
        (int, -3),
        (int, 2**63 - 1),
        (float, 0.1),
        (float, -1e-300),
        (str, "a b,c=é"),
        (bool, True),
        (bool, False),
        (Word, "hastings"),
        (Literal[28, 32], 32),
        (int | None, 5),
        (int | None, None),
        (float | None, 1e-4),
        (str | None, None),
        (Word | None, None),
        (tuple[int, ...], (1, 0, -2)),
        (tuple[float, ...], (0.5,)),
        (tuple[str, ...], ("a", "b")),
        (tuple[Word, ...], ("rejection", "standard")),
        (tuple[int, ...] | None, None),
        (tuple[Word, ...] | Literal["all"], "all"),
        (tuple[Word, ...] | Literal["all"], ("standard",)),
        (int | Literal["all"], "all"),
        (int | Literal["all"], 7),
    ],
)
def test_every_value_is_read_back_as_it_is_spelled(kind, value):
    back = flag_types.reader(kind).read(flag_types.spell(value))
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize(
    "kind, text, why",
    [
        (int, "3.0", "whole number"),
        (int, "", "whole number"),
        (int, str(2**63), "64 bits"),
        (float, "nan", "finite"),
        (float, "-inf", "finite"),
        (float, "1e999", "finite"),
        (str, "", "empty"),
        (str, "--seed=3", "a value is missing"),
        (str, "a\0b", "zero byte"),
        (bool, "yes", "true or false"),
        (Word, "standart", "did you mean standard?"),
        (Word, "STANDARD", "did you mean standard?"),
        (Word, "none", "one of standard, rejection, hastings"),
        (tuple[int, ...], "1000,x", "item 'x' must be a whole number"),
        (tuple[int, ...], "1,,2", "item '' must be a whole number"),
        (tuple[int, ...], "", "at least one"),
        (tuple[Word, ...], "standard,hastngs", "did you mean hastings?"),
        (int | Literal["all"], "al", "or give all"),
        (float | None, "x", "or give none"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_is_allowed(kind, text, why):
    with pytest.raises(ValueError) as refused:
        flag_types.reader(kind).read(text)
    assert why in str(refused.value)


@pytest.mark.parametrize(
    "check, good, bad",
    [
        (rules.positive, 1e-9, 0),
        (rules.non_negative, 0, -1),
        (rules.at_least(2), 2, 1),
        (rules.at_most(2), 2, 3),
        (rules.between(0, 100), 100, 100.1),
        (rules.between(0, 100), 0, -0.1),
    ],
)
def test_a_check_has_words_for_the_bad_value_only(check, good, bad):
    assert check(good) is None
    assert check(bad).startswith("must ")


def test_checks_see_each_item_but_neither_none_nor_words():
    checks = [rules.positive]
    with pytest.raises(ValueError, match="item '-2' must be positive"):
        flag_types.reader(tuple[int, ...], checks).read("1,-2")
    assert flag_types.reader(int | None, checks).read("none") is None
    assert flag_types.reader(int | Literal["all"], checks).read("all") == "all"


@pytest.mark.parametrize("kind", [dict, int | float, tuple[int, int]])
def test_a_type_whose_text_is_unclear_is_an_error_of_the_programmer(kind):
    with pytest.raises(TypeError):
        flag_types.reader(kind)
