"""Samplers of finished runs at equal cost: lines, table and page."""

import html.parser
import json
import shutil

import numpy as np
import pytest
import tensorflow as tf
from helpers import bare_runs, small_runs

from experiments import benchmark
from experiments.benchmarking import book, cells, spending
from experiments.cli import errors, flags
from experiments.stages import finished_runs

METHODS = ("isir", "ddls", "mala")


@pytest.fixture(scope="module", autouse=True)
def few():
    tf.config.run_functions_eagerly(True)  # graphs take longer to make than to run
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(finished_runs, "POINTS", 300)
            yield
    finally:
        tf.config.run_functions_eagerly(False)


def fill(run, workdir, **changes):
    given = {"method": METHODS, "budgets": (5.0, 14.0), "n": 20} | changes
    config = benchmark.Config(from_run=(str(run),), workdir=str(workdir), **given)
    benchmark.run(config)
    return small_runs.results(workdir, "benchmark.jsonl")


@pytest.fixture(scope="module")
def whole(whole_planar, tmp_path_factory):
    folder = tmp_path_factory.mktemp("benchmark") / "whole"
    before = small_runs.everything(whole_planar)
    fill(whole_planar, folder)
    assert small_runs.everything(whole_planar) == before
    return folder


def test_each_cell_is_a_line_within_its_budget_or_says_why_it_is_empty(whole):
    lines = small_runs.results(whole, "benchmark.jsonl")
    found = {(line["budget"], line["method"]): line for line in lines}
    full = {cell for cell, line in found.items() if line["cost"] is not None}
    plain = {"standard", "isir", "best", "hastings afresh"}
    assert {(b, m) for b, m in full if not m.startswith("truncated")} == {
        *((b, m) for b in (5.0, 14.0) for m in plain),
        (14.0, "ddls"),
    }
    for (budget, _), line in found.items():
        if line["cost"] is None:
            assert line["reason"]
        else:
            assert line["cost"] <= budget and line["n"] == 20
            assert {"good", "kl", "modes"} <= line.keys()
            assert line["errors"].keys() >= {"good", "modes"}
    assert found[14.0, "mala"]["reason"] == "its least cost is above 14"
    assert found[14.0, "isir"]["chains"] == 2 and found[14.0, "isir"]["ess"] > 0
    assert {line["d_step"] for line in lines} == {4}
    # Latents of the plain prior that are as short as those of the walk, or no shorter.
    own = found[14.0, "ddls"]["z_square_after"]
    truncated = found[14.0, "truncated as ddls"]
    if own < 1:
        assert truncated["flags"]["truncation"] > 0
    else:
        assert truncated["reason"] == "the walk does not shrink its latents"
    times = small_runs.results(whole, "timings.jsonl")
    assert len(times) == len(full)
    assert all(t["seconds"] > 0 and t["peak_memory_mib"]["process"] for t in times)


def test_a_killed_benchmark_goes_on_to_the_same_bytes(
    whole, whole_planar, tmp_path, monkeypatch
):
    append, left = book.jsonl.Table.append, [6]
    run = lambda: fill(whole_planar, tmp_path / "mine", budgets=(14.0,))
    lines = (whole / "benchmark.jsonl").read_bytes().splitlines(keepends=True)
    expected = [line for line in lines if json.loads(line)["budget"] == 14]

    def killed(self, *given, **how):
        left[0] -= 1
        if not left[0]:  # between a cell's times and its line
            raise KeyboardInterrupt
        return append(self, *given, **how)

    with monkeypatch.context() as patch:
        patch.setattr(book.jsonl.Table, "append", killed)
        with pytest.raises(KeyboardInterrupt):
            run()
    mine = tmp_path / "mine" / "benchmark.jsonl"
    done, times = (
        small_runs.results(tmp_path / "mine", f"{name}.jsonl")
        for name in ("benchmark", "timings")
    )
    full = [line for line in done if line["cost"] is not None]
    assert 0 < len(full) < len(times) and len(done) < len(expected)
    run()
    assert mine.read_bytes() == b"".join(expected)
    monkeypatch.setattr(spending, "spend", None)  # nothing is drawn again
    run()
    assert mine.read_bytes() == b"".join(expected)


def test_a_walk_is_written_before_its_shorter_prior_is_drawn(
    whole_planar, tmp_path, monkeypatch
):
    spent = cells._spent

    def killed(subject, cell, n, norm):
        if cell.walk:
            raise KeyboardInterrupt
        return spent(subject, cell, n, norm)

    monkeypatch.setattr(cells, "_spent", killed)
    with pytest.raises(KeyboardInterrupt):
        fill(whole_planar, tmp_path / "mine", method=("ddls",), budgets=(14.0,))
    (*_, last) = small_runs.results(tmp_path / "mine", "benchmark.jsonl")
    assert last["method"] == "ddls" and last["cost"] is not None


def test_a_run_of_two_names_is_drawn_once(whole_planar, tmp_path, monkeypatch):
    drawn, spent = [], cells._spent
    monkeypatch.setattr(cells, "_spent", lambda *a: [drawn.append(a), spent(*a)][1])
    same = str(whole_planar), f"{whole_planar}/."
    given = {"method": ("isir",), "budgets": (5.0,), "n": 20}
    benchmark.run(benchmark.Config(from_run=same, workdir=str(tmp_path), **given))
    lines = small_runs.results(tmp_path, "benchmark.jsonl")
    assert len(drawn) == len(lines) == len({line["method"] for line in lines})


