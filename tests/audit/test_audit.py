"""Laws tell the slips of public code, and samplers of the library have these laws."""

import math
import pathlib
import re

import pytest
from audit import figure, table
from audit.counterexamples import NUMBERS
from audit.defects import DEFECTS

ROOT = pathlib.Path(__file__).parents[2]
PAGE = (ROOT / "docs/audit.md").read_text("utf-8")
PARTS = re.compile(r"^([\d.]+), p (?:=|<) ([\d.e-]+)")


@pytest.mark.parametrize("name", DEFECTS)
def test_the_law_tells_the_slip_and_is_ours(name):
    slip = DEFECTS[name]
    assert slip.law(slip.double).p < 1e-6
    for sound in (slip.mended, slip.ours):
        assert slip.law(sound).p > 1e-3


@pytest.mark.parametrize("name", NUMBERS)
def test_the_number_is_wrong_with_the_slip_and_right_in_ours(name):
    slip = NUMBERS[name]
    assert slip.double() == pytest.approx(slip.wrong, rel=slip.error)
    assert slip.ours() == pytest.approx(slip.truth, rel=slip.error, abs=1e-6)


def cells(line):
    return [cell.strip() for cell in line.split("|")[1:-1]]


SHOWN = {row[0]: row for row in map(cells, PAGE.splitlines()) if row}


@pytest.mark.parametrize("name", DEFECTS)
def test_the_page_tells_what_the_law_found(name):
    """With other rounding a few of 10 000 chains go elsewhere."""
    made = cells(table.row(name))
    shown = SHOWN[made[0]]
    assert shown[1] == made[1]
    for ours, told in zip(made[2:], shown[2:], strict=True):
        (distance, p), (of_page, p_of_page) = (
            map(float, PARTS.match(cell).groups()) for cell in (ours, told)
        )
        assert of_page == pytest.approx(distance, abs=0.002)
        # log p goes with the square of the distance: that is 10 % at .04.
        assert math.log10(p_of_page) == pytest.approx(math.log10(p), rel=0.1, abs=0.5)


@pytest.mark.parametrize("name", NUMBERS)
def test_the_page_tells_the_number(name):
    made = cells(table.numbered(name))
    shown = SHOWN[made[0]]
    assert shown[1] == made[1]
    for ours, told in zip(made[2:], shown[2:], strict=True):
        assert float(told) == pytest.approx(float(ours), rel=0.06)  # two digits


def test_the_page_has_no_other_rows():
    assert len(SHOWN) == len(DEFECTS) + len(NUMBERS) + 2  # head and rule


def test_the_picture_shows_slips_of_the_table():
    assert {*figure.TITLES} <= {*DEFECTS}
    panes = figure.drawn().axes
    assert [pane.get_title() for pane in panes] == [*figure.TITLES.values()]
