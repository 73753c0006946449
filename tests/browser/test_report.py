"""The report of a benchmark, as it lies in its folder."""

import pytest

from browser import looking


def rows(browser, name):
    """A column of the table, from top to bottom."""
    table = browser.find_element("tag name", "table")
    heads = [head.text for head in table.find_elements("css selector", "thead th")]
    place = heads.index(name) + 1
    cells = table.find_elements("css selector", f"tbody tr > :nth-child({place})")
    return [cell.text for cell in cells]


@pytest.fixture
def page(report, chromium):
    chromium.get_log("browser")  # what earlier pages said
    chromium.get(report.as_uri())
    return chromium


@pytest.mark.parametrize("width", [375, 1440])
def test_the_page_is_whole_and_no_wider_than_its_window(width, page):
    page.set_window_size(width, 1000)
    text = looking.words(page)
    told = "Every sampler from the same", "surely better than plain samples"
    for name in ("rejection", "isir", "standard", *told):
        assert name in text
    wide = "return document.documentElement.scrollWidth - window.innerWidth"
    assert page.execute_script(wide) <= 0
    every = page.find_elements("css selector", "figure svg")
    drawn = [svg for svg in every if svg.is_displayed()]
    assert 2 * len(drawn) == len(every)
    assert all(100 < min(svg.size.values()) <= width for svg in drawn)
    assert not looking.complaints(page)
    fetched = "return performance.getEntriesByType('resource').map(e => e.name)"
    assert page.execute_script(fetched) == []


def test_a_head_sorts_its_table(page):
    before = rows(page, "budget")
    assert len({*before}) == 2
    head = page.find_element("xpath", "//thead//button[text()='budget']")
    orders = set()
    for _ in range(2):
        head.click()
        orders.add(tuple(map(float, rows(page, "budget"))))
    up = tuple(sorted(map(float, before)))
    assert orders == {up, up[::-1]}
