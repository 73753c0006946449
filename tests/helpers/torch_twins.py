"""The same GAN twice, in PyTorch and in Keras, with the same random weights."""

import keras
import numpy as np
import torch
from torch import nn

import tf_collab as tc


def points():
    """Modules of a dense GAN in the plane."""
    g = nn.Sequential(
        nn.Linear(3, 16),
        nn.BatchNorm1d(16),
        nn.LeakyReLU(0.2),
        nn.Sequential(nn.Linear(16, 8), nn.ReLU(inplace=True)),
        nn.Linear(8, 2),
    )
    d = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
    return stirred(g), stirred(d)


def images():
    """Modules of a small DCGAN of 16 x 16 pixels, as tutorials write it."""

    class Net(nn.Module):
        def __init__(self, *parts):
            super().__init__()
            self.main = nn.Sequential(*parts)

        def forward(self, x):
            return self.main(x)

    g = Net(
        nn.ConvTranspose2d(5, 8, 4, 1, 0, bias=False),
        nn.BatchNorm2d(8),
        nn.ReLU(True),
        nn.ConvTranspose2d(8, 6, 4, 2, 1, bias=False),
        nn.BatchNorm2d(6),
        nn.ReLU(True),
        nn.ConvTranspose2d(6, 3, 4, 2, 1),
        nn.Tanh(),
    )
    d = Net(
        nn.Conv2d(3, 6, 4, 2, 1),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(6, 8, 4, 2, 1, bias=False),
        nn.BatchNorm2d(8),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(8, 1, 4, 1, 0),
    )
    return stirred(g), stirred(d)


def stirred(module):
    """Weights and statistics that are not those of a new module."""
    draw = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for name, value in [*module.named_parameters(), *module.named_buffers()]:
            if value.is_floating_point():
                noise = torch.rand(value.shape, generator=draw)
                if name.endswith("running_var"):
                    value.copy_(0.5 + noise)
                elif value.ndim > 1:
                    fan = value[0].numel()
                    value.copy_((2 * noise - 1) * (3 / fan) ** 0.5)
                else:
                    scale = name.endswith("weight")  # of a batch-norm
                    value.copy_(0.4 * noise - 0.2 + scale)
    return module


def gan(make, **options):
    """The GAN of the modules, and its latents' prior."""
    g, d = make()
    prior = tc.priors.normal(3 if make is points else 5)
    return tc.from_torch(g, d, prior=prior, objective="nsgan", **options)


def keras_gan(make):
    """The same of Keras' layers, cut at the same places."""
    g, d = make()
    stages = [_keras(part, first=i == 0) for i, part in enumerate(_cut(g))]
    generator, judge = tc.models.LayeredModel(stages), _keras(_flat(d))
    prior = tc.priors.normal(3 if make is points else 5)
    judge(generator(prior(2, (0, 1))))
    for model, module in ((generator, g), (judge, d)):
        for layer, part in _pairs(model, module):
            layer.set_weights(_values(layer, part))
    score = tc.models.scorer(judge)
    return tc.GAN(generator, score, prior, tc.objectives.nsgan())


def parameters(model, module):
    """(name in PyTorch, a Keras layer, the index of the weight there)."""
    names = {id(p): name for name, p in module.named_parameters()}
    for layer, part in _pairs(model, module):
        for i, value in enumerate(part.parameters()):
            yield names[id(value)], layer, i


def kernel(layer, weight):
    """A weight of PyTorch's as the Keras layer has it."""
    if weight.ndim == 1:
        return weight.numpy()
    if weight.ndim == 2:
        return weight.T.numpy()
    if isinstance(layer, keras.layers.Dense):
        return weight.permute(0, 2, 3, 1).reshape(len(weight), -1).numpy()
    return weight.permute(2, 3, 1, 0).numpy()


def same(a, b, tolerance=1e-5):
    """Equal to float32's rounding after a few dozen sums of numbers of order one."""
    a, b = np.asarray(a, "f8"), np.asarray(b, "f8")
    scale = max(1.0, np.abs(b).max(initial=0.0))
    np.testing.assert_allclose(a / scale, b / scale, rtol=0, atol=tolerance)


def _flat(module):
    leaves = [part for part in module.modules() if not [*part.children()]]
    return [part for part in leaves if not isinstance(part, nn.Sequential)]


def _cut(module):
    """Lists of modules that end with an activation, or with the output."""
    parts, ends = [[]], (nn.ReLU, nn.LeakyReLU)
    for part in _flat(module):
        parts[-1].append(part)
        if isinstance(part, ends):
            parts.append([])
    return parts


def _keras(modules, *, first=False):
    layers = []
    for part in modules:
        layers += _layers(part, first and not layers)
    return keras.Sequential(layers)


def _layers(part, first):
    layers = keras.layers
    if isinstance(part, nn.Linear):
        return [layers.Dense(part.out_features)]
    if isinstance(part, nn.ConvTranspose2d) and first:  # from one pixel to 4 x 4
        n = part.out_channels
        return [layers.Dense(16 * n, use_bias=False), layers.Reshape((4, 4, n))]
    if isinstance(part, nn.ConvTranspose2d):
        bias = part.bias is not None
        return [layers.Conv2DTranspose(part.out_channels, 4, 2, "same", use_bias=bias)]
    if isinstance(part, nn.Conv2d):
        padding = "same" if part.padding[0] else "valid"
        bias = part.bias is not None
        n, stride = part.out_channels, part.stride[0]
        return [layers.Conv2D(n, 4, stride, padding, use_bias=bias)]
    if isinstance(part, nn.modules.batchnorm._BatchNorm):
        return [layers.BatchNormalization(momentum=0.9, epsilon=1e-5)]
    if isinstance(part, nn.LeakyReLU):
        return [layers.LeakyReLU(0.2)]
    return [layers.Activation(type(part).__name__.lower())]


def _pairs(model, module):
    parts = getattr(model, "stages", (model,))
    parts = [part for part in parts if isinstance(part, keras.Sequential)]
    layers = [layer for part in parts for layer in part.layers if layer.weights]
    return zip(layers, [p for p in _flat(module) if [*p.parameters()]], strict=True)


def _values(layer, part):
    values = [kernel(layer, part.weight.detach())]
    if part.bias is not None:
        values.append(part.bias.detach().numpy())
    if isinstance(layer, keras.layers.BatchNormalization):
        values += [part.running_mean.numpy(), part.running_var.numpy()]
    return values
