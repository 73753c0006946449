"""A GAN of PyTorch modules is the same GAN as one of Keras' layers."""

import pathlib
import re
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import tf_collab as tc
from tf_collab.sampling import walking

torch = pytest.importorskip("torch", reason="`make test-torch` has PyTorch")
from helpers import torch_twins  # noqa: E402
from helpers.torch_twins import same  # noqa: E402
from torch import nn  # noqa: E402

N = 32
PAGE = pathlib.Path(__file__).parents[2] / "docs" / "torch.md"


@pytest.fixture(scope="module", params=["points", "images"])
def twins(request):
    make = getattr(torch_twins, request.param)
    return make, torch_twins.gan(make), torch_twins.keras_gan(make)


def held_out(gan, seed=5):
    x = gan.generator(gan.prior(N, (0, seed)))
    return gan.scored(x + 0.3 * tf.random.stateless_normal(x.shape, (1, seed)))


def test_samples_activations_and_scores_are_the_same(twins):
    _, ours, theirs = twins
    z = ours.prior(N, (0, 1))
    assert ours.generator.depth == theirs.generator.depth == 3
    for layer in range(4):
        h, other = (gan.generator.encode(z, to=layer) for gan in (ours, theirs))
        same(h, other)
        same(ours.generator.decode(h, from_=layer), ours.generator(z))
    same(ours.scored(h).score, theirs.scored(h).score)


@pytest.mark.parametrize("layer", range(4))
def test_slopes_are_the_same_at_every_layer_in_one_call_or_two(twins, layer):
    _, ours, theirs = twins
    h = ours.generator.encode(ours.prior(N, (0, 1)), to=layer)
    slopes = []
    for gan in (ours, theirs):
        start, on = walking.ground(gan, layer, (), h)
        (grad,), (x, score, energy) = on.slope(start)
        slopes.append((grad, x, score, energy))
    with tf.GradientTape() as tape:
        tape.watch(h)
        energy = ours.objective.energy(
            ours.scored(ours.generator.decode(h, from_=layer)).score
        )
    slopes.append((tape.gradient(energy, h), *slopes[0][1:]))
    scale = float(tf.reduce_max(tf.abs(slopes[1][0])))
    assert scale > 0
    for grad, *seen in (slopes[0], slopes[2]):
        same(grad / scale, slopes[1][0] / scale)
        for a, b in zip(seen, slopes[1][1:]):
            same(a, b)


def test_gradients_by_parameters_are_the_same(twins):
    make, ours, theirs = twins
    g, _ = make()
    z = ours.prior(N, (0, 1))
    # Copies: batch-norm's moving variance is over n - 1 in PyTorch, over n in Keras.
    net, other = (tc.models.copy(gan.generator) for gan in (ours, theirs))
    variables = net.trainable_variables
    for training in (False, True):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(net(z, training=training) ** 2)
        grads = dict(zip((v.name for v in variables), tape.gradient(loss, variables)))
        with tf.GradientTape(persistent=True) as tape:
            loss = tf.reduce_sum(other(z, training=training) ** 2)
        for name, layer, i in torch_twins.parameters(other, g):
            grad = torch_twins.kernel(layer, torch.tensor(grads[name].numpy()))
            same(grad, tape.gradient(loss, layer.weights[i].value), 1e-4)


@pytest.mark.parametrize("pick", ["best", "random", "last"])
def test_refined_points_are_the_same(twins, pick):
    _, ours, theirs = twins
    real = held_out(ours)
    rate = tc.sampling.suggest_rate(ours, tc.policies.sgd, layer=1, real=real, n=N)
    z = ours.prior(N, (0, 3))
    found = []
    for gan in (ours, theirs):
        policy = tc.policies.sgd(rate)
        walk = tc.sampling.refine(gan, policy, layer=1, steps=5, pick=pick, xla=False)
        step = tf.function(walk.step, autograph=False)
        scored, _, info = step((0, 2), z, walk.init((0, 4), z, real))
        found.append((*scored, info["steps"]))
    for a, b in zip(*found):
        same(a, b)
    assert np.ptp(found[0][2]) > 0 or pick != "random"


