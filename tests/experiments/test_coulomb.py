"""Tests for experiments.coulomb: whole runs on points, images and text."""

import numpy as np
import pytest
from helpers import recording, seed_watching, small_runs
from PIL import Image

import tf_collab as tc
from experiments import coulomb, evaluate
from experiments.cli import errors, fields, flags
from experiments.coulomb_gan import training_options
from tf_collab import metrics


@pytest.fixture(scope="module")
def novel(tmp_path_factory):
    """A folder of text."""
    folder = tmp_path_factory.mktemp("text")
    words = ["the", "field", "of", "charges", "is", "zero", "where", "they", "agree"]
    rng = np.random.default_rng(0)
    lines = (" ".join(rng.choice(words, 8)) for _ in range(300))
    (folder / "novel.txt").write_text("\n".join(lines), encoding="utf-8")
    return folder


def test_points_are_learned_shaped_and_drawn_by_every_method(tmp_path):
    short = {"calibrate_iters": 1, "shape_iters": 1, "ckpt_num": (2,)}
    with seed_watching.eagerly():  # graphs of nine loops and draws take far longer
        lines = small_runs.run_charges(tmp_path / "run", method="all", **short)
    assert {line["method"] for line in lines} == small_runs.METHODS
    # Four steps leave the modes uncovered.
    assert all(0 < line["mmd2"] < 1 for line in lines)
    looks = small_runs.results(tmp_path / "run", "training.jsonl")
    assert [line["gan_step"] for line in looks] == [0, 1, 2, 3, 4]
    for line in looks:
        # Half a squared MMD, of the estimate that keeps self-terms, is never negative
        # but for float32's rounding of sums of order one.
        assert line["field_energy"] > -1e-6
        assert line["d_r2"] <= 1 and line["modes"] >= 0
    with Image.open(tmp_path / "run" / "figures" / "field-g2.gif") as film:
        assert film.n_frames == 3  # and none of a later step
    with pytest.raises(errors.Refused, match="is not a run on images"):
        evaluate.run(evaluate.Config(workdir=str(tmp_path / "run")))


def test_frequencies_are_of_the_scale_of_the_flag(tmp_path):
    kernels = []
    for frequency in (0.5, 5.0):
        options = {"frequency": frequency, "discriminator": "fourier"}
        options |= {**small_runs.CHARGES, "iterations": 0.001, "mode": "train"}
        config = coulomb.Config(workdir=str(tmp_path / f"{frequency}"), **options)
        with recording.standing() as watch:
            coulomb.run(config)
        kernels.append(watch.loops[0].gan.discriminator.weights[0].numpy())
    np.testing.assert_allclose(10 * kernels[0], kernels[1], rtol=1e-6)


def test_an_nsgan_of_the_same_nets_stands_beside(tmp_path, monkeypatch):
    # A look in training takes no more samples than if their number were not given.
    monkeypatch.setitem(training_options.DEFAULTS["points"], "num_samples", 30)
    (line,) = small_runs.run_charges(tmp_path / "run", gan="nsgan", num_samples=80)
    looks = small_runs.results(tmp_path / "run", "training.jsonl")
    assert line["n"] == 80 and {look["n"] for look in looks} == {30}
    assert line["experiment"] == "coulomb" and line["method"] == "standard"
    assert line["mmd2"] > 0
    assert "d_r2" not in small_runs.results(tmp_path / "run", "training.jsonl")[0]


def test_images_are_learned(digits, exported, tmp_path):
    (line,) = small_runs.run_charges(
        tmp_path / "run",
        dataset="mnist",
        data_dir=str(digits),
        features="random",
        batch_size=8,
        iterations=0.001,
        l2_penalty=1e-7,
    )
    assert line["fd_random_pool_80_test"] > 0
    d = tc.models.load(tmp_path / "run/models/discriminator-g1.keras")
    assert sum("moving_mean" in v.path for v in d.weights) == 4  # batch-norm
    assert "d_r2" in small_runs.results(tmp_path / "run", "training.jsonl")[-1]
    shown = {path.name for path in (tmp_path / "run/figures").glob("training-*")}
    assert shown == {"training-g0.png", "training-g1.png"}
    evaluate.run(evaluate.Config(workdir=str(tmp_path / "run"), metrics=("kid",)))
    (scored,) = small_runs.results(tmp_path / "run", "evaluation.jsonl")
    assert "kid_random_pool_80_test" in scored


def test_a_look_in_training_takes_no_more_however_many_are_drawn_at_the_end():
    many = coulomb.Config(dataset="lsun", num_samples=50_048)
    few = coulomb.Config(dataset="lsun", num_samples=100)
    assert (many.show_samples, few.show_samples) == (5 * 1024, 100)


