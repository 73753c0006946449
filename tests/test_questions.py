"""The page of questions prints what stands in it."""

import pathlib
import re

import pytest

from tf_collab.cpu import compilation

PAGE = pathlib.Path(__file__).parents[1] / "docs" / "questions.md"
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")
# XLA and two threads change a distance after shaping by an eighth, and nothing else by
# as much as its last digit. Twice an eighth, as other processors round otherwise.
WITHIN = 0.25
END = "\f"  # of what a program printed


def same(told: str, printed: str) -> None:
    """The same words, and numbers within a quarter or one of the last digit told.

    Lines in any order: rows of a table that are ranked may lie close together.
    """
    told, printed = ("\n".join(sorted(text.splitlines())) for text in (told, printed))
    assert NUMBER.sub("#", told) == NUMBER.sub("#", printed)
    for ours, theirs in zip(NUMBER.findall(told), NUMBER.findall(printed)):
        digits = len(ours.partition(".")[2].partition("e")[0])
        last = 0.0 if "e" in ours else 10.0**-digits
        assert float(theirs) == pytest.approx(float(ours), WITHIN, last), printed


def test_each_program_prints_what_stands_below_it(capsys, monkeypatch):
    monkeypatch.setattr(compilation, "worthwhile", lambda *nets: False)
    text = PAGE.read_text("utf-8")
    told = re.findall(r"(?ms)^```python\n.*?^```\n\n```text\n(.*?)^```$", text)
    programs = re.findall(r"(?ms)^```python\n(.*?)^```$", text)
    assert len(told) == len(programs) >= 7
    exec(compile(f"print({END!r})\n".join(programs), PAGE.name, "exec"), {})
    printed = capsys.readouterr().out.split(f"{END}\n")
    for ours, theirs in zip(told, printed, strict=True):
        same(ours.rstrip(), theirs.rstrip())


def test_a_page_that_tells_otherwise_is_seen():
    same("two 4.0\none 31", "one 30\ntwo 4.8")
    for other in ("one 31\ntwo 5.2", "one 31\nthree 4.0", "one 31"):
        with pytest.raises(AssertionError):
            same("two 4.0\none 31", other)
