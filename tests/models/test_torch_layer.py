"""Laws of PyTorch modules as Keras layers: what they give is what PyTorch gives."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tf_collab as tc
from tf_collab.cpu import compilation

torch = pytest.importorskip("torch", reason="`make test-torch` has PyTorch")
from helpers import torch_twins  # noqa: E402
from torch import nn  # noqa: E402

X = np.random.default_rng(0).normal(size=[8, 3]).astype("float32")
# Of one rounding of numbers of order one, a few dozen products deep.
SLACK = {"float32": 1e-5, "float64": 1e-13, "float16": 2e-2, "bfloat16": 1e-1}


def smooth():
    return torch_twins.stirred(
        nn.Sequential(
            nn.Linear(3, 8), nn.BatchNorm1d(8), nn.Softplus(), nn.Linear(8, 2)
        )
    )


def values(layer):
    return {v.name: v.numpy() for v in layer.variables}


@pytest.mark.parametrize("graph", [False, True])
@pytest.mark.parametrize("kind", SLACK)
def test_values_and_gradients_of_two_orders_are_those_of_torch(kind, graph):
    module = smooth().to(getattr(torch, kind)).eval()
    layer = tc.models.torch_layer(module)

    def ours(x):
        with tf.GradientTape() as outer:
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = layer(x)
                loss = tf.reduce_sum(y**2)
            slope, *grads = tape.gradient(loss, [x, *layer.trainable_variables])
            penalty = tf.reduce_sum(slope**2)
        return y, slope, grads, outer.gradient(penalty, layer.trainable_variables)

    if graph:
        ours = tf.function(ours, autograph=False)
    found = tf.nest.flatten(ours(tf.constant(X, kind)))
    x = torch.tensor(X, dtype=getattr(torch, kind), requires_grad=True)
    y = module(x)
    weights = [*module.parameters()]
    slope, *grads = torch.autograd.grad((y**2).sum(), [x, *weights], create_graph=True)
    second = torch.autograd.grad((slope**2).sum(), weights)
    expected = [v.detach().double().numpy() for v in (y, slope, *grads, *second)]
    for a, b in zip(found, expected, strict=True):
        assert a.dtype == kind
        scale = 1 + np.abs(b).max()
        np.testing.assert_allclose(
            np.asarray(a, "f8") / scale, b / scale, atol=SLACK[kind], rtol=0
        )


def test_training_writes_the_buffers_that_torch_would_and_leaves_the_module_alone():
    module, twin = smooth().eval(), smooth().train()
    layer = tc.models.torch_layer(module)
    step = tf.function(lambda x: layer(x, training=True), autograph=False)
    for scale in (1, 2):
        np.testing.assert_allclose(
            step(tf.constant(scale * X)),
            twin(torch.tensor(scale * X)).detach(),
            rtol=1e-5,
            atol=1e-6,
        )
    layer(X)  # inference writes nothing
    state = tc.models.torch_state(layer)
    assert state["1.num_batches_tracked"] == 2
    for name, value in twin.state_dict().items():
        torch.testing.assert_close(state[name], value)
    assert not module.training and not module[1].training
    for name, value in smooth().state_dict().items():
        assert torch.equal(module.state_dict()[name], value)


def test_a_module_in_training_mode_is_run_in_inference_mode_and_stays_as_it_is():
    module = smooth().train()
    module[0].eval()
    expected = smooth().eval()(torch.tensor(X)).detach()
    np.testing.assert_allclose(tc.models.torch_layer(module)(X), expected, rtol=1e-5)
    assert [part.training for part in module] == [False, True, True, True]


def test_dropout_has_a_seed_that_checkpoints_keep(tmp_path):
    layer = tc.models.torch_layer(nn.Sequential(nn.Dropout(0.5)))
    x = tf.ones([4, 50])
    held = torch.random.get_rng_state()
    first = layer(x, training=True)
    kept = tf.train.Checkpoint(net=layer)
    kept.write(str(tmp_path / "net"))
    second = layer(x, training=True)
    assert (first != second).numpy().any()
    assert set(np.unique(first)) == {0.0, 2.0}
    other = tc.models.torch_layer(nn.Sequential(nn.Dropout(0.5)))
    tf.train.Checkpoint(net=other).read(str(tmp_path / "net")).assert_consumed()
    np.testing.assert_array_equal(other(x, training=True), second)
    np.testing.assert_array_equal(layer(x), x)
    assert torch.equal(torch.random.get_rng_state(), held)


def test_a_gradient_is_of_the_mask_that_was_drawn():
    layer = tc.models.torch_layer(nn.Sequential(nn.Dropout(0.5)))
    x = tf.ones([4, 50])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, training=True)
    np.testing.assert_array_equal(tape.gradient(y, x), y)


def test_what_is_frozen_in_part_stays_and_what_is_frozen_whole_can_be_thawed():
    module = smooth()
    module[0].requires_grad_(False)
    layer = tc.models.torch_layer(module)
    assert [v.name for v in layer.trainable_variables] == [
        *("1.weight", "1.bias", "3.weight", "3.bias")
    ]
    assert len(tc.models.thaw(layer).trainable_variables) == 4
    gan = torch_twins.gan(torch_twins.points)
    d = nn.Sequential(nn.Linear(2, 1)).requires_grad_(False)
    gan = tc.from_torch(
        nn.Sequential(nn.Linear(3, 2)), d, prior=gan.prior, objective="nsgan"
    )
    tune = lambda: tc.training.tune_step(
        gan, tc.sampling.direct(gan), keras.optimizers.SGD(0.1)
    )
    with pytest.raises(ValueError, match="frozen as a whole"):
        tune()
    tc.models.thaw(gan.discriminator)
    before = gan.discriminator.trainable_variables[0].numpy()
    tune()(0, tc.seeds.as_seed(0), tf.ones([8, 2]))
    assert (before != gan.discriminator.trainable_variables[0].numpy()).any()


def test_a_parameter_of_two_modules_is_one_variable():
    module = nn.Sequential(nn.Linear(3, 3), nn.Tanh(), nn.Linear(3, 3))
    module[2].weight = module[0].weight
    layer = tc.models.torch_layer(module)
    assert len(layer.trainable_variables) == 3
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(X) ** 2)
    grad = tape.gradient(loss, layer.trainable_variables[0])
    (module(torch.tensor(X)) ** 2).sum().backward()
    np.testing.assert_allclose(grad, module[0].weight.grad, rtol=1e-4, atol=1e-5)
    layer.trainable_variables[0].assign(tf.zeros([3, 3]))
    state = tc.models.torch_state(layer)
    assert not state["0.weight"].any() and not state["2.weight"].any()
    chain = tc.models.torch_chain(module, X)
    np.testing.assert_array_equal(
        chain.decode(chain.encode(X, to=1), from_=1), chain(X)
    )


class Writing(nn.Module):
    def forward(self, x):
        return x.mul_(2.0)


@pytest.mark.parametrize("graph", [False, True])
@pytest.mark.parametrize("part", [Writing, nn.Identity, lambda: nn.ReLU(inplace=True)])
def test_tensors_of_tensorflow_are_never_written_to(part, graph):
    layer = tc.models.torch_layer(part())

    def pass_through(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x)
        return y + 1.0, x, tape.gradient(y, x)

    if graph:
        pass_through = tf.function(pass_through, autograph=False)
    given = tf.constant(np.abs(X))
    y, x, grad = pass_through(given)
    factor = 2.0 if part is Writing else 1.0
    np.testing.assert_array_equal(x, np.abs(X))
    np.testing.assert_array_equal(given, np.abs(X))
    np.testing.assert_allclose(y, factor * np.abs(X) + 1)
    np.testing.assert_array_equal(grad, np.full_like(X, factor))


def test_a_copy_has_weights_of_its_own():
    gan = torch_twins.gan(torch_twins.images)
    x = gan.generator(gan.prior(4, (0, 1)))
    for net, given in ((gan.generator, gan.prior(4, (0, 1))), (gan.discriminator, x)):
        twin, before = tc.models.copy(net), net(given).numpy()
        np.testing.assert_array_equal(twin(given), before)
        for variable in twin.trainable_variables:
            variable.assign(variable + 1)
        np.testing.assert_array_equal(net(given), before)
        assert (twin(given) != before).numpy().any()


@pytest.mark.parametrize("kind", ["points", "images"])
def test_a_state_goes_back_into_the_module_and_a_checkpoint_into_the_layer(
    kind, tmp_path
):
    gan = torch_twins.gan(getattr(torch_twins, kind))
    z = gan.prior(4, (0, 1))
    for variable in gan.generator.trainable_variables:
        variable.assign(1.5 * variable)
    module, _ = getattr(torch_twins, kind)()
    module.load_state_dict(tc.models.torch_state(gan.generator))
    again = tc.models.torch_chain(module, z)
    np.testing.assert_array_equal(again(z), gan.generator(z))
    tf.train.Checkpoint(net=again).write(str(tmp_path / "net"))
    other = torch_twins.gan(getattr(torch_twins, kind)).generator
    assert (other(z) != again(z)).numpy().any()
    tf.train.Checkpoint(net=other).read(str(tmp_path / "net")).assert_consumed()
    np.testing.assert_array_equal(other(z), again(z))


def test_batch_statistics_are_of_the_batch_and_write_nothing():
    module = smooth()
    layer = tc.models.torch_layer(module, batch_statistics=True)
    expected = smooth().train()(torch.tensor(X)).detach()
    before = values(layer)
    np.testing.assert_allclose(layer(X), expected, rtol=1e-4, atol=1e-5)
    for name, value in values(layer).items():
        np.testing.assert_array_equal(value, before[name])
    gan = torch_twins.gan(torch_twins.images)._replace(batch_statistics=True)
    x = gan.generator(gan.prior(8, (0, 1)))
    _, d = torch_twins.images()
    expected = d.train()(torch.tensor(x.numpy()).permute(0, 3, 1, 2)).detach().numpy()
    before = values(gan.discriminator)
    np.testing.assert_allclose(
        gan.scored(x).score, expected.reshape(8), rtol=1e-4, atol=1e-5
    )
    for name, value in values(gan.discriminator).items():
        np.testing.assert_array_equal(value, before[name])


class Labelled(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.head = nn.Embedding(4, 3), nn.Linear(6, 1)

    def forward(self, x, label):
        h = torch.cat([x, self.embed(label)], dim=1)
        return {"score": self.head(h), "label": label}


def test_several_inputs_are_a_tuple_or_a_dict_and_one_output_is_picked():
    module, label = Labelled(), np.arange(8) % 4
    expected = module(torch.tensor(X), torch.tensor(label))["score"].detach()
    layer = tc.models.torch_layer(module)
    found = layer((X, label))
    assert found["label"].dtype == tf.int64
    picked = tc.models.torch_layer(module, pick="score")({"x": X, "label": label})
    for score in (found["score"], picked):
        np.testing.assert_allclose(score, expected, rtol=1e-5, atol=1e-6)


def test_weights_gradients_are_not_taken_while_samples_are_refined():
    counts = {"forward": 0, "weight": 0}

    class Counting(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, weight):
            counts["forward"] += 1
            ctx.save_for_backward(x, weight)
            return x @ weight

        @staticmethod
        def backward(ctx, up):
            x, weight = ctx.saved_tensors
            counts["weight"] += ctx.needs_input_grad[1]
            return up @ weight.T, x.T @ up

    class Judge(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(2, 1))

        def forward(self, x):
            return Counting.apply(x, self.weight)

    g, _ = torch_twins.points()
    gan = tc.from_torch(g, Judge(), prior=tc.priors.normal(3), objective="nsgan")
    walk = tc.sampling.refine(gan, tc.policies.sgd(0.1), layer=1, steps=5)
    z = gan.prior(8, (0, 1))
    step = tf.function(walk.step, autograph=False)
    real = gan.scored(gan.generator(z))
    state = walk.init((0, 2), z, real)
    step((0, 2), z, state)
    counts.update(forward=0, weight=0)
    step((0, 2), z, state)
    # A pass forward at each of six points: one call gives a point's score and slope.
    assert counts == {"forward": 6, "weight": 0}


def test_xla_never_compiles_it():
    gan = torch_twins.gan(torch_twins.points)
    assert not compilation.worthwhile(gan.generator, gan.discriminator)
    assert not compilation.narrow(gan.discriminator)
    with pytest.raises(ValueError, match="xla=True compiles TensorFlow's operations"):
        tc.sampling.refine(gan, tc.policies.sgd(0.1), layer=1, steps=5, xla=True)


class Skipping(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.act, self.last = nn.Linear(3, 3), nn.Tanh(), nn.Linear(3, 2)

    def forward(self, z):
        return self.last(self.act(self.first(z)) + z)


class Straight(Skipping):
    def forward(self, z):
        return self.last(self.act(self.first(z)))


def test_a_generator_is_cut_where_it_can_be():
    for module, names in ((Straight(), ("z", "act", "x")), (Skipping(), ("z", "x"))):
        assert tc.models.torch_chain(module, X).layer_names == names
    chain = tc.models.torch_chain(Straight(), X, at=["first"])
    np.testing.assert_array_equal(
        chain.encode(X, to=1), tc.models.torch_layer(chain.layer.module.first)(X)
    )
    nested = nn.Sequential(nn.Sequential(nn.Linear(3, 3), nn.ReLU()), nn.Linear(3, 2))
    assert tc.models.torch_chain(nested, X).layer_names == ("z", "0.1", "x")
    assert tc.models.torch_chain(nested, X, at=[]).depth == 1


@pytest.mark.parametrize(
    "module, at, told",
    [
        (Skipping, ["act"], "does more than call its children"),
        (Straight, ["akt"], "did you mean 'act'"),
        (Straight, ["last"], "leave it out of at"),
        (Straight, ["act", "first"], "in the order of the children"),
        (Straight, "act", "not a string"),
    ],
)
def test_a_cut_that_cannot_be_is_refused(module, at, told):
    with pytest.raises(ValueError, match=told):
        tc.models.torch_chain(module(), X, at=at)


def test_what_it_cannot_take_is_told_in_one_sentence():
    with pytest.raises(ValueError, match="has no shapes yet"):
        tc.models.torch_layer(nn.LazyLinear(3))
    with pytest.raises(ValueError, match=r"is a torch\.nn\.Module, not int"):
        tc.models.torch_layer(3)
    with pytest.raises(ValueError, match=r"made \[\]"):
        tc.models.torch_layer(nn.MSELoss())((X, X))
    chain = tc.models.torch_chain(smooth(), X)
    with pytest.raises(ValueError, match=r"'generator' cannot take float32 \[8, 4\]"):
        chain(np.ones([8, 4], "float32"))
    with pytest.raises(ValueError, match=r"a \.keras file cannot carry"):
        tc.models.export(tc.models.LayeredModel([chain.layer]), (3,))
    with pytest.raises(ValueError, match="of one PyTorch module, and"):
        tc.models.torch_state(keras.layers.Dense(1))
    image = np.ones([2, 4, 4, 3], "float32")
    with pytest.raises(ValueError, match="where this module has an image's channels"):
        tc.models.torch_layer(nn.Flatten())(image)


def test_an_image_is_turned_on_its_way_in_and_out():
    image = np.random.default_rng(0).normal(size=[2, 4, 5, 3]).astype("float32")
    flat = tc.models.torch_layer(nn.Flatten(), channels_first=True)(image)
    np.testing.assert_array_equal(flat, image.transpose(0, 3, 1, 2).reshape(2, -1))
    flat = tc.models.torch_layer(nn.Flatten(), channels_first=False)(image)
    np.testing.assert_array_equal(flat, image.reshape(2, -1))
    module = nn.Conv2d(3, 6, 3)
    found = tc.models.torch_layer(module)(image)
    expected = module(torch.tensor(image).permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
    np.testing.assert_allclose(found, expected.detach(), atol=1e-5)