def test_lines_of_text_are_learned_and_dumped(novel, tmp_path, monkeypatch):
    options = {"dataset": "billion_word", "data_dir": str(novel), "num_samples": 20}
    options |= {"length": 16, "batch_size": 8, "width": 0.02, "iterations": 0.002}
    options |= {"max_lines": 250, "vocabulary_size": 12}
    draw, looked_at = tc.sampling.draw, []

    def recorded(*args, real, **others):
        looked_at.append(np.argmax(real.x, axis=-1))
        return draw(*args, real=real, **others)

    monkeypatch.setattr(tc.sampling, "draw", recorded)
    (line,) = small_runs.run_charges(tmp_path / "run", **options)
    text = tc.data.billion_word(str(novel), length=16, lines=250, vocabulary_size=12)
    with np.load(tmp_path / "run/samples/standard-g2-d0.npz") as file:
        samples = file["x"]
    for n in range(1, 7):
        told = (metrics.NgramModel.of(lines, n) for lines in (samples, text.lines))
        assert line[f"jsd{n}_20"] == pytest.approx(metrics.ngram_js(*told), rel=1e-9)
    again = {"num_samples": 20, "from_run": str(tmp_path / "run")}
    coulomb.run(coulomb.Config(workdir=str(tmp_path / "again"), **again))
    for file in ("results.jsonl", "vocabulary.json", "samples/standard-g2.txt"):
        before = (tmp_path / "run" / file).read_bytes()
        assert (tmp_path / "again" / file).read_bytes() == before
    # What samplers may look at is held out: nothing was learned from it.
    looked_at, held_out = max(looked_at, key=len), text.held_out.astype(int)
    assert len(looked_at) == 5 and {*map(bytes, looked_at)} == {*map(bytes, held_out)}
    dump = (tmp_path / "run/samples/standard-g2.txt").read_text(encoding="utf-8")
    assert len(dump.split("\n")) == 21
    (tmp_path / "other").mkdir()
    other = "\n".join(f"quick brown fox {i}" for i in range(200))
    (tmp_path / "other" / "other.txt").write_text(other)
    with pytest.raises(errors.Refused, match="another vocabulary"):
        small_runs.run_charges(
            tmp_path / "run", **{**options, "data_dir": str(tmp_path / "other")}
        )
    (tmp_path / "run/vocabulary.json").unlink()
    with pytest.raises(errors.Refused, match=r"vocabulary.json' is gone"):
        small_runs.run_charges(tmp_path / "run", **options)


@pytest.mark.parametrize(
    "argv, told",
    [
        (["--dimension=2"], "--dimension=2"),
        (["--epsilon=0"], "--epsilon"),
        (["--epsilon=1e-25"], "--epsilon=1e-25"),
        (["--epsilon_floor=0.5", "--dimension=200"], "--epsilon_floor=0.5"),
        (["--epsilon=1", "--epsilon_floor=2"], "--epsilon_floor=2"),
        (["--generator=my"], "--generator=my"),
        (["--dataset=mnist", "--discriminator=mlp"], "--discriminator=mlp"),
        (["--dataset=mnist", "--discriminator=fourier"], "--discriminator=fourier"),
        (["--frequency=0"], "--frequency"),
        (["--stop=0.5"], "--stop=0.5"),
        (["--rollout_method=ladam"], "--rollout_method=ladam"),
        (["--frequency=1"], "--frequency=1.0 has no effect"),
        (["--dataset=folder"], "--data_dir"),
        (["--dataset=mnist", "--output_size=-3"], "--output_size"),
        (["--gan=nsgan", "--remember_previous"], "--remember_previous"),
        (["--learningrate=1e-3", "--learningrate_floor=1"], "--learningrate_floor"),
        (["--iterations=0"], "--iterations"),
        (["--dataset=billion_words"], "billion_word"),
    ],
)
def test_wrong_flags_are_refused(argv, told, capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        flags.main(coulomb.Config, coulomb.run, ["coulomb", *argv])
    error = capfd.readouterr().err
    assert ended.value.code == 2 and told in error and "Traceback" not in error
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [b"\x00\x01\x02", b"\xff\xfe\xfa\n", b"", b"one\n"])
def test_what_is_no_text_is_refused_and_leaves_nothing(content, tmp_path):
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "a.txt").write_bytes(content)
    with pytest.raises(errors.Refused, match="billion_word"):
        small_runs.run_charges(
            tmp_path / "run",
            dataset="billion_word",
            data_dir=str(tmp_path / "text"),
        )
    assert not (tmp_path / "run").exists()


def test_the_flags_name_every_net_of_the_zoo():
    allowed = {f.name: f.reader.allowed for f in fields.read(coulomb.Config)}
    for flag, zoo in (
        ("generator", tc.models.GENERATORS),
        ("discriminator", tc.models.DISCRIMINATORS),
    ):
        assert all(name in allowed[flag] for name in zoo)


def test_a_rate_falls_to_its_floor():
    from experiments.coulomb_gan import charges

    falling = charges.Falling(4.0, 0.5, 1.0)
    assert [float(falling(step)) for step in (0, 1000, 2000, 9000)] == [4, 2, 1, 1]
