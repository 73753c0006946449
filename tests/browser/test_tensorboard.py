"""TensorBoard shows a finished run: curves, images, histograms and hparams."""

import re
import subprocess
import sys

import pytest

from browser import looking


@pytest.fixture(scope="module")
def address(run):
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(run.parent)]
    command += ["--host=127.0.0.1", "--port=0", "--load_fast=false"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            told = (re.search(r"http://127\.0\.0\.1:\d+/", s) for s in process.stderr)
            yield next(filter(None, told))[0]
        finally:
            process.kill()


TABS = {
    "timeseries": ("D /d_brier", "loss", "quality", "speed"),
    "images": ("pictures/landscape-calibrated",),
    "histograms": ("D/score/real", "D/score/refinement (shape-g4)"),
    "hparams": ("rollout_rate", "Imbal-8Gaussians", "ring"),
}


@pytest.mark.parametrize("tab", TABS)
def test_a_tab_shows_the_run(tab, address, chromium):
    chromium.get(f"{address}#{tab}")
    whole = lambda text: all(name in text for name in TABS[tab])
    looking.until(chromium, looking.words, whole)
    if tab == "images":
        looking.until(chromium, looking.pictures, lambda sizes: len(sizes) >= 6)
