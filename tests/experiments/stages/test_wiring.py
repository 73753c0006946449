"""Which D, which reals, which seeds reach the library in a run: in the plane."""

import dataclasses
import itertools

import numpy as np
import pytest
from helpers import recording, small_runs
from scipy import stats

import tf_collab as tc
from experiments import mog2d
from experiments.rundir import metric_names

STEPS, RATE, LAYER = 3, 0.1, 1
CONFIG = dataclasses.replace(
    small_runs.PLANAR,
    niters=2,
    ckpt_num=(1, 2),
    batch_size=100,
    calibrate_iters=2,
    shape_iters=2,
    lr_calibrate=0.5,
    lr_shape=0.5,
    rollout_method="ladam",
    rollout_rate=RATE,
    rollout_steps=STEPS,
    collab_layer=LAYER,
)
# float32 through nets of three layers of 8, in batches of other sizes.
CLOSE = {"rtol": 1e-4, "atol": 1e-5}


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    """A run of two GAN steps, as it was seen from the library."""
    folder = tmp_path_factory.mktemp("learned") / "run"
    with recording.watched() as watch:
        mog2d.run(dataclasses.replace(CONFIG, workdir=str(folder)))
    return folder, watch


def path(gan, z, real):
    """All points that refinement visits, [depth, batch, 2], with their scores."""
    visits = tc.sampling.trajectory(
        gan, tc.policies.ladam(RATE), layer=LAYER, steps=STEPS
    )
    return visits(z, gan.scored(real))


def rows(*sets):
    """The rows of all sets, as bytes; of a batch drawn twice, twice."""
    return [row.tobytes() for x in sets for row in np.asarray(x)]


def share_nothing(*sets):
    seen = [{*rows(x)} for x in sets]
    return sum(map(len, seen)) == len(set.union(*seen))


def test_d_is_calibrated_on_plain_samples(learned):
    loops = learned[1].loop("calibrate")
    assert len(loops) == 2
    for step in itertools.chain(*(loop.steps for loop in loops)):
        plain = step.before.gan.generator(step.z, training=False)
        np.testing.assert_allclose(step.x, plain, **CLOSE)


def test_d_is_shaped_on_its_own_trajectories_at_uniform_depths(learned):
    loops = learned[1].loop("shape")
    assert len(loops) == 2
    depths = []
    for step in itertools.chain(*(loop.steps for loop in loops)):
        visited = path(step.before.gan, step.z, step.real).x.numpy()
        gaps = np.abs(visited - step.x).max(axis=2)  # [depth, batch]
        depths += list(gaps.argmin(axis=0))
        np.testing.assert_array_less(gaps.min(axis=0), 1e-5 * np.abs(visited).max())
        # A point is told from its neighbours.
        moves = np.abs(np.diff(visited, axis=0)).max(axis=2)
        assert np.median(moves) > 100 * gaps.min(axis=0).max()
    counts = np.bincount(depths, minlength=STEPS + 1)
    assert counts.min() > 0 and stats.chisquare(counts).pvalue > 1e-3


def test_refined_samples_are_the_best_points_by_the_shaped_d(learned):
    """At a D step > 0, where trained, calibrated and shaped D are three."""
    _, watch = learned
    shaped = {id(loop.gan.discriminator) for loop in watch.loop("shape")}
    drawn = watch.draws("refinement")
    assert len(drawn) == 4  # two GAN steps, at D step 0 and 2
    for one in drawn:
        assert id(one.judge.made.discriminator) in shaped
        gan = one.judge.gan
        visited = path(gan, one.z, one.real.x)
        best = visited.score.numpy().argmax(axis=0)
        expected = visited.x.numpy()[best, np.arange(len(best))][: one.n]
        np.testing.assert_allclose(one.samples.x, expected, **CLOSE)


def test_each_sampler_is_told_how_its_own_d_scores_the_held_out_reals(learned):
    _, watch = learned
    nets = {
        kind: {id(loop.gan.discriminator) for loop in watch.loop(kind)}
        for kind in ("calibrate", "shape")
    }
    asked = {
        "calibrate": ("standard", "rejection", "hastings"),
        "shape": ("refinement", "collaborative"),
    }
    assert len({one.real.x.numpy().tobytes() for one in watch.drawn}) == 1
    for kind, methods in asked.items():
        drawn = watch.draws(*methods)
        assert len(drawn) == 4 * len(methods)
        for one in drawn:
            assert id(one.judge.made.discriminator) in nets[kind]
            scored = one.judge.gan.scored
            np.testing.assert_allclose(
                one.real.score, scored(one.real.x).score, **CLOSE
            )
            np.testing.assert_allclose(
                one.samples.score, scored(one.samples.x).score, **CLOSE
            )


def test_acceptors_judge_by_the_d_that_proposes(learned):
    _, watch = learned
    d = lambda gan: gan.discriminator
    asked = {
        kind: [made for made in watch.suites if made["kind"] == kind]
        for kind in ("calibrate", "shape")
    }
    for made in asked["shape"]:
        (proposer,) = (r for r in watch.refined if r["proposer"] is made["proposer"])
        assert d(proposer["gan"]) is d(made["judge"])
        assert proposer.get("pick", "best") == "best"
    for one, made in zip(watch.rejectors, asked["calibrate"], strict=True):
        assert d(one["gan"]) is d(made["judge"])
        assert one["burn_in"] == CONFIG.num_samples
    assert len(asked["calibrate"]) == len(asked["shape"]) == 2  # of two GAN steps
    for one, made in zip(watch.chains, watch.suites, strict=True):
        assert d(one["gan"]) is d(made["judge"]) and one["thin"] == CONFIG.mh_thin
    assert len({id(d(made["judge"])) for made in watch.suites}) == 4


