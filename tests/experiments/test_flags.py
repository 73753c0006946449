"""Tests for experiments.flags."""

import dataclasses
from typing import Annotated, Literal

import pytest

from experiments import flags, refusal


@dataclasses.dataclass(frozen=True)
class Config:
    """A sample of every type."""

    dataset: Annotated[Literal["mnist", "cifar10"], "which data"] = "mnist"
    niters: Annotated[int, "GAN steps", flags.positive] = 9000
    lrg: Annotated[float, "rate of G", flags.positive] = 5e-3
    ratio: Annotated[float, "share", flags.between(0, 1)] = 0.9
    workdir: Annotated[str | None, "run folder"] = None
    resume: Annotated[bool, "go on"] = True
    percentile: Annotated[float | None, "of DRS", flags.between(0, 100)] = 80.0
    ckpt_num: Annotated[tuple[int, ...], "steps", flags.positive] = (1000, 3000)
    method: Annotated[
        tuple[Literal["standard", "hastings"], ...] | Literal["all"], "which"
    ] = "all"
    thin: Annotated[int | Literal["auto"], "of MH", flags.at_least(1)] = "auto"

    def problem(self) -> str | None:
        if max(self.ckpt_num) > self.niters:
            return f"--ckpt_num={max(self.ckpt_num)} is beyond --niters={self.niters}"
        return None


def never(config):
    raise AssertionError("the program ran")


def parse(*args):
    return flags.parse(Config, ["sample", *args])


def test_no_flags_give_the_defaults():
    assert parse() == Config()


def test_every_type_is_parsed():
    assert parse(
        "--dataset=cifar10",
        "--niters",
        "4000",
        "-lrg=1e-4",
        "--ratio=1",
        "--workdir=a b",
        "--noresume",
        "--percentile=none",
        "--ckpt_num=10,20",
        "--method=hastings,standard",
        "--thin=3",
    ) == Config(
        dataset="cifar10",
        niters=4000,
        lrg=1e-4,
        ratio=1.0,
        workdir="a b",
        resume=False,
        percentile=None,
        ckpt_num=(10, 20),
        method=("hastings", "standard"),
        thin=3,
    )


def test_the_last_of_a_repeated_flag_wins():
    assert parse("--niters=4000", "--resume=f", "--niters=5000", "--resume") == Config(
        niters=5000
    )


def test_flag_files_nest_and_yield_to_later_flags(tmp_path):
    (tmp_path / "base.flags").write_text("# the paper's\n--niters=4000\n\n--lrg=1\n")
    (tmp_path / "top.flags").write_text(
        f"--flagfile={tmp_path}/base.flags\n--lrg=2\n--noresume\n"
    )
    config = parse(f"--flagfile={tmp_path}/top.flags", "--niters=6000")
    assert config == Config(niters=6000, lrg=2.0, resume=False)


def test_a_field_without_a_default_must_be_given(capsys):
    @dataclasses.dataclass(frozen=True)
    class Needy:
        folder: Annotated[str, "which"]

    assert flags.parse(Needy, ["x", "--folder=a"]) == Needy("a")
    with pytest.raises(refusal.Refused, match="--folder=TEXT must be given"):
        flags.parse(Needy, ["x"])
    flags.main(Needy, never, ["x", "--help"])
    assert "which (needed)" in capsys.readouterr().out


