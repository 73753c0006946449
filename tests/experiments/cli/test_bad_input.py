"""Wrong commands and files: exit status 2, one sentence, nothing written or lost."""

import shutil

import keras
import pytest
from helpers import small_runs

from experiments import mog2d
from experiments.cli import flags


def refused(argv, capfd):
    """The one sentence that a wrong command ends with."""
    with pytest.raises(SystemExit) as exit_:
        flags.main(mog2d.Config, mog2d.run, ["mog2d", *small_runs.quick(*argv)])
    out, err = capfd.readouterr()
    told = [
        line for line in err.splitlines() if not line.startswith(("I0", "E0", "W0"))
    ]
    assert exit_.value.code == 2
    assert len(told) == 1, told
    assert out == ""
    return told[0]


WRONG_FLAGS = [
    (["--sed=1"], ["--sed", "--seed"]),
    (["--dataset=8Gaussian"], ["--dataset", "8Gaussians"]),
    (["--dataset=mnist"], ["--dataset", "mnist"]),
    (["train"], ["train"]),
    (["--niters=0"], ["--niters", "0"]),
    (["--niters=5000000000"], ["--niters", "5000000000", "10000000"]),
    (["--mh_thin=3000000000"], ["--mh_thin", "3000000000"]),
    (["--scale=1e39"], ["--scale", "1e39"]),
    (["--dataset=25Gaussians", "--scale=0.1"], ["--scale=0.1", "overlap"]),
    (["--niters=many"], ["--niters", "many"]),
    (["--niters=1.5"], ["--niters", "1.5"]),
    (["--lrg=-1"], ["--lrg", "-1"]),
    (["--lrg=nan"], ["--lrg", "nan"]),
    (["--lrd=inf"], ["--lrd", "inf"]),
    (["--lrd=0"], ["--lrd", "0"]),
    (["--batch_size=3"], ["--batch_size", "3"]),
    (["--nlayers=1"], ["--nlayers", "1"]),
    (["--nhidden=0"], ["--nhidden", "0"]),
    (["--ratio=1.5"], ["--ratio", "1.5"]),
    (["--ratio=1"], ["--ratio", "1"]),
    (["--ckpt_num=1000,x"], ["--ckpt_num", "x"]),
    (["--ckpt_num=0"], ["--ckpt_num", "0"]),
    (["--ckpt_num="], ["--ckpt_num"]),
    (["--method=standard,rejections"], ["--method", "rejections"]),
    (["--mode=training"], ["--mode", "training", "train"]),
    (["--rollout_method=adma"], ["--rollout_method", "adma", "adam"]),
    (["--rollout_steps=-1"], ["--rollout_steps", "-1"]),
    (["--collab_layer=-1"], ["--collab_layer", "-1"]),
    (["--collab_layer=3"], ["--collab_layer", "3", "0 to 2"]),
    (["--collab_layer=all"], ["--collab_layer='all'", "celeba alone compares all"]),
    (["--stop=0"], ["--stop", "0"]),
    (["--stop=2"], ["--stop", "2"]),
    (["--drs_percentile=101"], ["--drs_percentile", "101"]),
    (["--mh_thin=0"], ["--mh_thin", "0"]),
    (["--num_samples=1"], ["--num_samples", "1"]),
    (["--seed=-1"], ["--seed", "-1"]),
    (["--seeds=1,b"], ["--seeds", "b"]),
    (["--seeds=1,2", "--seed=3"], ["--seed", "--seeds"]),
    (["--resume=maybe"], ["--resume", "maybe"]),
    (["--precision=float16"], ["--precision", "float16"]),
    (["--flagfile=none.flags"], ["--flagfile", "none.flags"]),
    (["--generator=g.keras", "--discriminator=d.keras"], ["g.keras", "No such file"]),
    (["--generator=~nobody-at-all/g.keras"], ["--generator", "nobody's home"]),
    (["--generator=/dev/null"], ["--generator", "device"]),
    (
        ["--init_checkpoint=nowhere/model"],
        ["--init_checkpoint", "nowhere/model", "no file"],
    ),
    (["--mode=sample"], ["--mode=sample", "2", "has no checkpoint", "--mode=train"]),
    (["--mode=shape", "--ckpt_num=7"], ["--mode=shape", "7"]),
    (["--workdir=/proc/nowhere"], ["--workdir", "/proc/nowhere"]),
]


