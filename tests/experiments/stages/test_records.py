"""What a run folder remembers of flags."""

import builtins
import dataclasses
import json
import os

import pytest
from helpers import bare_runs, commands

from experiments import (
    celeba,
    coulomb,
    mnist,
    mog2d,
)
from experiments.cli import errors
from experiments.stages import records, remembering

pytestmark = pytest.mark.usefixtures("handed_over")

BEGUN = [  # a kind of run, and flags that are not its defaults
    (mog2d, ["--dataset=25Gaussians", "--scale=2", "--nhidden=8", "--seed=5"]),
    (mog2d, ["--ratio=0.5", "--lrg=0.01", "--lrd=0.02", "--precision=mixed_bfloat16"]),
    (mog2d, ["--niters=7", "--ckpt_num=7", "--eval_every=3", "--shape_iters=4"]),
    (mog2d, ["--rollout_rate=0.3", "--stop=0.7", "--collab_layer=1", "--mh_thin=3"]),
    (mog2d, ["--ckpt_num=2,3", "--rollout_steps=7", "--rollout_rate=auto"]),
    (mog2d, ["--lr_shape=0.5", "--drs_percentile=none", "--num_samples=80"]),
    (mog2d, ["--init_checkpoint=nets", "--batch_size=50", "--bn_affine=false"]),
    (mog2d, ["--generator=nets/g", "--discriminator=nets/d", "--batch_size=50"]),
    (mnist, ["--dataset=mnist", "--data_dir=images", "--imbalance=0.2", "--width=2"]),
    (mnist, ["--gan=wgan_gp", "--rollout_method=sgd", "--mh_pool=false"]),
    (mnist, ["--batch_statistics=false", "--features=nets/net.keras"]),
    (mnist, ["--conditional", "--class_metrics"]),
    (celeba, ["--dataset=folder", "--data_dir=images", "--crop=9", "--output_size=32"]),
    (coulomb, ["--dataset=mnist", "--generator=dcgan", "--iterations=3", "--decay=.9"]),
    (coulomb, ["--dataset=folder", "--data_dir=images", "--features=random"]),
    (coulomb, ["--gan=nsgan", "--epsilon=2", "--beta1=0.1", "--latents=independent"]),
    (coulomb, ["--epsilon_floor=0.5", "--frequency=2", "--discriminator=fourier"]),
    (coulomb, ["--dataset=billion_word", "--length=9", "--checkpoint_every=7"]),
]


# What may change in a run folder: how far, what of it, where, and how it is shown.
UNRECORDED = {
    *("niters", "iterations", "calibrate_iters", "shape_iters", "ckpt_num"),
    *("eval_every", "stats_every", "checkpoint_every", "mode", "method", "pdf"),
    *("workdir", "seeds", "resume", "data_dir", "cache_dir", "download", "memory_gib"),
    *("from_run", "strategy"),
}


@pytest.mark.parametrize("module, argv", BEGUN, ids=lambda v: str(v)[:60])
def test_every_flag_is_recorded_but_goals_places_and_those_without_effect(module, argv):
    for config in commands.asked(module.Config, *argv, "--method=every", "--mode=all"):
        phases = records.depends(config).values()
        recorded = {name for stood_on in phases for name in stood_on}
        unused = {name for name in config.sources if not config.imported}
        names = {field.name for field in dataclasses.fields(config)} - {"given"}
        assert names - recorded - config.idle().keys() - unused <= UNRECORDED


@pytest.mark.parametrize("module, argv", BEGUN, ids=lambda v: str(v)[:60])
@pytest.mark.parametrize("mode", ["all", "calibrate", "shape", "sample"])
def test_a_flag_that_is_not_given_is_what_its_phase_recorded(module, argv, mode):
    commands.begin(module.Config, "run", *argv)
    (begun,) = commands.asked(module.Config, "--workdir=run", *argv)
    begun = dataclasses.replace(begun, mode=mode)
    steps = [] if begun.imported else [f"--ckpt_num={begun.gan_steps[0]}"]
    (again,) = commands.asked(module.Config, "--workdir=run", f"--mode={mode}", *steps)
    assert dataclasses.replace(again, ckpt_num=begun.ckpt_num) == begun
    commands.begin(module.Config, "run", f"--mode={mode}")  # and nothing is refused


