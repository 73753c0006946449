"""A GAN that one run trained is tuned and sampled in another folder."""

import dataclasses
import json
import shutil
import signal

import numpy as np
import pytest
from helpers import bare_runs, small_runs, tiny_datasets

import tf_collab as tc
from experiments import celeba, compare, coulomb, mnist, mog2d
from experiments.cli import errors, flags
from experiments.images import image_sets
from experiments.rundir import grouping
from experiments.stages import sessions, trained_elsewhere
from tf_collab.training import saved

# The flags of small_runs.PLANAR that are of D and of samplers.
PLANAR = dataclasses.replace(
    small_runs.PLANAR, niters=None, batch_size=1000, nhidden=64, nlayers=6, xla="auto"
)
DIGITS = {
    name: value
    for name, value in small_runs.IMAGES.items()
    if name not in ("niters", "width", "batch_size")
}


def tune(source, folder, **changes):
    """PLANAR's flags for the GAN of another run."""
    given = {"from_run": str(source), "workdir": str(folder), **changes}
    mog2d.run(dataclasses.replace(PLANAR, **given))


@pytest.fixture(scope="module")
def tuned(whole_planar, processes, tmp_path_factory):
    """Of a run that has moved since: tuned as there, and killed in the middle."""
    top = tmp_path_factory.mktemp("tuned")
    source = shutil.copytree(whole_planar, top / "source")
    before = small_runs.everything(source)
    killed = processes.run(
        "mog2d",
        top / "run",
        [*small_runs.command(PLANAR), f"--from_run={source}"],
        wanted="half of checkpoints/shape-g4/draft-000000004/variables",
        signal=signal.SIGKILL,
    )
    assert killed.status == -signal.SIGKILL, killed.err
    source.rename(top / "moved")
    with pytest.raises(errors.Refused, match="source' is not there, and the run in"):
        mog2d.run(mog2d.Config(workdir=str(top / "run")))
    tune(top / "moved", top / "run")
    assert small_runs.everything(top / "moved") == before
    return top / "run"


def test_equal_flags_give_the_bytes_of_the_runs_own_tuning(tuned, whole_planar):
    assert small_runs.outcome(tuned) == small_runs.outcome(whole_planar)
    assert (tuned / "table.md").read_text() == (whole_planar / "table.md").read_text()
    for figure in whole_planar.glob("figures/*.png"):
        assert (tuned / "figures" / figure.name).read_bytes() == figure.read_bytes()
    assert not (tuned / "checkpoints/train").exists()


def test_what_is_gone_on_with_remembers_whose_gan_it_is(tuned):
    (again,) = mog2d.Config(workdir=str(tuned)).each_run()
    assert again.from_run == str(tuned.with_name("moved"))
    assert again.gan_steps == (4,)
    told = f"the GAN is that of --from_run={again.from_run!r}, which tf_collab "
    assert told + f"{tc.__version__} trained" in (tuned / "log").read_text()


def test_a_d_that_the_run_tuned_itself_is_said_to_be_left(tuned, whole_planar):
    told = "itself calibrated at GAN step 4 and shaped at GAN step 4 is not used: D"
    assert told in (tuned / "log").read_text()
    config = dataclasses.replace(PLANAR, from_run=str(whole_planar), ckpt_num=(2,))
    (one,) = config.each_run()
    assert trained_elsewhere.untaken(one) == []  # it tuned at its last step alone


def test_images_are_held_out_and_judged_as_in_the_run(whole_digits, digits, tmp_path):
    before, run = small_runs.everything(whole_digits), tmp_path / "run"
    short = {"method": ("standard", "hastings"), "calibrate_iters": 0, "shape_iters": 0}
    where = {"from_run": str(whole_digits), "workdir": str(run)}
    mnist.run(
        mnist.Config(**{**DIGITS, **short, **where})
    )  # images are where they were
    lines, own = small_runs.results(run), small_runs.results(whole_digits)
    assert len(lines) == 2 and all(line in own for line in lines)
    for name in ("standard-g2-d0.npz", "hastings-g2-d0.npz"):
        ours, theirs = (small_runs.outcome(top)[name] for top in (run, whole_digits))
        assert ours == theirs
    assert small_runs.everything(whole_digits) == before


