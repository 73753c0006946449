"""Tests for experiments.cli.flags."""

import dataclasses
import os
import pathlib
from typing import Annotated, Literal

import pytest

from experiments.cli import errors, flags, rules


@dataclasses.dataclass(frozen=True)
class Config:
    """A sample of every type."""

    dataset: Annotated[Literal["mnist", "cifar10"], "which data"] = "mnist"
    niters: Annotated[int, "GAN steps", rules.positive] = 9000
    lrg: Annotated[float, "rate of G", rules.positive] = 5e-3
    ratio: Annotated[float, "share", rules.between(0, 1)] = 0.9
    workdir: Annotated[rules.Path | None, "run folder"] = None
    resume: Annotated[bool, "go on"] = True
    percentile: Annotated[float | None, "of DRS", rules.between(0, 100)] = 80.0
    ckpt_num: Annotated[tuple[int, ...], "steps", rules.positive] = (1000, 3000)
    method: Annotated[
        tuple[Literal["standard", "hastings"], ...] | Literal["all"], "which"
    ] = "all"
    thin: Annotated[int | Literal["auto"], "of MH", rules.at_least(1)] = "auto"

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
    with pytest.raises(errors.Refused, match="--folder=TEXT must be given"):
        flags.parse(Needy, ["x"])
    flags.main(Needy, never, ["x", "--help"])
    assert "which (needed)" in capsys.readouterr().out


WRONG = {  # a command line -> what its one sentence must hold
    ("--nitres=3",): ["--nitres", "did you mean --niters?"],
    ("--sampler=hastings",): ["--sampler", "did you mean --method?"],
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
    ("--flagfile=.",): ["'.'", "folder"],
    ("--flagfile=a\0b",): ["--flagfile", "zero byte"],
    ("--" + 3000 * "n" + "=1",): ["--nnn", "not a flag"],
    ("--flagfile=~nobody-at-all/x",): ["--flagfile", "nobody's home"],
    ("--flagfile=pipe.flags",): ["'pipe.flags'", "named pipe"],
    ("--workdir=~nobody-at-all/x",): ["--workdir", "nobody's home"],
    ("--undefok=nitres", "--nitres=3"): ["--undefok"],
    **{
        (f"--flagfile={name}.flags",): [f"{name}.flags", *words]
        for name, words in {
            "loop": ["line 1", "itself"],
            "round": ["line 1", "'other.flags', line 2", "itself"],
            "binary": ["UTF-8", "line 1", "0xff"],
            "latin": ["UTF-8", "line 2", "0xe9"],
            "sixteen": ["UTF-8", "line 1", "0xff"],
            "space": ["line 1", "--niters 3", "--niters=3"],
            "single": ["line 1", "--dataset mnist", "--dataset=mnist"],
            "bare": ["line 2", "'niters=3'", "did you mean --niters?"],
            "deep": ["line 1", "'gone.flags'", "No such file"],
            "zero": ["line 1", "--workdir", "zero byte"],
            "typo": ["line 3", "--nitres", "did you mean --niters?"],
            "range": ["line 2", "--niters='0'", "positive"],
            "valueless": ["line 1", "--niters"],
            "hyphen": ["line 1", "--ckpt-num", "did you mean --ckpt_num?"],
            "dash": ["line 1", "\u2013niters=3", "--name=value"],
            "two": ["line 1", "--workdir=a --niters=3", "one a line"],
            "comment": ["line 1", "--workdir=a # mine", "lines of their own"],
            "shell": ["line 1", "--workdir=a", "one a line"],
            "end": ["line 2", "'--' is not a flag"],
            "nameless": ["line 1", "--flagfile=", "name of a file"],
            "huge": ["larger than"],
            "long": ["1000 flags"],
            "doubling": ["flags"],
            "undefok": ["line 1", "--undefok"],
            "help": ["line 2", "'--help' is for the command line, not for a flag"],
        }.items()
    },
}
FLAG_FILES = {
    "loop": b"--flagfile=loop.flags\n",
    "round": b"--flagfile=other.flags\n",
    "other": b"# and back\n--flagfile=round.flags\n",
    "binary": b"\xff\xfe\x00",
    "latin": "# caf\xe9 in UTF-8\n--workdir=caf".encode() + b"\xe9\n",
    "sixteen": "--niters=3".encode("utf-16"),
    "space": b"--niters 3\n",
    "single": b"-dataset mnist\r\n",
    "bare": b"\nniters=3\n",
    "deep": b"--flagfile=gone.flags\n",
    "zero": b"--workdir=a\0b\n",
    "typo": b"# mine\r\n\r\n--nitres=3\r\n",
    "range": b"--lrg=1\n--niters=0\n--niters=3\n",
    "valueless": b"--niters\n3\n",
    "hyphen": b"--ckpt-num=3\n",
    "dash": "\u2013niters=3".encode(),
    "two": b"--workdir=a --niters=3\n",
    "comment": b"--workdir=a # mine\n",
    "shell": b"--workdir=a \\\n",
    "end": b"--niters=3\n--\n--lrg=1\n",
    "nameless": b"--flagfile=\n",
    "huge": b"# " + 2**20 * b"x",
    "long": 1001 * b"--lrg=1\n",
    "doubling": 2 * b"--flagfile=doubling/0.flags\n",
    "undefok": b"--undefok=nitres\n",
    "help": b"--niters=3\n--help\n",
}