@pytest.mark.parametrize("module, argv", BEGUN, ids=lambda v: str(v)[:60])
def test_what_a_run_has_of_its_folder_alone_is_told_as_flags(module, argv):
    command = ["--workdir=run", *argv]
    commands.begin(module.Config, "run", *argv)
    (begun,) = commands.asked(module.Config, *command)
    assert remembering.remembered(begun) == []  # each was given
    (again,) = commands.asked(module.Config, "--workdir=run", argv[-1])
    told = remembering.remembered(again)
    names = [flag.partition("=")[0] for flag in argv if not flag.startswith(argv[-1])]
    assert {*names} - {flag.partition("=")[0] for flag in told} <= {"--ckpt_num"}
    (fresh,) = commands.asked(module.Config, "--workdir=another", *told, argv[-1])
    assert dataclasses.replace(fresh, workdir=again.workdir) == again
    (fresh,) = commands.asked(module.Config, "--workdir=another")
    assert remembering.remembered(fresh) == []


@pytest.mark.parametrize(
    "module, argv, folders",
    [
        (mog2d, ["--dataset=8Gaussians", "--seed=3"], ["runs/mog2d/8Gaussians-s3"]),
        (mnist, ["--dataset=mnist", "--workdir=a"], ["a"]),
        (coulomb, ["--seeds=4", "--workdir=a"], ["a/25Gaussians-s4"]),
        (
            mog2d,
            ["--init_checkpoint=nets", "--dataset=swissroll", "--seeds=2,1,2"],
            [f"runs/mog2d/imported-swissroll-s{seed}" for seed in (2, 1)],
        ),
    ],
)
def test_a_run_has_a_folder_of_its_experiment_data_and_seed(module, argv, folders):
    assert [
        config.workdir for config in commands.asked(module.Config, *argv)
    ] == folders


@pytest.mark.parametrize(
    "module, argv",
    [
        (celeba, ["--dataset=folder", "--data_dir=images"]),
        (coulomb, ["--dataset=folder", "--features=random", "--data_dir=images"]),
        (coulomb, ["--dataset=billion_word", "--data_dir=images"]),
        (mnist, ["--features=nets/net.keras"]),
        (mog2d, ["--init_checkpoint=nets"]),
    ],
)
def test_what_a_run_was_begun_with_and_has_moved_is_told_as_that(module, argv):
    commands.begin(module.Config, "run", *argv)
    flag, _, path = argv[-1].partition("=")
    os.rename(path, "elsewhere")
    with pytest.raises(errors.Refused) as told:
        commands.asked(module.Config, "--workdir=run")
    words = "is not there, and the run in 'run' was begun with it: give it where it is"
    assert str(told.value) == f"{flag}={path!r} {words} now"
    commands.asked(module.Config, "--workdir=run", f"{flag}=elsewhere")
    with pytest.raises(errors.Refused) as told:
        commands.asked(module.Config, "--workdir=run", *argv)
    assert str(told.value).startswith(f"{flag}={path!r}")
    assert "was begun" not in str(told.value)


def test_each_seed_of_a_sweep_remembers_its_own(tmp_path):
    for seed in (3, 4):
        commands.begin(
            mog2d.Config, tmp_path, f"--seeds={seed}", f"--batch_size={seed}00"
        )
    sizes = [
        (config.seed, config.batch_size)
        for config in commands.asked(
            mog2d.Config, f"--workdir={tmp_path}", "--seeds=3,4,5"
        )
    ]
    assert sizes == [(3, 300), (4, 400), (5, 1000)]


def test_flags_that_phases_recorded_count_for_more_than_defaults(tmp_path):
    commands.begin(mog2d.Config, tmp_path)
    path = tmp_path / "config.json"
    record = bare_runs.record(tmp_path)
    for phase in record["phases"].values():
        phase |= {"nhidden": 32, "lrd": 0.5, "of_another_version": 1}
    path.write_text(json.dumps(record))
    (config,) = commands.asked(mog2d.Config, f"--workdir={tmp_path}")
    assert config.nhidden == 32 and config.rates[1] == 0.5
    commands.begin(mog2d.Config, tmp_path)