def test_no_two_uses_share_a_seed(learned):
    _, watch = learned
    of_kind = {
        kind: {seed for loop in watch.loop(kind) for seed in loop.seeds}
        for kind in ("train", "calibrate", "shape")
    }
    of_kind["draw"] = {one.seed for one in watch.drawn}
    of_kind["data"] = {seed for n, seed in watch.batches if n == CONFIG.batch_size}
    of_kind["reals"] = {seed for n, seed in watch.batches if n == CONFIG.num_samples}
    counts = {kind: len(seeds) for kind, seeds in of_kind.items()}
    draws = counts.pop("draw")
    assert draws == len(watch.drawn) == 20  # five methods at two D steps of two GANs
    # Two steps of each loop and of its data, held-out reals and reference.
    assert {*counts.values()} == {2}
    assert draws + sum(counts.values()) == len(set.union(*of_kind.values()))


def test_steps_and_draws_share_no_row(learned):
    _, watch = learned
    for loop in watch.loops:
        assert loop.indices == [0, 1]
        assert share_nothing(*(getattr(s, "real", s) for s in loop.steps))
    for at in range(2):  # the loops of either GAN step
        calibrate, shape = (watch.loop(kind)[at] for kind in ("calibrate", "shape"))
        assert share_nothing(*(s.z for s in (*calibrate.steps, *shape.steps)))
    latents = [one.z for one in watch.drawn]
    latents += [step.z for step in watch.loop("calibrate")[0].steps]
    latents += [step.z for step in watch.loop("shape")[0].steps]
    assert share_nothing(*latents)


def test_what_is_learned_what_samplers_look_at_and_the_reference_are_apart(learned):
    _, watch = learned
    batches = [s for loop in watch.loop("train") for s in loop.steps]
    held_out = watch.drawn[0].real.x
    (reference,) = {real.tobytes(): real for _, _, real, _ in watch.covered}.values()
    assert len(held_out) == len(reference) == CONFIG.num_samples
    assert share_nothing(*batches, held_out, reference)


def test_what_is_kept_and_counted_is_what_was_drawn(learned):
    """Costs are those of a sample kept; plain samples are D step 0's alone."""
    folder, watch = learned
    lines = small_runs.results(folder)
    assert len(lines) == 18
    for line in lines:
        at, d_step = line["gan_step"], line["d_step"]
        file = folder / "samples" / f"{line['method']}-g{at}-d{d_step}.npz"
        with np.load(file) as kept:
            x, score = kept["x"], kept["score"]
        (one,) = (o for o in watch.drawn if np.array_equal(o.samples.x, x))
        assert one.method == line["method"] and one.n == line["n"] == len(x)
        np.testing.assert_array_equal(one.samples.score, score)
        assert line["efficiency"] == one.samples.efficiency
        costs = {name: v * line["n"] for name, v in line.items() if name in COSTS}
        expected = {name: v for name, v in one.samples.info.items() if name in COSTS}
        assert costs == pytest.approx(expected, rel=1e-9)


def test_a_picture_and_a_table_are_of_their_gan_step_and_the_last_d(learned):
    folder, watch = learned
    last = lambda method: 0 if method == "standard" else CONFIG.shape_iters
    for at, ((points, _), _) in zip((1, 2), watch.shown["comparison"], strict=True):
        assert {*points} == small_runs.METHODS
        for method, x in points.items():
            kept = small_runs.samples(folder, f"{method}-g{at}-d{last(method)}")
            np.testing.assert_array_equal(x, kept)
    lines = (folder / "table.md").read_text().splitlines()
    table = [line for line in lines if line.startswith("|")]  # remarks come below
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in table]
    called = {metric_names.words(name): name for name in small_runs.results(folder)[0]}
    columns = [called[words] for words in cells[0][3:]]
    found = {tuple(row[:3]): dict(zip(columns, row[3:])) for row in cells[2:]}
    lines = [
        one
        for one in small_runs.results(folder)
        if one["d_step"] == last(one["method"])
    ]
    assert len(lines) == len(found) == 10
    for line in lines:
        row = found[str(line["gan_step"]), line["method"], str(line["d_step"])]
        assert {"good", "js", "efficiency"} <= {*row}
        for name, cell in row.items():
            whole = isinstance(line[name], int)
            assert cell == (str(line[name]) if whole else f"{line[name]:.3f}")


def test_protocols_say_what_numbers_depend_on(learned):
    moved = f"ladam 0.1 x {STEPS} on layer {LAYER}"
    said = {line["method"]: line["protocol"] for line in small_runs.results(learned[0])}
    assert said == {
        "standard": "good<4sd",
        "rejection": "good<4sd, gamma at 50.0 per batch",
        "hastings": "good<4sd, thin 2",
        "refinement": f"good<4sd, {moved}",
        "collaborative": f"good<4sd, thin 2, {moved}",
    }


COSTS = ("g_forward", "g_backward", "d_forward", "d_backward", "accepted", "capped")
