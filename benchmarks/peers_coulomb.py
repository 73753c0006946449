"""A Coulomb GAN's step beside a straightforward PyTorch loop, both in one process.

    make bench-peers
    python benchmarks/peers_coulomb.py [float32] [mixed_bfloat16]

The peer is our own short script: the same layers, batch, optimizers and step, written
the way a PyTorch user would, eager and channels last, in float32 and in bfloat16 by
autocast, each beside ours of the same precision, by turns. Both sides do the same
products: a forward pass of G and one of D on reals and on fakes, D's gradient, G's.
"""

import functools
import itertools
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import bench_coulomb as ours
import peers
import torch
from torch import nn

BATCH, WIDTHS = ours.BATCH, (1024, 512, 256, 128)


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.project = nn.Linear(ours.LATENT, 4 * 4 * 1024)
        ups = []
        for a, b in itertools.pairwise(WIDTHS):
            ups += [
                nn.ConvTranspose2d(a, b, 5, 2, 2, output_padding=1, bias=False),
                nn.BatchNorm2d(b, eps=1e-3, momentum=0.01),
                nn.ReLU(),
            ]
        self.ups = nn.Sequential(
            *ups, nn.ConvTranspose2d(128, 3, 5, 2, 2, output_padding=1)
        )

    def forward(self, z):
        h = torch.relu(self.project(z)).view(-1, 1024, 4, 4)
        x = self.ups(h.contiguous(memory_format=torch.channels_last))
        return 1.7159 * torch.tanh(2 / 3 * x)


def discriminator():
    layers, width = [], 3
    for n in reversed(WIDTHS):
        layers += [
            nn.Conv2d(width, n, 5, 2, 2, bias=False),
            nn.BatchNorm2d(n, eps=1e-3, momentum=0.01),
            nn.LeakyReLU(0.2),
        ]
        width = n
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(4 * 4 * 1024, 1))


g = Generator().to(memory_format=torch.channels_last)
d = discriminator().to(memory_format=torch.channels_last)
g_opt, d_opt = (torch.optim.Adam(net.parameters(), 1e-4) for net in (g, d))
real = torch.from_numpy(ours.real.numpy()).permute(0, 3, 1, 2)
real = real.contiguous(memory_format=torch.channels_last)


def kernel_means(a, b):
    return (torch.cdist(a, b).square() + 1).rsqrt().mean(1)


def potentials(x, y):
    x, y = x.flatten(1), y.flatten(1)
    at_real = kernel_means(y, y) - kernel_means(y, x)
    return at_real, kernel_means(x, y) - kernel_means(x, x)


def train(precision):
    with peers.autocast(precision):
        fake = g(torch.rand(BATCH, ours.LATENT) * 2 - 1)
        at_real, at_fake = (d(x)[:, 0].float() for x in (real, fake))
    with torch.no_grad():
        phi_real, phi_fake = potentials(fake.float(), real)
    d_loss = (at_real - phi_real).square().mean() + (at_fake - phi_fake).square().mean()
    d_grads = torch.autograd.grad(d_loss, list(d.parameters()), retain_graph=True)
    g_grads = torch.autograd.grad(-at_fake.mean(), list(g.parameters()))
    for net, opt, grads in ((d, d_opt, d_grads), (g, g_opt, g_grads)):
        for parameter, grad in zip(net.parameters(), grads):
            parameter.grad = grad
        opt.step()


print(f"a step of either side takes {ours.GFLOP:.1f} GFLOP for an image")
for precision in sys.argv[1:] or ours.PRECISIONS:
    theirs = functools.partial(train, precision)
    peers.tell(f"training, {precision}", BATCH, ours.training(precision), theirs)