def test_a_step_of_many_points_is_one_call_and_of_images_one_a_piece(
    twins, monkeypatch
):
    make, gan, _ = twins
    calls, slope = [], tc.models.torch_cutting.TorchChain.score_slope

    def counted(self, h, **options):
        calls.append(h.shape[0])
        return slope(self, h, **options)

    monkeypatch.setattr(tc.models.torch_cutting.TorchChain, "score_slope", counted)
    walk = tc.sampling.refine(gan, tc.policies.sgd(0.1), layer=1, steps=2)
    z = gan.prior(2500, (0, 1))
    step = tf.function(lambda z: walk.step((0, 2), z, walk.init((0, 3), z, None)))
    step.get_concrete_function(z)  # which is traced, and not run
    images = make is torch_twins.images
    assert {*calls} == ({833, 834} if images else {2500})


def shaping(gan, rate):
    gan = gan._replace(discriminator=tc.models.copy(gan.discriminator))
    walk = tc.sampling.refine(
        gan, tc.policies.sgd(rate), layer=1, steps=3, pick="random", xla=False
    )
    optimizer = keras.optimizers.SGD(0.05)
    return gan, optimizer, tc.training.tune_step(gan, walk, optimizer, xla=False)


def test_a_step_of_shaping_is_the_same(twins):
    make, ours, theirs = twins
    real, d = held_out(ours), make()[1]
    rate = tc.sampling.suggest_rate(ours, tc.policies.sgd, layer=1, real=real, n=N)
    ours, _, step = shaping(ours, rate)
    theirs, _, other = shaping(theirs, rate)
    before = {k: v.clone() for k, v in d.state_dict().items()}
    losses = [s(0, tc.seeds.as_seed(1), real.x)["d_loss"] for s in (step, other)]
    same(*losses)
    d.load_state_dict(tc.models.torch_state(ours.discriminator))
    moved = 0.0
    for name, layer, i in torch_twins.parameters(theirs.discriminator, d):
        after = d.state_dict()[name]
        same(torch_twins.kernel(layer, after), layer.weights[i])
        moved = max(moved, float((after - before[name]).abs().max()))
    assert moved > 1e-4
    d.eval()
    x = d(_as_torch(real.x)).detach().numpy().reshape(N)
    same(x, ours.scored(real.x).score)


def _as_torch(x):
    x = torch.tensor(x.numpy())
    return x.permute(0, 3, 1, 2) if x.ndim == 4 else x


def test_a_resumed_tuning_is_an_unbroken_one(tmp_path):
    def begin():
        g, _ = torch_twins.points()
        d = nn.Sequential(
            nn.Linear(2, 16), nn.BatchNorm1d(16), nn.Dropout(0.3), nn.Linear(16, 1)
        )
        torch_twins.stirred(d)
        gan = tc.from_torch(g, d, prior=tc.priors.normal(3), objective="hinge")
        gan, optimizer, step = shaping(gan, 0.1)
        return gan.discriminator, optimizer, step

    x = np.random.default_rng(0).normal(size=[64, 2]).astype("float32")
    run = lambda step, n, first=0: tc.training.run(
        step, lambda i: tf.constant(x), n, seed=3, first=first
    )
    whole, _, step = begin()
    run(step, 6)
    d, optimizer, step = begin()
    kept = tc.training.Checkpoints(tmp_path / "c", d=d, optimizer=optimizer)
    run(step, 3)
    kept.save(3)
    d, optimizer, step = begin()
    kept = tc.training.Checkpoints(tmp_path / "c", d=d, optimizer=optimizer)
    assert kept.restore() == 3
    run(step, 6, first=3)
    states = tc.models.torch_state(whole), tc.models.torch_state(d)
    for name, value in states[0].items():
        assert torch.equal(value, states[1][name]), name
    assert states[0]["1.num_batches_tracked"] == 12  # reals and fakes of six steps


def test_a_step_of_training_is_the_same(twins):
    make, *_ = twins
    # TensorFlow's second derivative of a batch's variance holds the mean for constant,
    # so a penalty and a batch-norm do not go together there.
    dense = make is torch_twins.points
    for name in ["nsgan", *(["wgan_gp"] if dense else [])]:
        objective = tc.tables.OBJECTIVES[name].build()
        _check_step(make(), *(gan._replace(objective=objective) for gan in twins[1:]))


