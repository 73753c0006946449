"""The report says what is better, what is worse, and when nothing is."""

from tf_collab.front.report import report
from tf_collab.front.verdict import Line, recommended


def line(method, distance, difference=None, width=1.0, n=100, cost=2.0, errors=None):
    ends = (
        (None, None) if difference is None else (difference - width, difference + width)
    )
    low, high = (distance - 1, distance + 1) if distance is not None else (None, None)
    return Line(method, n, distance, low, high, difference, *ends, 1.0, cost, errors)


def told(*lines, weak=False):
    return report(
        list(lines), about="the data", weak=weak, reals=70, notes=["A warning."]
    )


STANDARD = line("standard", 10.0)


def test_what_is_surely_better_and_nearest_is_recommended():
    lines = [STANDARD, line("hastings", 6.0, -4.0), line("refinement", 5.0, -5.0)]
    assert recommended(lines) == "refinement"
    text = told(*lines)
    assert "Recommended: refinement" in text and "| **refinement** |" in text
    at = [text.index(name) for name in ("| **refinement", "| hastings", "| standard")]
    assert at == sorted(at)


def test_of_what_is_as_near_the_cheapest_is_recommended():
    dear = line("collaborative", 5.0, -5.0, cost=600.0)
    near, far = (line("refinement", d, d - 10, cost=120.0) for d in (5.09, 5.11))
    assert recommended([STANDARD, dear, near]) == "refinement"
    assert recommended([STANDARD, dear, far]) == "collaborative"


def test_what_may_be_as_near_is_recommended_if_it_is_cheaper():
    """Within a standard error of the difference from the nearest, not from plain."""
    errors = {"standard": 9.0, "collaborative": 0.5, "hastings": 9.0}
    dear = line("collaborative", 5.0, -5.0, cost=600.0)
    near, far = (
        line("refinement", d, d - 10, cost=120.0, errors=errors) for d in (5.49, 5.51)
    )
    assert recommended([STANDARD, dear, near]) == "refinement"
    assert recommended([STANDARD, dear, far]) == "collaborative"
    why = (
        "Collaborative is nearer by 2 % or by a standard error of the difference at "
        "most, and a sample of it costs 5 times"
    )
    assert why in told(STANDARD, dear, near) and why not in told(STANDARD, dear, far)


def test_of_equal_cost_the_nearest_is_recommended_in_any_order():
    lines = [line(method, d, d - 10) for method, d in (("a", 5.05), ("b", 5.0))]
    for order in (lines, lines[::-1]):
        assert recommended([STANDARD, *order]) == "b"
    assert "a sample of it costs" not in told(STANDARD, *lines)


def test_what_may_be_as_near_but_not_surely_nearer_than_plain_is_not_recommended():
    dear = line("collaborative", 5.0, -5.0, cost=600.0)
    unsure = line("refinement", 5.0, -0.9, errors={"collaborative": 9.0})
    assert recommended([STANDARD, dear, unsure]) == "collaborative"


def test_what_is_better_by_chance_alone_is_not():
    lines = [STANDARD, line("refinement", 9.5, -0.5)]
    assert recommended(lines) == "standard"
    assert "Nothing to gain is shown" in told(*lines)


def test_what_is_surely_better_by_next_to_nothing_is_not_recommended():
    """By less than 2 % of the distance of plain samples."""
    lines = [STANDARD, line("refinement", 9.81, -0.19, width=0.1)]
    assert recommended(lines) == "standard"
    words = (
        "by refinement are surely nearer to the held-out reals, but by less than 2 %"
    )
    assert words in told(*lines) and "| **standard** |" in told(*lines)
    assert recommended([STANDARD, line("refinement", 9.79, -0.21, 0.1)]) != "standard"


def test_what_is_worse_is_named():
    assert "Surely worse than plain samples: refinement." in told(
        STANDARD, line("refinement", 14.0, 4.0)
    )


def test_a_sampler_that_keeps_too_few_has_no_distance():
    lines = [STANDARD, line("rejection", None, n=3)]
    assert recommended(lines) == "standard" and "worth 3 samples, 50" in told(*lines)


def test_a_weak_judge_and_warnings_are_told():
    assert "This judge is weak" in told(STANDARD, weak=True)
    assert "weak" not in told(STANDARD) and "A warning." in told(STANDARD)
