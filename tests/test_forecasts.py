"""The table of forecasts counts what is within its bounds."""

import json
import pathlib

from benchmarks import forecast_table, json_lines
from tf_collab.front.checking import Check
from tf_collab.metrics import Interval

LINES = pathlib.Path(__file__).parents[1] / "docs" / "results" / "forecasts.jsonl"


def line(gan, seed, named, **methods):
    found = {
        method: {"kept": [0.2, 0.2 + off], "gain": [0.3, 0.3 + off], "distance": [0, d]}
        for method, (off, d) in methods.items()
    }
    return {"gan": gan, "seed": seed, "named": named, "methods": found}


def test_a_gan_is_a_row_and_seeds_are_averaged():
    lines = [
        line("ring", 0, "obrs", obrs=(0.01, 0.02), refinement=(0.5, 0.05)),
        line("ring", 1, "refinement", obrs=(-0.03, 0.03), refinement=(0.0, 0.02)),
    ]
    # Named: 0.02 and 0.02; obrs alone 0.025, refinement alone 0.035.
    assert forecast_table.near_best(lines) == (0.02, "obrs", 0.025, True)
    row = forecast_table.summary(lines).splitlines()[2]
    cells = (
        "ring | 2 | 1 of 2 (0.030) | 1 of 2 (0.030) | obrs, refinement | 20 | obrs 25"
    )
    assert row == f"| {cells} | yes |"


def test_ds_are_counted():
    pair = {
        "gan": "by_heart",
        "good": {"flagged": False},
        "by heart": {"flagged": True},
    }
    missed = {**pair, "by heart": {"flagged": False}}
    text = forecast_table.summary([pair, missed])
    assert "Of 2 Ds that learned 500 reals by heart 1 were flagged" in text
    assert "and of 2 that learned from ever new ones 2 were cleared" in text


def test_the_page_has_the_table_of_its_lines():
    lines = [json.loads(text) for text in LINES.read_text("utf-8").splitlines()]
    page = LINES.with_suffix(".md").read_text("utf-8")
    assert forecast_table.summary(lines).strip() in page


def test_each_d_of_the_published_lines_that_is_flagged_learned_by_heart():
    found = [each for each in json_lines.read(LINES) if each["gan"] == "by_heart"]
    assert len(found) == 20
    for each in found:
        for name in ("good", "by heart"):
            slope, mean = (Interval(*each[name][key]) for key in ("slope", "mean"))
            told = Check(slope, mean, carriers=100.0, samples=400)
            assert told.too_sure is each[name]["flagged"] is (name == "by heart")


def test_the_page_counts_the_gains_by_more_latents():
    lines = json_lines.read(LINES.with_name("forecasts_4000.jsonl"))
    assert {line["latents"] for line in lines} == {4000}
    gains = [
        abs(found["gain"][0] - found["gain"][1])
        for line in lines
        for method, found in line["methods"].items()
        if method not in ("standard", "refinement")
    ]
    hold = sum(gain <= 0.02 for gain in gains)
    told = f"{hold} of {len(gains)} gains hold within .02"
    assert told in LINES.with_suffix(".md").read_text("utf-8")