@pytest.mark.parametrize(
    "argv, named",
    [
        (["--nhidden=9"], "--nhidden=9"),
        (["--mode=sample", "--batch_size=60"], "--batch_size=60"),
        (["--mode=shape", "--lrd=0.1"], "--lrd=0.1"),
        (["--mode=shape", "--lr_shape=0.1"], "--lr_shape=0.1"),
        (["--mode=calibrate", "--lrd=0.1"], "--lrd=0.1"),
        (["--mode=shape", "--lr_shape=0.001", "--lrd=0.1"], "--lrd=0.1"),
        (["--lrd=0.1"], "--lrd=0.1"),
        (["--dataset=8Gaussians"], "--dataset=8Gaussians"),
        (["--seeds=4", "--nhidden=9"], None),  # another folder
        (["--mode=shape", "--drs_percentile=5"], None),  # of another phase
        (["--niters=5000", "--shape_iters=7", "--eval_every=9"], None),  # goals
    ],
)
def test_a_refusal_names_a_flag_that_was_given(argv, named, tmp_path):
    commands.begin(mog2d.Config, tmp_path)
    if named is None:
        commands.begin(mog2d.Config, tmp_path, *argv)
    else:
        with pytest.raises(errors.Refused, match=f"^{named}, but .* begun with"):
            commands.begin(mog2d.Config, tmp_path, *argv)


@pytest.mark.parametrize("flag", ["init_checkpoint", "generator", "features"])
def test_another_file_under_a_flag_is_refused_by_its_flag(flag, tmp_path):
    kind = mnist.Config if flag == "features" else mog2d.Config
    (tmp_path / "d").write_text("d")
    more = [f"--discriminator={tmp_path / 'd'}"] if flag == "generator" else []
    for name, content in (("one", "1"), ("copy", "1"), ("two", "2")):
        (tmp_path / name).write_text(content)
    run = tmp_path / "run"
    commands.begin(kind, run, f"--{flag}={tmp_path / 'one'}", *more)
    commands.begin(kind, run, f"--{flag}={tmp_path / 'copy'}", *more)  # the same bytes
    with pytest.raises(errors.Refused, match=f"^--{flag} is another file than "):
        commands.begin(kind, run, f"--{flag}={tmp_path / 'two'}", *more)
    (tmp_path / "copy").write_text("2")
    with pytest.raises(errors.Refused, match=f"^--{flag} is another file than "):
        commands.begin(kind, run)


def test_a_file_is_read_once_and_again_when_it_has_changed(tmp_path, monkeypatch):
    net, reading, opened = tmp_path / "net", open, []
    net.write_text("one")

    def watched(name, *more, **others):
        opened.append(str(name))
        return reading(name, *more, **others)

    monkeypatch.setattr(builtins, "open", watched)
    for times, content in enumerate(("one", "two"), start=1):
        net.write_text(content)
        os.utime(net, ns=(times, times))  # the clock may not have ticked
        steps = "--ckpt_num=1,2,3"
        (config,) = commands.asked(
            mnist.Config, f"--features={net}", steps, "--niters=3"
        )
        for _ in range(3):
            records.depends(config)
        assert opened.count(str(net)) == times


def test_phases_that_differ_are_told_apart_or_asked_about(tmp_path):
    commands.begin(mog2d.Config, tmp_path, "--ckpt_num=1", "--lr_shape=0.1")
    commands.begin(mog2d.Config, tmp_path, "--ckpt_num=2", "--lr_shape=0.2")
    command = f"--workdir={tmp_path}"
    for step in (1, 2):
        (config,) = commands.asked(mog2d.Config, command, f"--ckpt_num={step}")
        assert config.lr_shape == step / 10
    for steps in ("1,2", "3"):
        with pytest.raises(errors.Refused) as told:
            commands.asked(mog2d.Config, command, f"--ckpt_num={steps}")
        for words in ("shape-g1 with --lr_shape=0.1", "shape-g2 with", "say which"):
            assert words in str(told.value)
    (config,) = commands.asked(mog2d.Config, command, "--ckpt_num=3", "--lr_shape=0.3")
    assert config.lr_shape == 0.3
    commands.asked(
        mog2d.Config, command, "--ckpt_num=3", "--mode=calibrate"
    )  # asks none


@pytest.mark.parametrize("wrong", [[], {}, "x", -1, 10**12, None, [[[]]], 1e300])
def test_a_record_with_wrong_values_is_one_sentence(wrong, tmp_path):
    commands.begin(mog2d.Config, tmp_path)
    path = tmp_path / "config.json"
    record = bare_runs.record(tmp_path)
    record["phases"]["train"]["nhidden"] = wrong
    path.write_text(json.dumps(record))
    with pytest.raises(errors.Refused, match=r"config\.json' has --nhidden="):
        commands.asked(mog2d.Config, f"--workdir={tmp_path}", "--mode=train")