class Page(html.parser.HTMLParser):
    """What a page fetches, and the numbers in its tables."""

    def __init__(self, text):
        super().__init__()
        self.fetched, self.values, self.tags = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        for name, value in attributes:
            if name in ("src", "href", "xlink:href", "data", "action", "srcset"):
                self.fetched.append(value)
            if name == "data-value":
                self.values.append(float(value))


def test_the_page_needs_nothing_else_and_holds_the_numbers_of_the_lines(whole):
    text = (whole / "report.html").read_text("utf-8")
    page = Page(text)
    assert all(target.startswith("#") for target in page.fetched)
    assert "@import" not in text and "url(http" not in text
    assert not {"link", "iframe", "img"} & {*page.tags}
    for line in small_runs.results(whole, "benchmark.jsonl"):
        if line["cost"] is None:
            assert line["reason"] in text
            continue
        for name in ("cost", "good", "modes", "efficiency"):
            assert float(line[name]) in page.values
        assert f"{line['cost']:.4g}" in (whole / "table.md").read_text("utf-8")


def test_another_draw_and_another_seed_are_averaged(
    whole, whole_planar, tmp_path, capfd
):
    folder = tmp_path / "mine"
    shutil.copytree(whole, folder)
    lines = fill(whole_planar, folder, seeds=(0, 1), budgets=(5.0,), method=("isir",))
    pair = [line for line in lines if (line["method"], line["budget"]) == ("isir", 5.0)]
    good = [line["good"] for line in pair]
    assert len({tuple(line["errors"].items()) for line in pair}) == len(good) == 2
    table = (folder / "table.md").read_text("utf-8")
    told = capfd.readouterr().out.splitlines()
    assert told[-1].endswith(f"are in {folder}/report.html and {folder}/table.md.")
    assert max(map(len, told[:-1])) <= 100 and {*told[:-2]} <= {*table.splitlines()}
    assert "within 2 draws of one GAN" in table
    assert "within one draw of one GAN" in (whole / "table.md").read_text("utf-8")
    half = 1.96 * np.hypot(*(line["errors"]["good"] for line in pair)) / 2
    (row,) = [r for r in table.splitlines() if r.startswith("| 5 ") and "isir" in r]
    assert f"{np.mean(good):.4g} ± {half:.2g}" in row


def test_images_are_judged_by_distance_precision_and_recall(whole_digits, tmp_path):
    with pytest.warns(UserWarning, match="far too high"):
        lines = fill(
            whole_digits, tmp_path / "mine", budgets=(4.0,), method=("standard",)
        )
    assert [line["method"] for line in lines] == [
        "standard",
        "best",
        "hastings afresh",
    ]
    for line in lines:
        for name in ("fd", "precision", "recall"):
            value = line[f"{name}_random_pool_20_test"]
            assert value >= 0 and f"{name}_random_pool_20_test" in line["errors"]


@pytest.mark.parametrize(
    "argv, words",
    [
        ([], "--from_run="),
        (
            ["--from_run=nowhere"],
            "--from_run='nowhere': item 'nowhere' must be a folder that is",
        ),
        (["--from_run=RUN,RUN"], "--from_run names one thing twice, or nothing"),
        (["--from_run=RUN", "--budgets=5,5"], "--budgets names one thing twice"),
        (["--from_run=RUN", "--budgets=0.5"], "must be at least 1"),
        (["--from_run=RUN", "--n=25"], "must be a multiple of 10"),
        (["--from_run=RUN", "--method=hmcc"], "did you mean hmc?"),
        (["--from_run=RUN", "--ckpt_num=3"], "has no checkpoint of that GAN step"),
        (["--from_run=RUN", "--data_dir=RUN"], "--data_dir has no effect with --from"),
        (["--from_run=RUN", "--workdir=RUN/new"], "is in --from_run='RUN', which is"),
        (["--from_run=RUN/figures"], "has no config.json, so it is not a run: give"),
    ],
)
def test_what_makes_no_sense_is_one_sentence_and_leaves_nothing(
    argv, words, whole_planar, tmp_path, monkeypatch, capfd
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "RUN").symlink_to(whole_planar)
    before = small_runs.everything(tmp_path)
    with pytest.raises(SystemExit) as ended:
        argv = ["benchmark", "--workdir=new", *argv]
        flags.main(benchmark.Config, benchmark.run, argv)
    assert ended.value.code == 2
    told = capfd.readouterr().err.strip().splitlines()[-1]
    assert words in told and "Traceback" not in told
    assert small_runs.everything(tmp_path) == before


def test_a_folder_of_something_else_is_refused(whole, whole_planar, tmp_path):
    shutil.copytree(whole, tmp_path / "mine")
    record = bare_runs.record(tmp_path / "mine")
    record["version"] = "0.0.1"
    (tmp_path / "mine/config.json").write_text(json.dumps(record))
    with pytest.raises(errors.Refused, match=r"holds a run of tf_collab 0\.0\.1, and"):
        fill(whole_planar, tmp_path / "mine")
