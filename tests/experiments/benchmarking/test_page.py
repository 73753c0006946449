"""The page of a benchmark."""

import re

from helpers.benchmark_lines import empty, line

from experiments.benchmarking import page, summary
from experiments.benchmarking.book import KEY


def html(*lines):
    (group,) = summary.groups(lines, [], KEY)
    return page.html([group], {group.title: page.Figure("<svg></svg>", "<svg/>")})


def test_the_page_sorts_by_the_whole_number():
    text = html(line(good=0.123456789))
    assert re.search(r'data-value="0.123456789">0.1235 ± 0.059<', text)


def test_reasons_of_empty_cells_are_a_list_below_the_table():
    text = html(line(), *(empty(method=name) for name in ("mala", "ddls")))
    told = f"<p>{page.EMPTY}</p>\n<ul><li>mala, ddls at 5: too dear</li></ul>"
    assert text.index("</table>") < text.index(told)
    assert text.count("too dear") == 1
    assert page.EMPTY not in html(line())


def test_a_narrow_window_has_its_own_figure():
    text = html(line())
    for name, drawn in (("wide", "<svg></svg>"), ("narrow", "<svg/>")):
        assert f'<figure class="{name}">{drawn}</figure>' in text
        assert f"figure.{name} {{ display: none;" in text
