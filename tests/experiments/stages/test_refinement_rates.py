"""A rate that is found: what it is found for, where it is recorded, who uses it."""

import functools
import json
import math
import shutil
import types

import numpy as np
import pytest
import tensorflow as tf
from helpers import oracles, recording, small_runs

import tf_collab as tc
from experiments import coulomb, mog2d
from experiments.benchmarking import subjects
from experiments.cli import errors, flags
from experiments.images import layer_sweep
from experiments.rundir import run_record
from experiments.stages import records, refinement_rates
from experiments.stages.data import Task

AT = 4  # GAN step of whole_planar
OTHERS = {"method": ("refinement",), "num_samples": 80, "rollout_steps": 3}
DRAWN = f"refinement-g{AT}-d0.npz"


def draw(source, folder, **given):
    """Samples that the trained D of another run refines."""
    given = {"from_run": str(source), "mode": "sample", **OTHERS, **given}
    with recording.eagerly():
        mog2d.run(mog2d.Config(workdir=str(folder), **given))
    return small_runs.results(folder)


@pytest.fixture(scope="module")
def found(whole_planar, tmp_path_factory):
    """A run by auto: its folder, and what was seen."""
    folder = tmp_path_factory.mktemp("found") / "run"
    with recording.watched() as watch:
        draw(whole_planar, folder, rollout_rate="auto")
    return folder, watch


def number(folder):
    return json.loads((folder / "config.json").read_text())["phases"][f"rate-g{AT}"][
        "found"
    ]


def test_it_is_found_once_by_the_trained_d_for_the_whole_path(found):
    folder, watch = found
    (seen,) = watch.rates
    assert (seen["layer"], seen["steps"]) == (3, 3)
    trained = watch.drawn[-1].judge  # D as it is drawn with has learned nothing
    for mine, theirs in zip(
        seen["gan"].discriminator.variables, trained.gan.discriminator.variables
    ):
        np.testing.assert_array_equal(mine, theirs)
    assert len(seen["real"].score) == 80  # all that are held out
    assert number(folder) == pytest.approx(seen["found"], rel=0.005)
    again = tc.sampling.suggest_rate(
        trained.gan,
        tc.policies.ladam,
        **{name: seen[name] for name in ("layer", "steps", "real", "n", "seed")},
    )
    assert float(f"{again:.3g}") == number(folder)


def test_the_number_is_in_log_record_and_protocol(found):
    folder, _ = found
    told = f"--rollout_rate=auto: {number(folder)} at GAN step {AT}, where 3 steps of "
    told += "ladam move the median sample by half of the spread of G's samples, "
    told += "down a steady slope\n"
    assert (folder / "log").read_text().count(told) == 1
    (line,) = small_runs.results(folder)
    words = f"good<4sd, ladam auto x 3 on data, rollout_rate={number(folder)}"
    assert line["protocol"] == words


def test_the_number_by_hand_gives_the_same_bytes(found, whole_planar, tmp_path):
    folder, _ = found
    (by_hand,) = draw(whole_planar, tmp_path / "run", rollout_rate=number(folder))
    (line,) = small_runs.results(folder)
    alike = {name for name in line if name != "protocol"}
    assert {name: by_hand[name] for name in alike} == {n: line[n] for n in alike}
    ours, theirs = (
        small_runs.outcome(top)[DRAWN] for top in (folder, tmp_path / "run")
    )
    assert ours == theirs


def test_a_later_command_goes_on_with_the_number(found, tmp_path, monkeypatch):
    folder, before = shutil.copytree(found[0], tmp_path / "run"), number(found[0])
    (folder / "samples" / DRAWN).unlink()
    monkeypatch.setattr(tc.sampling, "suggest_rate", None)  # is not asked again
    with recording.eagerly():
        mog2d.run(
            mog2d.Config(workdir=str(folder), mode="sample", method=OTHERS["method"])
        )
    assert small_runs.outcome(folder) == small_runs.outcome(found[0])
    assert number(folder) == before
    log = (folder / "log").read_text()
    assert log.count(f"--rollout_rate=auto: {before} at GAN step {AT}, ") == 2


@pytest.mark.parametrize("wrong", ["auto", -1, 0, [], math.inf, {}, None])
def test_a_record_whose_number_is_none_is_one_sentence_or_has_none(wrong):
    phases = {"rate-g7": {records.FOUND: wrong}}
    if wrong is None:
        assert refinement_rates.recorded(phases, 7) is None
    else:
        with pytest.raises(errors.Refused, match=r"has '.*' as the rate of rate-g7"):
            refinement_rates.recorded(phases, 7)
    assert refinement_rates.recorded({"rate-g7": {records.FOUND: 1}}, 7) == 1
    assert refinement_rates.recorded(phases, 8) is None


GAN = oracles.skewed_gan()
DEPTH = GAN.generator.depth
MOVE = types.SimpleNamespace(rollout_method="momentum", rollout_steps=5)
SEED = tc.seeds.as_seed(3)


SOME = GAN.generator(GAN.prior(30, tc.seeds.as_seed(5)))
TASK = Task(lambda step: None, SOME, lambda x: {}, protocol="", rows=10)


