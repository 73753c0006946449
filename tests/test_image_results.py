"""The table of emoji in docs/results/images.md has the numbers of its lines."""

import collections
import json
import pathlib
import statistics

RESULTS = pathlib.Path(__file__).parents[1] / "docs" / "results"
TUNED = {"calibrate": "calibrated", "shape": "shaped"}


def shown(line, count):
    distance = line.get(f"fd_classifier_penultimate_{count}_test")
    score = line.get(f"cs_classifier_logits_{count}_1split")
    return "–" if distance is None else f"{distance:.1f} ({score:.2f})"


def test_every_line_of_emoji_is_a_row():
    page = (RESULTS / "images.md").read_text("utf-8")
    lines = (RESULTS / "emoji_dcgan.jsonl").read_text("utf-8").splitlines()
    assert lines
    for line in map(json.loads, lines):
        tuned = f"{TUNED[line['phase']]}, {line['d_step']} steps"
        d = tuned if line["d_step"] else "as trained"
        d = "–" if line["method"] == "standard" else d
        cells = line["method"], d, shown(line, "2k"), shown(line, "900")
        assert f"| {' | '.join(cells)} |\n" in page


def test_rates_that_are_found_have_the_numbers_of_their_lines():
    page = (RESULTS / "images.md").read_text("utf-8")
    found = collections.defaultdict(list)
    lines = (RESULTS / "fashion_mnist_auto_rate.jsonl").read_text("utf-8").splitlines()
    for line in map(json.loads, lines):
        case = line["method"], "auto" in line["protocol"], line["d_step"] > 0
        found[case].append(line["fd_classifier_penultimate_2k_test"])
    assert len(found) == 5
    for (method, *_), each in found.items():
        mean, spread = statistics.mean(each), statistics.stdev(each)
        digits = 1 if method == "standard" else 2
        assert len(each) == 3
        assert f"| {mean:.{digits}f} ± {spread:.{digits}f} |" in page