WRONG = {  # a command line -> what its one sentence must hold
    ("--nitres=3",): ["--nitres", "did you mean --niters?"],
    ("--zzz=3",): ["--zzz", "--help"],
    ("--zzz\n=3",): ["--zzz"],
    ("--nodataset",): ["--nodataset"],
    ("--niters=x",): ["--niters='x'", "whole number"],
    ("--niters=1e3",): ["--niters='1e3'", "whole number"],
    ("--niters=",): ["--niters=''", "whole number"],
    ("--niters=0",): ["--niters='0'", "positive"],
    ("--niters=-5",): ["--niters='-5'", "positive"],
    ("--niters", "-5"): ["--niters='-5'", "positive"],
    ("--niters",): ["--niters"],
    ("--niters=99999999999999999999",): ["--niters", "64 bits"],
    ("--niters=x\ny",): ["--niters", "whole number"],
    ("--niters=3", "--niters=y"): ["--niters='y'"],
    ("--lrg=nan",): ["--lrg='nan'", "finite"],
    ("--lrg=inf",): ["--lrg='inf'", "finite"],
    ("--lrg=-0.1",): ["--lrg='-0.1'", "positive"],
    ("--lrg=fast",): ["--lrg='fast'", "number"],
    ("--ratio=1.5",): ["--ratio='1.5'", "between 0 and 1"],
    ("--percentile=101",): ["--percentile='101'", "between 0 and 100", "none"],
    ("--dataset=minst",): ["--dataset='minst'", "did you mean mnist?"],
    ("--dataset=CIFAR10",): ["--dataset='CIFAR10'", "did you mean cifar10?"],
    ("--dataset=imagenet",): ["--dataset='imagenet'", "mnist, cifar10"],
    ("--dataset=none",): ["--dataset='none'", "mnist, cifar10"],
    ("--resume=maybe",): ["--resume='maybe'", "true or false"],
    ("--noresume=3",): ["--noresume=3"],
    ("--resume", "false"): ["'false'", "--name=value"],
    ("--ckpt_num=1000,x",): ["--ckpt_num='1000,x'", "'x'", "whole number"],
    ("--ckpt_num=1000,-1",): ["--ckpt_num", "'-1'", "positive"],
    ("--ckpt_num=",): ["--ckpt_num=''", "at least one"],
    ("--ckpt_num=9001",): ["--ckpt_num=9001", "--niters=9000"],
    ("--method=standard,hastngs",): ["'hastngs'", "did you mean hastings?"],
    ("--method=al",): ["--method='al'", "all"],
    ("--thin=0",): ["--thin='0'", "at least 1", "auto"],
    ("--workdir=",): ["--workdir=''", "empty"],
    ("--workdir", "--niters=3"): ["--workdir='--niters=3'", "missing"],
    ("stray",): ["'stray'", "--name=value"],
    ("niters=3",): ["'niters=3'", "did you mean --niters?"],
    ("--", "--niters=3"): ["'--niters=3'"],
    ("-",): ["'-'"],
    ("--flagfile",): ["--flagfile"],
    ("--flagfile=",): ["--flagfile"],
    ("--flagfile=missing.flags",): ["'missing.flags'", "No such file"],
    ("--flagfile=.",): ["'.'", "directory"],
    ("--flagfile=loop.flags",): ["loop.flags", "itself"],
    ("--flagfile=binary.flags",): ["--flagfile", "text"],
    ("--flagfile=space.flags",): ["--niters 3", "--niters=3"],
    ("--flagfile=bare.flags",): ["'niters=3'"],
    ("--flagfile=deep.flags",): ["'gone.flags'", "No such file"],
    ("--flagfile=zero.flags",): ["--workdir", "zero byte"],
}
FLAG_FILES = {
    "loop.flags": b"--flagfile=loop.flags\n",
    "binary.flags": b"\xff\xfe\x00",
    "space.flags": b"--niters 3\n",
    "bare.flags": b"niters=3\n",
    "deep.flags": b"--flagfile=gone.flags\n",
    "zero.flags": b"--workdir=a\0b\n",
}


@pytest.mark.parametrize("args", WRONG, ids=" ".join)
def test_a_wrong_command_gets_one_sentence_and_nothing_else(
    args, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    for name, content in FLAG_FILES.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(SystemExit) as stopped:
        flags.main(Config, never, ["sample", *args])
    assert stopped.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1 and err.endswith("\n")
    assert [part for part in WRONG[args] if part not in err] == []
    assert {path.name for path in tmp_path.iterdir()} == set(FLAG_FILES)


def test_help_lists_each_flag_with_its_default(capsys):
    flags.main(Config, never, ["/bin/sample.py", "--nitres=3", "--help"])
    out, err = capsys.readouterr()
    assert out.startswith("sample: A sample of every type.")
    assert err == ""
    for field in dataclasses.fields(Config):
        assert f"  --{field.name}=" in out
    assert "--niters=INTEGER\n      GAN steps (default: 9000)" in out
    assert "(default: 1000,3000)" in out
    assert "--method=standard|hastings,...|all" in out
    assert "--flagfile" in out
    flags.main(Config, never, ["/bin/sample.py", "--help=niters"])
    assert capsys.readouterr().out == out
