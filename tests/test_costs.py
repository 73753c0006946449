"""What whole experiments cost, by the formula that the page gives."""

import pathlib

from benchmarks import costs, json_lines

RESULTS = pathlib.Path(__file__).parents[1] / "docs" / "results"


def test_hours_are_the_sum_that_the_formula_says():
    line = {"gan_steps": 7200, "train_per_second": 2.0, "tuned_at": 3}  # an hour
    line |= {"calibrate": 100, "calibrate_per_second": 1.0}
    line |= {"shape": 100, "shape_per_second": 0.5}
    line |= {"samples": 900, "draw_per_second": 1.0}  # 100 + 200 + 900 s, three times
    assert costs.hours(line) == 2.0
    assert costs.hours(line | {"calibrate": 0, "calibrate_per_second": None}) < 2.0
    unknown = line | {"shape_per_second": None, "memory_mib": 1, "experiment": "one"}
    assert costs.hours(unknown) is None and "| – |" in costs.table([unknown])


def test_what_there_is_to_do_is_what_flag_files_say():
    for row in costs.ROWS.values():
        path = pathlib.Path("experiments/configs", f"{row.flag_file}.flags")
        given = dict(
            text.removeprefix("--").split("=")
            for text in path.read_text("utf-8").splitlines()
            if text.startswith("--")
        )
        found = costs.whole(row, costs.command(row, None))
        steps = float(given.get("iterations", 0)) * 1000 or int(given.get("niters", 0))
        assert found["gan_steps"] == steps or not steps
        assert found["tuned_at"] == given.get("ckpt_num", "").count(",") + 1
        for name in ("calibrate", "shape"):
            iters = given.get(f"{name}_iters")
            assert iters is None or found[name] == int(iters)


def test_the_page_has_the_table_of_its_lines():
    lines = json_lines.read(RESULTS / "costs.jsonl")
    page = (RESULTS.parent / "scaling.md").read_text("utf-8")
    assert costs.table(lines).strip() in page
    assert {line["experiment"] for line in lines} == {*costs.ROWS}
