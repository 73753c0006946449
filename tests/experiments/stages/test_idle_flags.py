"""Flags that have no effect."""

import pytest
from helpers import commands

from experiments import (
    celeba,
    coulomb,
    mnist,
    mog2d,
)
from experiments.cli import errors
from experiments.stages import records

pytestmark = pytest.mark.usefixtures("handed_over")

KERAS = ["--generator=nets/g", "--discriminator=nets/d"]
IDLE = [  # a command, the flag in it that has no effect, and what takes it away
    (mog2d, ["--dataset=swissroll", "--ratio=0.5"], "--dataset=swissroll"),
    (mog2d, ["--init_checkpoint=nets", "--niters=5"], "GAN from elsewhere"),
    (mog2d, ["--init_checkpoint=nets", "--lrg=0.1"], "GAN from elsewhere"),
    (mog2d, [*KERAS, "--nhidden=5"], "come as files"),
    (mog2d, [*KERAS, "--precision=float32"], "come as files"),
    (mnist, ["--gan=wgan_gp", "--batch_statistics"], "--gan=wgan_gp"),
    (celeba, ["--gan=wgan_gp", "--batch_statistics=false"], "--gan=wgan_gp"),
    (coulomb, ["--ratio=0.9"], "--dataset=25Gaussians"),
    (coulomb, ["--features=random"], "--dataset=25Gaussians"),
    (coulomb, ["--data_dir=x"], "--dataset=25Gaussians"),
    (coulomb, ["--length=9"], "--dataset=25Gaussians"),
    (coulomb, ["--dataset=mnist", "--scale=2"], "--dataset=mnist"),
    (coulomb, ["--dataset=billion_word", "--imbalance=0.2"], "--dataset=billion_word"),
    (coulomb, ["--dataset=billion_word", "--batch_norm"], "--discriminator=billion"),
    (coulomb, ["--dataset=mnist", "--discriminator=began", "--batch_norm"], "began"),
    (coulomb, ["--frequency=1"], "--discriminator=mlp"),
    (coulomb, ["--l2_penalty=0.1"], "--discriminator=mlp"),
    (coulomb, ["--dataset=mnist", "--gen_l2p_scale=2"], "--l2_penalty=0"),
    (coulomb, ["--gan=nsgan", "--sigma=0.1"], "--gan=nsgan"),
    (coulomb, ["--gan=nsgan", "--remember_previous"], "--gan=nsgan"),
    (coulomb, ["--dataset=mnist", "--gan=nsgan", "--epsilon=2"], "--gan=nsgan"),
    (coulomb, ["--decay=1", "--epsilon_floor=0.5"], "--decay=1"),
    (coulomb, ["--dataset=mnist", "--learningrate_floor=1e-6"], "--decay=1"),
]


@pytest.mark.parametrize("module, argv, why", IDLE, ids=lambda v: str(v)[:60])
def test_a_flag_without_effect_is_refused_if_given_and_not_recorded(module, argv, why):
    *others, flag = argv
    with pytest.raises(errors.Refused) as told:
        commands.asked(module.Config, *argv)
    assert str(told.value).startswith(f"{flag.partition('=')[0]}=")
    assert "has no effect with " in str(told.value) and why in str(told.value)
    (config,) = commands.asked(module.Config, *others)
    name = flag.partition("=")[0][2:]
    assert all(name not in begun for begun in records.depends(config).values())


def test_a_flag_of_another_phase_or_method_may_stand_in_a_shared_flag_file(tmp_path):
    shared = ["--niters=9", "--lr_shape=0.1", "--calibrate_iters=5", "--mh_thin=7"]
    shared += ["--drs_percentile=50", "--rollout_steps=0", "--shape_iters=0"]
    commands.begin(mog2d.Config, tmp_path, *shared)
    for mode in ("all", "train", "calibrate", "shape", "sample"):
        command = [f"--workdir={tmp_path}", *shared, f"--mode={mode}"]
        (config,) = commands.asked(mog2d.Config, *command, "--method=standard")
        assert config.tuning("calibrate")[0] == 5 and config.gan_goal == 9


def test_none_takes_back_what_a_flag_file_gives():
    fourier = ["--discriminator=fourier", "--epsilon_floor=0.3", "--gan=nsgan"]
    with pytest.raises(errors.Refused, match=r"^--epsilon_floor=0.3 has no effect"):
        commands.asked(coulomb.Config, *fourier)
    commands.asked(coulomb.Config, *fourier, "--epsilon_floor=none")


@pytest.mark.parametrize(
    "line, way",
    [
        ("--epsilon_floor = 0.3", "take it back with --epsilon_floor=none, or leave"),
        ("--sigma=0.1", "leave it out there"),
        ("--noremember_previous", "leave it out there"),
    ],
)
def test_a_flag_without_effect_is_told_with_the_line_that_gives_it(line, way, tmp_path):
    (tmp_path / "a.flags").write_text(f"--flagfile={tmp_path}/b.flags\n")
    (tmp_path / "b.flags").write_text(f"# ours\n--gan=nsgan\n{line}\n")
    file = f"--flagfile={tmp_path}/a.flags"
    with pytest.raises(errors.Refused) as told:
        commands.asked(coulomb.Config, "--discriminator=fourier", file)
    where, words = f"{str(tmp_path / 'b.flags')!r}, line 3: --", str(told.value)
    assert words.startswith(where) and f": {way}" in words
    if "=" in line:  # given again, where it is no file's
        flag, _, value = line.replace(" ", "").partition("=")
        with pytest.raises(errors.Refused) as told:
            commands.asked(coulomb.Config, "--discriminator=fourier", file, flag, value)
        assert str(told.value).startswith(flag)