REFUSED = [
    (["--nhidden=9"], "--nhidden=9, but the GAN of --from_run='RUN' was trained with"),
    (["--dataset=8Gaussians"], "--dataset=Imbal-8Gaussians: leave it out, or train"),
    (["--precision=mixed_bfloat16"], "trained with --precision=float32"),
    (["--niters=4"], "--niters=4 has no effect with a GAN from elsewhere"),
    (["--lrd=0.1"], "--lrd=0.1 has no effect with a GAN from elsewhere"),
    (
        ["--ckpt_num=2,3"],
        "--ckpt_num=3, and --from_run='RUN' has no checkpoint of that",
    ),
    (["--ckpt_num=9"], "GAN step, but of 2, 4"),
    (["--mode=train"], "--mode=train makes a GAN"),
    (["--generator=RUN/log", "--discriminator=RUN/log"], "both name a GAN: give one"),
    (["--workdir=RUN"], "--workdir='RUN' is in --from_run='RUN', which is only read"),
    (["--workdir=RUN/new"], "--workdir='RUN/new' is in --from_run='RUN'"),
    (["--from_run=RUN/figures"], "has no config.json, so it is not a run: give"),
    (["--from_run=nowhere"], "--from_run='nowhere': must be a folder that is there"),
    (["--from_run=TUNED"], "--from_run='TUNED' is a run that trained no GAN"),
    (
        ["--from_run=DIGITS"],
        "a run of mnist, not of mog2d: give it to experiments.mnist",
    ),
    (["--workdir=RUN2"], "--workdir='RUN2' holds a run that trained its own GAN: take"),
    (["--workdir=TUNED", "--lr_shape=9"], "--lr_shape=9.0, but shape-g4 in 'TUNED'"),
]


@pytest.mark.parametrize("argv, words", REFUSED, ids=lambda v: " ".join(v)[:50])
def test_what_does_not_go_with_a_trained_gan_is_one_sentence(
    argv, words, whole_planar, whole_digits, tuned, tmp_path, monkeypatch, capfd
):
    monkeypatch.chdir(tmp_path)
    links = {"RUN": whole_planar, "DIGITS": whole_digits, "TUNED": tuned}
    for name, folder in links.items():
        (tmp_path / name).symlink_to(folder)
    shutil.copytree(whole_planar, "RUN2")
    before = [small_runs.everything(folder) for folder in (tmp_path, *links.values())]
    given = ["--from_run=RUN", "--workdir=new", *argv]
    with pytest.raises(SystemExit) as ended:
        flags.main(mog2d.Config, mog2d.run, ["mog2d", *given])
    told = capfd.readouterr().err
    assert ended.value.code == 2 and words in told and told.count("\n") == 1
    after = [small_runs.everything(folder) for folder in (tmp_path, *links.values())]
    assert after == before