def suggested(gan=GAN, layer=None, move=MOVE):
    return refinement_rates.suggested(move, gan, TASK.scored(gan), layer, SEED, 7)


@pytest.mark.parametrize("layer", [0, 1, DEPTH, None])
def test_a_path_is_half_of_its_own_layers_spread(layer):
    at = DEPTH if layer is None else layer
    rate = suggested(layer=layer)
    assert rate == float(f"{rate:.3g}")
    h = GAN.generator.encode(GAN.prior(64, SEED), to=at)
    width = np.sqrt(np.mean(np.sum((h - np.mean(h, 0)) ** 2, 1)))
    with tf.GradientTape() as tape:
        tape.watch(h)
        energy = GAN.objective.energy(
            GAN.scored(GAN.generator.decode(h, from_=at)).score
        )
    slope, policy = tape.gradient(energy, h), tc.policies.momentum(rate)
    state, moved = policy.init(h), 0.0
    for _ in range(5):  # by hand, down the first slope
        delta, state = policy.update(slope, state, gap=None)
        moved += delta
    away = np.median(np.linalg.norm(moved, axis=1))
    assert away / width == pytest.approx(0.5, rel=0.006)


@pytest.mark.parametrize("slope", [0.0, 1e-9])
def test_a_saturated_d_is_refused_in_a_sentence_with_the_flag(slope):
    flat = lambda x: slope * GAN.discriminator(x)
    gan = GAN._replace(discriminator=tc.models.LayeredModel([flat]))
    words = r"^--rollout_rate=auto at GAN step 7: .* saturated.*; give a number instead"
    with pytest.raises(errors.Refused, match=f"{words}$"):
        suggested(gan, layer=0)


def test_no_steps_are_no_path():
    argv = ["mog2d", "--rollout_rate=auto", "--rollout_steps=0"]
    with pytest.raises(
        errors.Refused, match=r"^--rollout_rate=auto .*_steps=0 has none"
    ):
        flags.parse(mog2d.Config, argv)


def phases_of(config=mog2d.Config, **given):
    given = {"rollout_rate": "auto", "ckpt_num": (3, 5), **given}
    return records.depends(config(**given).settled())


def test_each_gan_step_records_what_its_rate_stands_on():
    phases = phases_of(collab_layer=1, stop=0.5)
    path = {"rollout_method", "rollout_rate", "rollout_steps", "collab_layer"}
    for at in (3, 5):
        found = phases[f"rate-g{at}"]
        assert found.keys() - phases["train"].keys() == path
        assert found["collab_layer"] == 1 and found["rollout_rate"] == "auto"
        shaped = phases[f"shape-g{at}"]
        assert found.items() <= shaped.items()  # and what differs is told of both


@pytest.mark.parametrize(
    "given, recorded",
    [
        ({}, True),
        ({"mode": "shape"}, True),
        ({"mode": "sample"}, True),
        ({"mode": "sample", "method": ("standard", "hastings")}, False),
        ({"mode": "calibrate"}, False),
        ({"mode": "train"}, False),
        ({"rollout_rate": 0.1}, False),
    ],
)
def test_commands_that_do_not_refine_record_no_rate(given, recorded):
    assert ("rate-g3" in phases_of(**given)) == recorded
    if "mode" not in given:
        assert ("rate-g3" in phases_of(coulomb.Config, **given)) == recorded


def test_a_sweep_of_layers_finds_the_rate_of_each_layers_path(monkeypatch):
    seen = []

    def record(gan, make_policy, **options):
        seen.append((options["layer"], options.get("steps")))
        return 0.1

    monkeypatch.setattr(tc.sampling, "suggest_rate", record)
    for rate in ("auto", 0.2):
        config = types.SimpleNamespace(rollout_rate=rate, **vars(MOVE))
        session = types.SimpleNamespace(config=config, seeds={"probe": SEED})
        for layer in (0, 1):
            layer_sweep._rate(session, GAN, layer, None, 7)
    assert seen == [(0, 5), (1, 5), (0, None), (1, None)]


def test_a_benchmark_refines_at_the_number_that_was_found():
    move = {"rollout_method": "momentum", "rollout_rate": "auto", "stop": None}
    move |= {"rollout_steps": 5, "collab_layer": 1}
    phases = {"shape-g7": move, "rate-g7": {records.FOUND: 0.25}}
    session = types.SimpleNamespace(config=mog2d.Config(), seeds={"probe": SEED})
    entered = types.SimpleNamespace(session=session, gan=GAN, task=TASK)
    moves = functools.partial(subjects._moves, at=7, found=entered)
    record = run_record.Record("mog2d", "0", {}, phases)
    wanted = {"rollout_method": "momentum", "stop": None, "layer": 1}
    assert moves(record) == {**wanted, "rollout_rate": 0.25}
    # Asked for by a command that neither tuned nor drew: it is found now.
    record = run_record.Record("mog2d", "0", move, {})
    assert moves(record) == {**wanted, "rollout_rate": suggested(layer=1)}
