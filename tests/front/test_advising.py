"""Advice on GANs whose ratio, gradient and law are known."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import oracles, small_cases, small_tunings

import tf_collab as tc
from tf_collab.front import foretelling, gradients, verdict, wording
from tf_collab.front.checking import Check
from tf_collab.front.collaboration import Collaboration
from tf_collab.front.rows import Rows
from tf_collab.metrics import Interval

BATCH, FEW = 100, 9  # samples at once, calls that buy one step


@pytest.fixture(scope="module", autouse=True)
def small():
    with small_tunings.tunings_of(batch=BATCH), pytest.MonkeyPatch.context() as patch:
        patch.setattr("tf_collab.front.forecasting.CHAINS", 500)
        yield


def reals(seed, mean, std, n=400):
    return np.random.default_rng(seed).normal(mean, std, [n, 1]).astype("f4")


def of_slope(slope, mean=0.8, std=0.9):
    """G is N(0, 1), the data N(mean, std**2), and D so many times their log ratio."""
    gan = oracles.gaussian_gan(mean, std)
    d = gan.discriminator
    asked = lambda x, training=False: slope * d(tf.convert_to_tensor(x))
    return gan._replace(discriminator=asked)


@pytest.fixture(scope="module")
def sound():
    gan = of_slope(1.0)
    near = lambda x: np.abs(x[:, 0] - 0.8) < 1
    return tc.advise(gan, reals(0, 0.8, 0.9, 500), good=near, n=400)


def test_an_exact_ratio_is_calibrated_and_leads_to_the_data(sound):
    assert sound.given.sound and sound.kind == "own" and sound.used is sound.given
    assert sound.gradient == "trusted" and not sound.flagged
    assert sound.method != "standard"
    # KL of the two normals.
    known = -np.log(0.9) + (0.81 + 0.64 - 1) / 2
    assert sound.left[1] == pytest.approx(known, abs=0.1)
    assert list(sound.left.values()) == sorted(sound.left.values(), reverse=True)


def test_what_it_forecasts_is_what_its_samplers_then_give(sound):
    real = sound.gan.scored(reals(0, 0.8, 0.9, 500))
    good = lambda x: np.mean(np.abs(x[:, 0] - 0.8) < 1)
    plain = good(np.random.default_rng(9).normal(size=[20_000, 1]))
    for line in sound.lines:
        sampler = sound.sampler(line.method)
        kept, shares = [], []
        draws = tc.sampling.draws(
            sampler, sound.gan.prior, real=real, batch=200 * sampler.group, seed=1
        )
        for _ in range(4 * sampler.thin):
            _, verdict, _, _ = next(draws)
            kept.append(verdict.x.numpy()[verdict.keep.numpy()])
            shares.append(verdict.keep.numpy())
        n = sum(map(len, kept))
        proposed = np.size(shares)
        noise = 4 * np.sqrt(line.kept * (1 - line.kept) / proposed)
        assert np.mean(shares) == pytest.approx(line.kept, abs=noise + 0.02)
        gain = sound.gains[line.method]
        # Four standard errors of the forecast, and of as many samples.
        noise = 2 * (gain.high - gain.low) + 4 * 0.5 / np.sqrt(n)
        assert gain.value == pytest.approx(
            good(np.concatenate(kept)) - plain, abs=noise
        )
        assert line.cost == pytest.approx(2 / line.kept) or line.method == "refinement"


def test_a_ratio_that_is_too_sure_is_flagged_and_mended():
    advice = tc.advise(of_slope(4.0), reals(1, 0.8, 0.9), FEW, n=200)
    assert advice.given.too_sure and advice.flagged
    assert advice.given.slope.value == pytest.approx(0.25, abs=0.12)
    assert advice.kind in ("platt", "beta") and 1 in advice.used.slope
    assert "far too sure" in str(advice) and "fitted to other rows" in str(advice)


def test_a_gradient_that_leads_away_is_told_and_not_followed(monkeypatch):
    monkeypatch.setattr(gradients, "PATHS", (0.5,))  # far enough to be seen by few
    advice = tc.advise(of_slope(-1.0), reals(2, 0.8, 0.9), FEW, n=2 * BATCH)
    assert advice.gradient == "not trusted" and advice.flagged
    assert advice.method != "refinement" and "not trusted" in str(advice)
    assert any("fakes score above reals" in doubt for doubt in advice.doubts)
    assert advice.given.backwards and not advice.given.too_sure
    assert "are its labels swapped?" in str(advice) and "by heart" not in str(advice)


def test_where_samples_are_as_the_data_there_is_nothing_to_gain():
    advice = tc.advise(of_slope(1.0, 0.02, 1.0), reals(3, 0.02, 1.0), FEW, n=200)
    assert advice.method == "standard"
    assert "Nothing to gain is shown" in str(advice)


def test_why_nothing_is_named_tells_what_is_nearer_by_little():
    line = lambda method, distance, worse: verdict.Line(
        method, 99, distance, 0.0, 9.0, distance - 5, distance - 6, worse, 1.0, 2.0
    )
    plain = line("standard", 5.0, None)
    told = lambda *lines: wording.reason("standard", [plain, *lines], 20)
    assert told(line("hastings", 4.95, -0.01)).endswith(
        "; surely nearer by less: hastings."
    )
    assert "though hastings may be; advise(" in told(line("hastings", 4.95, 0.01))
    assert told().endswith("plain samples by 2 % or more.")


# The interval of the slope, and what stands in the sentence.
SLOPES = {
    (-1.5, -1.2): "D prefers samples to reals: are its labels swapped? the slope is",
    (-0.1, 0.3): "D hardly tells reals from samples",
    (-0.1, 0.79): "D hardly tells reals from samples",
    (-0.3, 0.9): "D's ratio is too sure",
    (0.1, 0.79): "by heart",
    (0.1, 0.9): "D's ratio is too sure",
    (-0.1, 1.1): "D's ratio is off",
    (1.1, 1.4): "D's ratio is too modest",
    (-np.inf, np.inf): "D's ratio is off: the slope is unknown",
}


@pytest.mark.parametrize("low, high", SLOPES)
def test_each_slope_has_its_sentence_and_by_heart_is_one(low, high):
    value = np.inf if np.isinf(high) else (low + high) / 2
    mean = Interval(2.0, 1.5, 2.5)
    found = Check(Interval(value, low, high), mean, carriers=100.0, samples=400)
    told = wording.calibration(found, found, "own")
    words = SLOPES[low, high]
    assert words in told and ("by heart" in told) is (words == "by heart")
    bad = words[:8] in ("D prefer", "D hardly", "by heart")
    assert (found.backwards or found.blind or found.too_sure) is bad


def test_data_of_another_scale_are_told_first_and_plain_samples_named():
    wide = tc.advise(of_slope(1.0), 100 * reals(13, 0.8, 0.9), FEW, n=BATCH)
    assert wide.method == "standard" and "Recommended: standard, whatever" in str(wide)
    assert "scale the data to the generator's range" in str(wide).split("\n")[0]


def test_a_critic_gets_a_calibrator():
    score = of_slope(5.0)
    critic = score._replace(objective=tc.objectives.wgan_gp())
    advice = tc.advise(critic, reals(4, 0.8, 0.9), 3, n=BATCH)
    assert advice.given is None and advice.kind == "platt" and advice.used.sound
    assert "D's score is not a log ratio" in str(advice)
    assert not advice.flagged


def test_a_ratio_is_kept_where_no_map_does_better():
    flat = of_slope(1.0)
    shifted = flat._replace(
        discriminator=lambda x, training=False: flat.discriminator(x) + 0.5
    )
    advice = tc.advise(shifted, reals(5, 0.8, 0.9), 3, n=400)
    assert 1 in advice.given.slope and 1 not in advice.given.mean
    assert "D's ratio is off" in str(advice)


def test_few_calls_buy_plain_samples_alone():
    advice = tc.advise(of_slope(1.0), reals(6, 0.8, 0.9), 3, n=BATCH)
    assert [line.method for line in advice.lines if line.cost > 3] == []
    assert "refinement" not in [line.method for line in advice.lines]
    assert advice.walk is not None  # whose gradient is judged by one step


def test_a_d_without_a_gradient_is_told():
    flat = of_slope(1.0)
    steps = flat._replace(
        discriminator=lambda x, training=False: tf.round(flat.discriminator(x))
    )
    advice = tc.advise(steps, reals(7, 0.8, 0.9), 3, n=BATCH)
    assert advice.walk is None and advice.gradient == "unknown"
    assert "D's gradient was not judged: " in str(advice)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"x_held_out": reals(8, 0, 1, 99)}, "99 held-out rows, and 100"),
        ({"calls": 1}, "2 calls"),
        ({"n": 99}, f"{BATCH} samples or more, not 99"),
        ({"good": lambda x: x}, "good gives a number for each sample"),
        ({"x_held_out": np.zeros([200, 3])}, "x_held_out is float64"),
    ],
)
def test_what_cannot_be_advised_on_is_refused(how, words):
    given = {"x_held_out": reals(8, 0.8, 0.9), "n": BATCH} | how
    with pytest.raises(ValueError, match=words):
        tc.advise(of_slope(1.0), given.pop("x_held_out"), **given)


def test_advice_is_on_a_gan_and_names_what_it_knows(sound):
    with pytest.raises(TypeError, match="advice is on a GAN"):
        tc.advise(lambda z: z, reals(9, 0, 1))
    with pytest.raises(ValueError, match="method is one of standard"):
        sound.sampler("mala")


def test_the_table_has_each_method_and_marks_the_one_that_is_named(sound):
    text = str(sound)
    for line in sound.lines:
        assert text.count(f"| {line.method} |") + text.count(f"**{line.method}**") == 1
    assert f"Recommended: {sound.method}." in text and "gain of good" in text
    assert "judge is weak" not in text and "judge is weak" in str(
        sound._replace(weak=True)
    )


def test_a_collaboration_advises_on_reals_that_do_not_judge():
    case = small_cases.case_of()
    case.splits.use_up()  # so that the part for the verdict cannot be had
    advice = Collaboration(case).advise(3, n=BATCH)
    assert advice.reals == 195 and advice.about == case.judge.about
    with pytest.raises(RuntimeError, match="this tuning is over"):
        Collaboration(None).advise()


def test_a_d_that_is_sure_of_everything_has_no_slope():
    advice = tc.advise(of_slope(1.0, mean=40.0), reals(12, 40.0, 0.9), 3, n=BATCH)
    assert advice.given.slope == (np.inf, -np.inf, np.inf)
    assert "the slope is unknown" in str(advice)


def test_a_d_that_misses_what_tells_samples_apart_is_told(sound):
    told = lambda nats, before: str(
        sound._replace(
            left=sound.left | {1: nats},
            walk=sound.walk._replace(told=sound.walk.told._replace(before=before)),
        )
    )
    assert "D misses" in told(0.01, 0.6)
    assert "D misses" not in told(0.3, 0.6) and "D misses" not in told(0.01, 0.1)


def test_groups_of_reals_widen_the_intervals_that_they_are_part_of():
    """Ten near copies of each real say no more than one of them."""
    x = np.repeat(reals(14, 0.8, 0.9, 100), 10, axis=0)
    half = {}
    for name, groups in (("rows", None), ("groups", np.arange(1000) // 10)):
        advice = tc.advise(of_slope(1.0), x, 3, n=BATCH, groups=groups)
        (plain,) = (line for line in advice.lines if line.method == "standard")
        half[name] = plain.high - plain.low
    assert half["groups"] > 1.2 * half["rows"]


def test_the_halves_of_reals_share_no_group():
    held = Rows(reals(15, 0.0, 1.0, 101), None, (), np.arange(101) // 4)
    first, second = foretelling._halves(held)
    assert not {*first.groups} & {*second.groups}
    assert len(first) + len(second) == 101 and abs(len(first) - 50) < 4
