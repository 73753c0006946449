"""The table of emoji in docs/results/images.md has the numbers of its lines."""

import json
import pathlib

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
        d = TUNED[line["phase"]] if line["d_step"] else "as trained"
        d = "–" if line["method"] == "standard" else d
        cells = line["method"], d, shown(line, "2k"), shown(line, "900")
        assert f"| {' | '.join(cells)} |\n" in page