@pytest.mark.parametrize("args", WRONG, ids=" ".join)
def test_a_wrong_command_gets_one_sentence_and_nothing_else(
    args, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe.flags")
    for name, content in FLAG_FILES.items():
        pathlib.Path(f"{name}.flags").write_bytes(content)
    os.mkdir("doubling")  # 2 ** 18 times the last
    for i in range(18):
        within = 2 * f"--flagfile=doubling/{i + 1}.flags\n" if i < 17 else "--lrg=1"
        pathlib.Path(f"doubling/{i}.flags").write_text(within)
    before = set(tmp_path.rglob("*"))
    with pytest.raises(SystemExit) as stopped:
        flags.main(Config, never, ["sample", *args])
    assert stopped.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1 and err.endswith("\n")
    assert [part for part in WRONG[args] if part not in err] == []
    assert set(tmp_path.rglob("*")) == before


READ = {  # a line of a flag file -> the folder that it means
    '--workdir="runs/x"': "runs/x",
    "--workdir='runs/x'": "runs/x",
    '"--workdir=runs/x"': "runs/x",
    "--workdir=\u201cruns/x\u201d": "runs/x",
    "  --workdir = runs/x\t ": "runs/x",
    "\ufeff--workdir=runs/x\r": "runs/x",
    "-workdir=runs/x": "runs/x",
    '--workdir="a # b"': "a # b",
    "--workdir=a#b c - d": "a#b c - d",
    "--workdir=caf\xe9 \u4e16": "caf\xe9 \u4e16",
    '--workdir="': '"',
    "// a comment\n--workdir=x": "x",
    "--workdir=x\r--lrg=1": "x",
}


@pytest.mark.parametrize("line", READ)
def test_a_line_of_a_flag_file_may_be_as_editors_and_shells_have_it(line, tmp_path):
    path = tmp_path / "its name.flags"
    path.write_bytes(line.encode())
    assert parse(f"--flagfile={path}").workdir == READ[line]
    assert parse("--flagfile", str(path)).workdir == READ[line]


def test_a_flag_file_may_be_in_another_twice_and_at_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "base.flags").write_text("--lrg=4\n")
    (tmp_path / "top.flags").write_text(2 * "--flagfile=~/base.flags\n")
    assert parse("--flagfile=~/top.flags").lrg == 4


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


def test_other_usual_names_of_flags_are_known_where_the_flag_is():
    assert rules.nearest_flag("objective", ["n", "gan"]) == "; did you mean --gan?"
    assert "gan" not in rules.nearest_flag("objective", ["n", "niters"])
