"""DCGAN-64 beside a straightforward PyTorch loop, both in one process.

    make bench-peers
    python benchmarks/peers_images.py [float32] [mixed_bfloat16]

The peer is our own short script: the same layers, batch, optimizers and steps, written
the way a PyTorch user would, eager and channels last, in float32 and in bfloat16 by
autocast. Each precision of ours is beside the same one there, by turns; a ratio is of
medians over turns.
"""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import functools

import bench_images as ours
import peers
import torch
from torch import nn
from torch.nn import functional

BATCH, DEPTH = ours.BATCH, ours.DEPTH
WIDTHS = (512, 256, 128, 64)


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.project = nn.Linear(100, 4 * 4 * 512, bias=False)
        self.norms = nn.ModuleList(nn.BatchNorm2d(n) for n in WIDTHS)
        pairs = zip(WIDTHS, (*WIDTHS[1:], 3))
        self.ups = nn.ModuleList(
            nn.ConvTranspose2d(a, b, 5, 2, 2, output_padding=1, bias=b == 3)
            for a, b in pairs
        )

    def head(self, z):
        h = self.project(z).view(-1, 512, 4, 4)
        return torch.relu(
            self.norms[0](h.contiguous(memory_format=torch.channels_last))
        )

    def tail(self, h):
        for up, norm in zip(self.ups, self.norms[1:]):
            h = torch.relu(norm(up(h)))
        return torch.tanh(self.ups[-1](h))

    def forward(self, z):
        return self.tail(self.head(z))


def discriminator():
    layers, width = [], 3
    for n in reversed(WIDTHS):
        norm = [nn.BatchNorm2d(n)] if width > 3 else []
        layers += [
            nn.Conv2d(width, n, 5, 2, 2, bias=not norm),
            *norm,
            nn.LeakyReLU(0.2),
        ]
        width = n
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(4 * 4 * 512, 1))


g = Generator().to(memory_format=torch.channels_last)
d = discriminator().to(memory_format=torch.channels_last)
g_opt, d_opt = (
    torch.optim.Adam(net.parameters(), 2e-4, (0.5, 0.999)) for net in (g, d)
)
real = torch.from_numpy(ours.real.numpy()).permute(0, 3, 1, 2)


def train(precision):
    z = torch.rand(BATCH, 100) * 2 - 1
    d_opt.zero_grad()
    with peers.autocast(precision):
        fake = g(z).detach()
        at_real, at_fake = d(real).float(), d(fake).float()
        loss = (
            functional.softplus(-at_real).mean() + functional.softplus(at_fake).mean()
        )
    loss.backward()
    d_opt.step()
    g_opt.zero_grad()
    with peers.autocast(precision):
        loss = functional.softplus(-d(g(z)).float()).mean()
    loss.backward()
    g_opt.step()


def refine(precision, z):
    for net in (g, d):
        net.eval().requires_grad_(False)
    with peers.autocast(precision):
        x = walk(z)
    for net in (g, d):
        net.train().requires_grad_(True)
    return x


def walk(z):
    h, velocity = g.head(z).detach().float(), 0.0
    best, energy = h, torch.full([BATCH], float("inf"))
    for k in range(DEPTH + 1):
        h = h.detach().requires_grad_(k < DEPTH)
        now = functional.softplus(-d(g.tail(h))[:, 0].float())
        better = now.detach() < energy
        best = torch.where(better[:, None, None, None], h.detach(), best)
        energy = torch.where(better, now.detach(), energy)
        if k < DEPTH:
            (grad,) = torch.autograd.grad(now.sum(), h)
            velocity = 0.9 * velocity + 0.1 * grad
            h = h - velocity
    with torch.no_grad():
        return g.tail(best)


z = torch.rand(BATCH, 100) * 2 - 1
for precision in sys.argv[1:] or ours.PRECISIONS:
    mine = ours.steps(precision)
    theirs = {
        "training": functools.partial(train, precision),
        "refining": functools.partial(refine, precision, z),
    }
    for what in mine:
        peers.tell(f"{what}, {precision}", BATCH, mine[what], theirs[what])
