"""What is compared in a benchmark as Markdown."""

from helpers.benchmark_lines import empty, line

from experiments.benchmarking import summary, tables_shown
from experiments.benchmarking.book import KEY


def test_a_number_alone_is_a_table_of_samplers_and_budgets():
    lines = [line(), line(method="sir", budget=20.0, good=0.75), empty(budget=20.0)]
    (group,) = summary.groups(lines, [], KEY)
    rows = [
        [cell.strip() for cell in row.split("|")[1:-1]]
        for row in tables_shown.compact(group, "good").splitlines()
    ]
    assert rows[0] == ["good samples (share) ↑", "5", "20"]
    assert rows[2:] == [
        ["obrs", "0.5 ± 0.059", "–"],
        ["sir", "–", "0.75 ± 0.059"],
    ]
    assert tables_shown.compact(group, "good") in tables_shown.text([group])


def test_samplers_that_a_table_leaves_out_are_named_with_the_reason():
    lines = [line(), empty(method="sir"), empty(method="mala", budget=20.0)]
    lines += [line(method="obrs", budget=20.0), line(method="isir", good=None)]
    (group,) = summary.groups(lines, [], KEY)
    told = tables_shown.without(group, "good")
    named = "sir (too dear), isir (not measured), mala (too dear)."
    assert told == f"Without a number in the table: {named}"
    assert tables_shown.text([group]).count(told) == 1
    both = [own if own["cost"] is None else {**own, "kl": own["good"]} for own in lines]
    (group,) = summary.groups(both, [], KEY)
    assert len(group.metrics) == 2 and tables_shown.text([group]).count(told) == 1
    (group,) = summary.groups(lines[:1], [], KEY)
    assert tables_shown.without(group, "good") == ""
    assert "Without" not in tables_shown.text([group])


def test_a_terminal_gets_the_first_number_of_each_group_alone():
    lines = [line(), line(method="sir"), line(n=30), empty(method="mala")]
    groups = summary.groups(lines, [], KEY)
    told = tables_shown.short(groups)
    assert max(map(len, told.splitlines())) <= 80
    for group in groups:
        assert tables_shown.compact(group, "good") in told and group.title in told
    assert "KL" not in told and "cost" not in told