def damage(checkpoint):
    data = checkpoint / "variables.data-00000-of-00001"
    content = bytearray(data.read_bytes())
    content[len(content) // 2] ^= 1
    data.write_bytes(content)


FEW = {"calibrate_iters": 0, "shape_iters": 0, "method": ("standard",)}


def test_a_damaged_checkpoint_is_told_and_left_and_others_may_be_chosen(
    whole_planar, tmp_path, monkeypatch
):
    source = shutil.copytree(whole_planar, tmp_path / "source")
    damage(source / "checkpoints/train/step-000000004")
    before = small_runs.everything(tmp_path)
    with pytest.raises(errors.Refused) as told:
        tune(source, tmp_path / "run")
    assert "checkpoint of GAN step 4 is damaged (" in str(told.value)
    assert str(told.value).endswith("; sound ones are of 2")
    assert small_runs.everything(tmp_path) == before
    of_version(source, "0.1.0", monkeypatch, of_another_version=1)
    tune(source, tmp_path / "run", ckpt_num=(2,), **FEW)
    (line,) = small_runs.results(tmp_path / "run")
    assert line["gan_step"] == 2
    assert "which tf_collab 0.1.0 trained" in (tmp_path / "run/log").read_text()
    (again,) = mog2d.Config(workdir=str(tmp_path / "run")).each_run()
    assert again.gan_steps == (2,)  # with which it began, and not the newest
    (source / "checkpoints/train/step-000000002").rename(tmp_path / "step")
    with pytest.raises(errors.Refused, match=r"begun with GAN step 2, .*, but of 4$"):
        tune(source, tmp_path / "run", **FEW)


def of_version(source, version, monkeypatch, **trained):
    """Another version's record, and checkpoints from before these were marked."""
    record = bare_runs.record(source)
    record["version"] = version
    record["phases"]["train"] |= trained
    (source / "config.json").write_text(json.dumps(record))
    monkeypatch.setattr(saved, "mark", lambda folder: None)


def test_a_gan_that_does_not_fit_the_nets_is_one_sentence(
    whole_planar, tmp_path, monkeypatch
):
    source = shutil.copytree(whole_planar, tmp_path / "source")
    of_version(source, "0.1.0", monkeypatch, nlayers=4)
    with pytest.raises(errors.Refused, match=r"GAN, of tf_collab 0.1.0, does not fit"):
        tune(source, tmp_path / "run", **FEW)
    assert not (tmp_path / "run").exists()


def test_another_gan_of_the_same_flags_is_refused_where_one_is_gone_on_with(
    tuned, whole_planar, tmp_path
):
    source = shutil.copytree(whole_planar, tmp_path / "source")
    shutil.copytree(tuned, tmp_path / "run")
    damage(source / "checkpoints/train/step-000000004")
    told = "^--from_run holds another GAN than calibrate-g4 in .* was begun with: give"
    with pytest.raises(errors.Refused, match=told):
        tune(source, tmp_path / "run")


def test_other_images_than_the_gan_learned_are_refused(whole_digits, digits, tmp_path):
    moved = shutil.copytree(digits, tmp_path / "moved")
    pixels = np.zeros([150, 28, 28], np.uint8)
    tiny_datasets.write_idx(moved / "t10k-images-idx3-ubyte.gz", pixels)
    config = mnist.Config(
        from_run=str(whole_digits),
        workdir=str(tmp_path / "run"),
        data_dir=str(moved),
        **DIGITS,
    )
    with pytest.raises(errors.Refused) as told:
        mnist.run(config)
    assert f"--data_dir={moved} has other files than those with which train in " in str(
        told.value
    )
    assert str(told.value).endswith("or give another --from_run")
    assert not (tmp_path / "run").exists()


def held_out(config):
    (one,) = config.each_run()
    task, _ = image_sets.make(None, one, sessions.seeds_of(one))
    return np.sort(np.asarray(task.held_out).reshape(len(task.held_out), -1), axis=0)


def test_another_seed_holds_out_what_the_gan_has_not_learned(whole_digits, digits):
    where = {"from_run": str(whole_digits), "features": "random"}
    (one,) = mnist.Config(seed=3, **where).each_run()
    assert (one.seed, one.data_seed, one.batch_size) == (3, 0, 8)
    assert one.workdir == "runs/mnist/imported-fashion_mnist-s3"
    own = {"data_dir": str(digits), "features": "random", "batch_size": 8}
    assert np.array_equal(
        held_out(mnist.Config(seed=3, **where)), held_out(mnist.Config(**own))
    )
    other = held_out(mnist.Config(seed=3, **own))
    assert not np.array_equal(other, held_out(mnist.Config(**own)))


def test_a_comparison_takes_a_gan_elsewhere_for_what_it_is(tuned, whole_planar, capsys):
    files = tuple(str(top / "results.jsonl") for top in (tuned, whole_planar))
    compare.run(compare.Config(results=files))
    both = capsys.readouterr().out
    compare.run(compare.Config(results=files[1:]))
    assert capsys.readouterr().out == both  # the same results, once


def test_gans_of_several_seeds_are_seeds_and_other_training_is_told():
    line = {"gan_step": 4, "phase": "calibrate", "method": "standard"}

    def told(**begun):
        return grouping.flags_of({"sample-standard-g4": begun}, line)

    of = lambda seed, **more: told(from_run=f"sha256 {seed}", seed=seed, **more)
    assert of(1, data_seed=1, lrg=0.1) == of(2, data_seed=2, lrg=0.1)
    assert of(1, lrg=0.1) == told(seed=1, lrg=0.1, data_seed=None) != of(1, lrg=0.2)
    assert of(2, data_seed=1) == {"data_seed": "1"}


def test_every_program_takes_the_flags_of_its_run(tmp_path):
    """As far as a record tells: of data, nets, objective and optimizer of D."""
    runs = {
        celeba: {"dataset": "mnist", "output_size": 32, "crop": 9, "imbalance": 0.5},
        coulomb: {"gan": "coulomb", "epsilon": 2.0, "beta1": 0.1, "latentsize": 3}
        | {"learningrate": 0.5, "sigma": 0.1, "seed": 7},
    }
    for program, trained in runs.items():
        source = tmp_path / program.Config.EXPERIMENT
        (source / "checkpoints/train/step-000000005").mkdir(parents=True)
        record = {"experiment": source.name, "version": "1", "flags": {}}
        record["phases"] = {"train": trained}
        (source / "config.json").write_text(json.dumps(record))
        argv = [f"--from_run={source}", f"--workdir={tmp_path / 'new'}"]
        config = flags.parse(program.Config, ["", *argv])
        (one,) = config.each_run()
        taken = {name: getattr(one, name) for name in trained if name != "learningrate"}
        assert taken == {n: v for n, v in trained.items() if n != "learningrate"}
        assert one.gan_steps == (5,)
        wrong = [*argv, "--learningrate=0.5" if program is coulomb else "--lrg=0.1"]
        with pytest.raises(errors.Refused, match="no effect with a GAN from elsewhere"):
            flags.parse(program.Config, ["", *wrong])
