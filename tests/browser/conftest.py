"""A run and its benchmark as a person makes them, and a browser to look at them."""

import importlib.util
import os
import pathlib
import shutil
import subprocess
import sys

import pytest
from helpers import cheaply, small_runs

if importlib.util.find_spec("selenium") is None:
    collect_ignore_glob = ["test_*"]

ROOT = pathlib.Path(__file__).parents[2]


def program(name, *argv):
    kept = {k: v for k, v in os.environ.items() if k not in cheaply.ENVIRONMENT}
    command = [sys.executable, "-m", f"experiments.{name}", *argv]
    subprocess.run(command, check=True, cwd=ROOT, env=kept, capture_output=True)


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "ring"
    program("mog2d", *small_runs.command(small_runs.PLANAR), f"--workdir={folder}")
    return folder


@pytest.fixture(scope="session")
def report(run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("benchmarks") / "ring"
    how = "--method=rejection,isir", "--budgets=5,14", "--n=40"
    program("benchmark", *how, f"--from_run={run}", f"--workdir={folder}")
    return folder / "report.html"


@pytest.fixture(scope="session")
def chromium():
    """Debian's, without a window, which reaches this machine alone."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for switch in (
        "headless=new",
        "no-sandbox",  # which root may not have
        "disable-gpu",
        "disable-dev-shm-usage",
        "force-prefers-reduced-motion",
        "host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ):
        options.add_argument(f"--{switch}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = shutil.which("chromedriver")
    assert driver, "apt-get install chromium chromium-driver"
    browser = webdriver.Chrome(options, webdriver.ChromeService(driver))
    browser.set_window_size(1440, 1000)
    yield browser
    browser.quit()