def _check_step(modules, *gans):
    real = held_out(gans[0]).x
    losses, nets = [], []
    for gan in gans:
        g, d = (tc.models.copy(net) for net in (gan.generator, gan.discriminator))
        gan = gan._replace(generator=g, discriminator=d)
        step = tc.training.train_step(
            gan, keras.optimizers.SGD(0.05), keras.optimizers.SGD(0.05), xla=False
        )
        losses.append(list(step(0, tc.seeds.as_seed(1), real).values()))
        nets.append((g, d))
    same(*losses)
    for net, other, module in zip(*nets, modules):
        state, moved = tc.models.torch_state(net), 0.0
        for name, layer, i in torch_twins.parameters(other, module):
            same(torch_twins.kernel(layer, state[name]), layer.weights[i])
            moved += float((state[name] - module.state_dict()[name]).abs().sum())
        assert moved > 1e-3


def test_chains_of_refined_samples_are_drawn(twins):
    _, ours, theirs = twins
    real = held_out(ours)
    drawn = []
    for gan in (ours, theirs):
        scored = gan.scored(real.x)
        policy = tc.policies.ladam(0.01)
        walk = tc.sampling.refine(gan, policy, layer=1, steps=3, xla=False)
        sampler = tc.sampling.compose(walk, tc.sampling.mhgan(gan, thin=2))
        drawn.append(
            tc.sampling.draw(sampler, gan.prior, 20, real=scored, batch=10, seed=0)
        )
    assert drawn[0].x.shape == (20, *real.x.shape[1:])
    assert drawn[0].efficiency == drawn[1].efficiency
    assert tc.checks.check(ours, real.x) == []


def test_a_sigmoid_at_the_end_is_seen_and_undone():
    g, d = torch_twins.points()
    gan = tc.from_torch(g, d, prior=tc.priors.normal(3), objective="nsgan")
    closed = nn.Sequential(d, nn.Sigmoid())
    other = tc.from_torch(g, closed, prior=tc.priors.normal(3), objective="nsgan")
    x = held_out(gan).x
    same(other.scored(x).score, gan.scored(x).score)
    assert other.assumed == ("the discriminator's score is the logit of D's sigmoid",)


def test_an_objective_without_a_row_is_refused():
    g, d = torch_twins.points()
    with pytest.raises(ValueError, match="did you mean 'nsgan'"):
        tc.from_torch(g, d, prior=tc.priors.normal(3), objective="nsgen")


def test_channels_that_nobody_can_see_are_asked_for():
    d = nn.Sequential(nn.Flatten(), nn.Linear(48, 1))
    for shape in ((4, 4, 3), (3, 4, 4)):
        g = nn.Sequential(nn.Linear(2, 48), nn.Unflatten(1, shape))
        gan = tc.from_torch(g, d, prior=tc.priors.normal(2), objective="nsgan")
        assert gan.generator(gan.prior(2, (0, 1))).shape == [2, 4, 4, 3]
    g = nn.Sequential(nn.Linear(2, 27), nn.Unflatten(1, (3, 3, 3)))
    d = nn.Sequential(nn.Flatten(), nn.Linear(27, 1))
    options = {"prior": tc.priors.normal(2), "objective": "nsgan"}
    with pytest.raises(ValueError, match="say channels_first=True or False"):
        tc.from_torch(g, d, **options)
    tc.from_torch(g, d, channels_first=True, **options)


def test_importing_the_library_does_not_import_torch():
    program = (
        "import sys, tf_collab as tc; tc.models.torch_layer; tc.from_torch; "
        "sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_the_program_of_the_page_prints_what_the_page_says(capsys):
    text = PAGE.read_text("utf-8")
    (program,) = re.findall(r"(?ms)^```python\n(.*?)^```$", text)
    (printed,) = re.findall(r"(?ms)^```text\n(.*?)^```$", text)
    exec(compile(program, str(PAGE), "exec"), {})
    assert capsys.readouterr().out == printed
