"""The GAN of a finished run through the front door."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
import tensorflow as tf
from helpers import bare_runs, small_runs

import tf_collab as tc
from experiments import mnist, sample
from experiments.cli import errors, flags
from experiments.images import image_sets
from experiments.points import point_gans, targets
from experiments.stages import finished_runs, sessions


@pytest.fixture(scope="module", autouse=True)
def few():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finished_runs, "POINTS", 300)
        yield


def command(run, workdir, *argv):
    given = [f"--from_run={run}", f"--workdir={workdir}", *argv]
    flags.main(sample.Config, sample.run, ["sample", *given])


class Enough(Exception):
    """The library was asked, and the rest is its own."""


def test_the_library_is_given_the_gan_of_the_run_and_its_reals(
    whole_planar, tmp_path, monkeypatch, capfd
):
    asked = []

    def collaborate(*given, **how):
        asked.append((given, how))
        raise Enough

    monkeypatch.setattr(tc, "collaborate", collaborate)
    before, workdir = small_runs.everything(whole_planar), str(tmp_path / "mine")
    with pytest.raises(Enough):
        sample.run(sample.Config(from_run=str(whole_planar), workdir=workdir, seed=3))
    assert small_runs.everything(whole_planar) == before
    (((gan, learned), how),) = asked
    assert (
        "is not used: D begins as it was trained" in capfd.readouterr().err
    )  # before minutes
    # The nets by hand, as they are in the checkpoint, and the run's own reals.
    config = dataclasses.replace(small_runs.PLANAR, num_samples=300)
    own = point_gans.make(config)
    saved = {"generator": own.generator, "discriminator": own.discriminator}
    there = tc.training.Checkpoints(whole_planar / "checkpoints/train", **saved)
    assert there.restore(4) == 4
    task = targets.make(config, sessions.seeds_of(config)).task
    assert np.array_equal(learned, np.concatenate([*map(task.batch_at, range(5))]))
    assert np.array_equal(how.pop("held_out"), task.held_out)
    assert how == {"seed": 3, "groups": None, "folder": tmp_path / "mine/tuning"}
    x, expected = (
        part.generator.encode(part.prior(9, (0, 1)), to=2) for part in (gan, own)
    )
    assert np.array_equal(x, expected)
    scores, expected = (part.scored(learned).score for part in (gan, own))
    assert np.array_equal(scores, expected)
    ratios = (part.log_ratio(tf.constant([0.5])) for part in (gan, own))
    assert np.array_equal(*ratios)
    assert gan.assumed == (
        f"the GAN is that of --from_run={str(whole_planar)!r}, which tf_collab "
        f"{tc.__version__} trained, as it is at GAN step 4",
        f"the D that --from_run={str(whole_planar)!r} itself calibrated at GAN step 4 "
        "and shaped at GAN step 4 is not used: D begins as it was trained with that "
        "GAN",
        "held-out reals are those that the run held out",
    )


def test_images_of_the_verdict_are_none_that_a_net_learned(
    digits, whole_digits, tmp_path
):
    workdir = str(tmp_path / "mine")
    programs = {"mnist": mnist}
    found = finished_runs.opened(str(whole_digits), workdir, programs, {})
    assert not (tmp_path / "mine").exists()
    config = mnist.Config(**small_runs.IMAGES, data_dir=str(digits))
    train, test = image_sets.both(None, config)
    assert found.objective == "nsgan"
    x, labels = found.learned
    lines = lambda x: [tuple(row) for row in np.asarray(x).reshape(len(x), -1)]
    learned, held = lines(x), lines(found.held_out)
    known, tests = (lines(tc.data.to_float(part.pixels)) for part in (train, test))
    assert {*held} == {*known} - {*learned} | {*tests}
    by_pixels = dict(zip(known, train.labels))
    assert [by_pixels[row] for row in learned] == labels.tolist()


def test_groups_of_a_run_go_with_its_held_out_rows(
    digits, whole_digits, tmp_path, monkeypatch
):
    """A row that no net learned has the group that its split gave it."""
    both = image_sets.both

    def grouped(*asked):
        parts = both(*asked)
        groups = [np.arange(len(part.pixels)) // 3 for part in parts]
        return [part._replace(groups=g) for part, g in zip(parts, groups)]

    monkeypatch.setattr(image_sets, "both", grouped)
    found = finished_runs.opened(str(whole_digits), str(tmp_path), {"mnist": mnist}, {})
    config = mnist.Config(**small_runs.IMAGES, data_dir=str(digits))
    known = [
        {bytes(x): (i, g) for x, g in zip(tc.data.to_float(part.pixels), part.groups)}
        for i, part in enumerate(grouped(None, config))
    ]
    of = [(known[0] | known[1])[bytes(x)] for x in found.held_out]
    assert len({*zip(of, found.groups)}) == len({*of}) == len({*found.groups})


@pytest.mark.parametrize(
    "argv, words",
    [
        (["--from_run=RUN/figures"], "has no config.json, so it is not a run: give"),
        (["--from_run=nowhere"], "--from_run='nowhere': must be a folder that is"),
        (["--from_run=OTHER"], "is a run of compare, and those of mog2d, mnist, celeb"),
        (["--from_run=UNTRAINED"], "is a run that trained no GAN: give the run that"),
        (["--generator=RUN/log"], "--generator and --from_run='RUN' both say what is"),
        (["--gan=hinge"], "--gan=hinge has no effect with --from_run: leave it out"),
        (["--data_dir=RUN"], "--data_dir has no effect with --from_run='RUN', a run"),
        (["--workdir=RUN/new"], "is in --from_run='RUN', which is only read: give"),
    ],
)
def test_what_is_not_a_finished_run_is_one_sentence(
    argv, words, whole_planar, tmp_path, monkeypatch, capfd
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "RUN").symlink_to(whole_planar)
    for name, changes in (("OTHER", {"experiment": "compare"}), ("UNTRAINED", {})):
        shutil.copytree(whole_planar, name)
        record = bare_runs.record(tmp_path / name)
        del record["phases"]["train"]
        record |= changes
        (tmp_path / name / "config.json").write_text(json.dumps(record))
    before = small_runs.everything(tmp_path)
    with pytest.raises(SystemExit) as ended:
        command("RUN", "new", *argv)
    told = capfd.readouterr().err
    assert ended.value.code == 2 and words in told and told.count("\n") == 1, told
    assert small_runs.everything(tmp_path) == before


def test_a_run_with_too_few_reals_for_a_verdict_is_refused(
    whole_digits, tmp_path, monkeypatch
):
    monkeypatch.setattr(finished_runs.splits, "LEAST", 231)
    told = "has 230 reals of which neither its GAN nor its D learned, and 231 are"
    with pytest.raises(errors.Refused, match=told):
        finished_runs.opened(str(whole_digits), str(tmp_path), {"mnist": mnist}, {})
