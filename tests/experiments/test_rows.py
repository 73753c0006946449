"""A row of a table is all that programs need to know of a method."""

import pathlib
import re
import subprocess
import sys

import keras
import pytest
from helpers import recording, small_runs

from experiments import celeba, coulomb, mnist, mog2d
from experiments.cli import errors, flags
from experiments.stages import samplers
from tf_collab import sampling, tables

ROOT = pathlib.Path(__file__).parents[2]
PROGRAMS = {"mog2d": mog2d, "mnist": mnist, "celeba": celeba, "coulomb": coulomb}
# One row more of samplers and of flags, as if the tables had them, and one file more,
# as if sampling had it.
WITH_A_ROW = r"""
import importlib.util, pathlib, re, sys, types
import tf_collab as tc

docs = pathlib.Path(sys.argv.pop(1))
page = (docs / "extending.md").read_text("utf8")


def changed(module, head, name):
    (row,) = re.findall(rf'```python\n("{name}": .*?)```', page, re.DOTALL)
    text = pathlib.Path(tc.__file__).with_name(f"{module}.py").read_text("utf8")
    made = types.ModuleType(f"tf_collab.{module}")
    exec(text.replace(head, head + row), vars(made))
    sys.modules[made.__name__] = made
    return made


changed("sampler_flags", "FLAGS: dict[str, FlagRow] = {", "soft_percentile")
head = "SAMPLERS: dict[str, SamplerRow] = {"
tc.tables = changed("tables", head, "soft_threshold")

file = docs / "skeletons" / "skeleton_sampler.py"
spec = importlib.util.spec_from_file_location("soft_threshold", file)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
tc.sampling.soft_threshold = module.soft_threshold

from experiments import mog2d
from experiments.cli import flags

flags.main(mog2d.Config, mog2d.run)
"""


def test_a_sampler_is_drawn_by_name_once_it_has_a_row(tmp_path):
    flags = "--method=soft_threshold,hastings", "--soft_percentile=40"
    argv = small_runs.quick(*flags, f"--workdir={tmp_path}")
    command = [sys.executable, "-c", WITH_A_ROW, str(ROOT / "docs"), *argv]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert re.search(r"\| soft_threshold +\|", done.stdout)
    chain, line = small_runs.results(tmp_path)  # by their seeds, not by the table
    assert (chain["method"], line["method"]) == ("hastings", "soft_threshold")
    assert line["protocol"].endswith(", percentile 40.0")
    assert line["phase"] == "calibrate"
    assert (tmp_path / "samples" / "soft_threshold-g2-d0.npz").exists()


# Of a score of 3: hinge rewards it as it is, least squares are 2 from what they want.
ENERGY_OF_THREE = {"hinge": -3.0, "lsgan": 4.0}


@pytest.mark.parametrize("gan", ENERGY_OF_THREE)
@pytest.mark.parametrize("name", ["mog2d", "mnist", "celeba"])
def test_a_gan_without_a_ratio_trains_wherever_its_row_says(
    name, gan, digits, tmp_path
):
    program = PROGRAMS[name]
    assert name in tables.OBJECTIVES[gan].programs
    options = {"niters": 2, "eval_every": 2, "num_samples": 80, "mode": "train"}
    if name == "mog2d":
        options |= {"nhidden": 8, "nlayers": 3, "batch_size": 50}
    else:
        options |= {"width": 0.05, "features": "random", "batch_size": 8}
        options |= {"dataset": "mnist", "data_dir": str(digits)}
    if name == "celeba":
        options["output_size"] = 32
    with recording.watched() as watch:
        program.run(program.Config(gan=gan, workdir=str(tmp_path), **options))
    (loop,) = watch.loops
    assert len(loop.steps) == 2 and loop.gan.objective.log_ratio is None
    assert float(loop.gan.objective.energy(3.0)) == ENERGY_OF_THREE[gan]
    norms = [
        layer
        for layer in loop.gan.discriminator._flatten_layers()
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    assert bool(norms) == (name != "mog2d")  # whose D has none whatever it learns
    assert [line["gan_step"] for line in small_runs.results(tmp_path, "training.jsonl")]


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize(
    "given, meant",
    [("--gan=nsgn", "nsgan"), ("--method=hasting", "hastings")]
    + [("--rollout_method=momentun", "momentum"), ("--gan=bce", "nsgan")],
)
def test_a_misspelt_name_is_answered_with_the_nearest(name, given, meant):
    with pytest.raises(errors.Refused, match=f"did you mean {meant}"):
        flags.parse(PROGRAMS[name].Config, [name, given])


def test_an_objective_of_another_program_is_refused():
    with pytest.raises(errors.Refused, match=r"--gan='coulomb': must be one of nsgan"):
        flags.parse(mog2d.Config, ["mog2d", "--gan=coulomb"])
    with pytest.raises(errors.Refused, match=r"--gan='hinge': must be one of"):
        flags.parse(coulomb.Config, ["coulomb", "--gan=hinge"])


def test_without_a_ratio_refinement_moves_by_adam(tmp_path):
    for gan, row in tables.objectives_of("mog2d").items():
        (config,) = mog2d.Config(gan=gan, workdir=str(tmp_path / gan)).each_run()
        assert config.rollout_method == ("ladam" if row.ratio else "adam")


@pytest.mark.parametrize(
    "name, proposer",
    [("rejection", tables.refined), ("collaborative", tables.plain)],
    ids=["rejection", "collaborative"],
)
def test_a_row_that_asks_a_d_about_samples_it_did_not_learn_from_is_told(
    name, proposer, trained, monkeypatch
):
    row = tables.SAMPLERS[name]._replace(proposer=proposer)
    monkeypatch.setitem(tables.SAMPLERS, name, row)
    kind = {"calibrated": "calibrate", "shaped": "shape"}[row.judge]
    plain = sampling.direct(trained)
    with pytest.raises(ValueError, match=f"the row of '{name}' has judge="):
        samplers.build(mog2d.Config(num_samples=50), kind, trained, plain)