@pytest.mark.parametrize("argv, named", WRONG_FLAGS, ids=lambda v: " ".join(v))
def test_a_wrong_command_names_the_culprit_and_writes_nothing(
    argv, named, capfd, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    told = refused(argv, capfd)
    assert all(word in told for word in named), told
    assert small_runs.everything(tmp_path) == []


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A finished run, and files of all wrong kinds."""
    folder = tmp_path_factory.mktemp("files")
    flags.main(
        mog2d.Config,
        mog2d.run,
        [
            "mog2d",
            *small_runs.QUICK,
            "--method=standard,refinement",
            f"--workdir={folder / 'run'}",
        ],
    )
    Input, Dense = keras.Input, keras.layers.Dense
    for name, layers in {
        "g": [Input([3]), Dense(4), Dense(2)],
        "g3": [Input([3]), Dense(3)],
        "d": [Input([2]), Dense(1)],
        "d3": [Input([3]), Dense(1)],
        "d2": [Input([2]), Dense(2)],
    }.items():
        keras.Sequential(layers).save(folder / f"{name}.keras")
    label = Input([1], dtype="int32")
    vector = keras.layers.Flatten()(keras.layers.Embedding(3, 2)(label))
    keras.Model(label, vector).save(folder / "int.keras")
    for name, line in {"edited": '{"seed": 0}', "nan": '{"js": NaN}'}.items():
        shutil.copytree(folder / "run", folder / name)
        (folder / name / "results.jsonl").write_text(line + "\n")
    (folder / "text.keras").write_text("no model")
    (folder / "cut.keras").write_bytes((folder / "g.keras").read_bytes()[:500])
    (folder / "own").mkdir()
    (folder / "own" / "thesis.tex").write_text("mine")
    (folder / "binary.flags").write_bytes(b"\xff\xfe\x00")
    (folder / "loop.flags").write_text("--flagfile=loop.flags\n")
    return folder


def test_the_last_folder_of_a_sweep_is_refused_before_the_first_run(
    tmp_path, capfd, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Imbal-8Gaussians-s2").mkdir()
    (tmp_path / "Imbal-8Gaussians-s2" / "thesis.tex").write_text("mine")
    before = small_runs.everything(tmp_path)
    assert "holds files and no config.json" in refused(
        ["--workdir=.", "--seeds=1,2"], capfd
    )
    assert small_runs.everything(tmp_path) == before


WRONG_FILES = [
    (["--workdir=run", "--lrg=0.1"], ["--lrg=0.1", "0.005"]),
    (["--workdir=run", "--nhidden=16"], ["--nhidden=16", "8"]),
    (["--workdir=run", "--seed=3"], ["--seed=3"]),
    (["--workdir=run", "--dataset=8Gaussians"], ["--dataset=8Gaussians"]),
    (["--workdir=run", "--lr_shape=0.1"], ["--lr_shape=0.1"]),
    (
        ["--workdir=run", "--mode=shape", "--ckpt_num=2", "--lrd=0.1"],
        ["--lrd=0.1", "--lrd=0.001"],
    ),
    (["--workdir=run", "--num_samples=60"], ["--num_samples=60"]),
    (["--workdir=run", "--resume=false"], ["--resume=false", "run"]),
    (["--workdir=run", "--mode=sample", "--ckpt_num=1"], ["1", "--mode=train"]),
    (["--workdir=run", "--mode=sample", "--rollout_rate=9"], ["--rollout_rate=9"]),
    (["--workdir=run", "--generator=g.keras", "--discriminator=d.keras"], ["run"]),
    (["--workdir=edited"], ["results.jsonl", "line 1", "d_step"]),
    (["--workdir=nan"], ["results.jsonl", "line 1", "NaN"]),
    (["--generator=int.keras", "--discriminator=d.keras"], ["int.keras", "int32"]),
    (["--workdir=own"], ["--workdir", "own"]),
    (["--generator=g.keras"], ["--generator", "--discriminator"]),
    (["--init_checkpoint=run", "--mode=train"], ["--mode=train"]),
    (["--init_checkpoint=run", "--ckpt_num=5"], ["--ckpt_num"]),
    (["--workdir=text.keras"], ["--workdir", "text.keras"]),
    (["--workdir=text.keras/run"], ["--workdir", "text.keras/run"]),
    (["--flagfile=binary.flags"], ["--flagfile"]),
    (["--flagfile=loop.flags"], ["--flagfile", "loop.flags"]),
    (["--generator=text.keras", "--discriminator=d.keras"], ["text.keras"]),
    (
        ["--generator=cut.keras", "--discriminator=d.keras"],
        ["cut.keras", "not a readable .keras file"],
    ),
    (["--generator=g3.keras", "--discriminator=d.keras"], ["makes [None, 3]"]),
    (["--generator=g.keras", "--discriminator=d3.keras"], ["takes [None, 3]"]),
    (["--generator=g.keras", "--discriminator=d2.keras"], ["discriminator", "2"]),
    (
        ["--generator=g.keras", "--discriminator=d.keras", "--collab_layer=9"],
        ["--collab_layer=9", "0 to 2"],
    ),
    (["--init_checkpoint=run"], ["--init_checkpoint", "run"]),
    (["--init_checkpoint=g.keras"], ["--init_checkpoint", "g.keras"]),
    (
        ["--init_checkpoint=run/checkpoints/train/step-000000002/variables"],
        ["--init_checkpoint", "generator/"],
    ),
]


@pytest.mark.parametrize("argv, named", WRONG_FILES, ids=lambda v: " ".join(v))
def test_a_wrong_file_is_named_and_nothing_is_written_or_lost(
    argv, named, capfd, files, monkeypatch
):
    monkeypatch.chdir(files)
    before = small_runs.everything(files)
    told = refused(argv, capfd)
    assert all(word in told for word in named), told
    assert small_runs.everything(files) == before
