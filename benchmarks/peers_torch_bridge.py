"""Refining PyTorch nets through `from_torch` beside a plain PyTorch loop.

    make bench-peers

Speed is of both in one process, in turns; the loop is written the way a PyTorch user
would, eager, and once more with channels last. Ratios are the median of turns, of the
clock and of the processors. Memory is of processes of their own, the median of three:
at its peak, and what of that came after the imports (nets, graphs, refining).
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import subprocess
import sys
import time

import torch
from torch import nn
from torch.nn import functional

STEPS, RATE, TURNS = 10, 0.1, 5
WIDTHS = (256, 128, 64, 32)
SIZES = {"points": 10_000, "images": 32}


def points():
    def mlp(out):
        parts, width = [], 2
        for _ in range(5):
            parts += [nn.Linear(width, 64), nn.ReLU()]
            width = 64
        return nn.Sequential(*parts, nn.Linear(width, out))

    return mlp(2), mlp(1), 2


def images():
    up, width = [], 100
    for i, n in enumerate((*WIDTHS, 3)):
        if i:
            up += [nn.BatchNorm2d(width), nn.ReLU()]
        place = (4, 1, 0) if not i else (4, 2, 1)
        up.append(nn.ConvTranspose2d(width, n, *place))
        width = n
    down, width = [], 3
    for n in reversed(WIDTHS):
        down += [nn.Conv2d(width, n, 4, 2, 1), nn.LeakyReLU(0.2)]
        width = n
    head = nn.Conv2d(width, 1, 4, 1, 0)
    return nn.Sequential(*up, nn.Tanh()), nn.Sequential(*down, head), 100


def plain(kind, channels_last=False):
    """Refinement of layer 1 in PyTorch: the best of all points visited."""
    torch.manual_seed(0)
    g, d, size = globals()[kind]()
    g, d = (net.eval().requires_grad_(False) for net in (g, d))
    if channels_last:
        g, d = (net.to(memory_format=torch.channels_last) for net in (g, d))
    cut = 3 if kind == "images" else 2
    head, tail = g[:cut], g[cut:]
    z = torch.randn(SIZES[kind], size)
    z = z[:, :, None, None] if kind == "images" else z

    def run():
        with torch.no_grad():
            h = head(z)
        least = torch.full([len(h)], float("inf"))
        best = None
        for k in range(STEPS + 1):
            h = h.detach().requires_grad_(k < STEPS)
            x = tail(h)
            energy = functional.softplus(-d(x).flatten())
            with torch.no_grad():
                better = energy < least
                least = torch.where(better, energy, least)
                mask = better.reshape([-1, *[1] * (x.ndim - 1)])
                best = x.detach() if best is None else torch.where(mask, x, best)
            if k < STEPS:
                (grad,) = torch.autograd.grad(energy.sum(), h)
                h = h - RATE * grad
        return best

    return run


def bridge(kind):
    """The same by this library."""
    import tensorflow as tf

    import tf_collab as tc

    torch.manual_seed(0)
    g, d, size = globals()[kind]()
    prior = tc.priors.normal(size)
    gan = tc.from_torch(g, d, prior=prior, objective="nsgan", probability=False)
    walk = tc.sampling.refine(gan, tc.policies.sgd(RATE), layer=1, steps=STEPS)
    step = tf.function(walk.step, autograph=False)
    z = gan.prior(SIZES[kind], (0, 1))
    state = walk.init((0, 2), z, None)
    return lambda: step((0, 3), z, state)[0].x.numpy()


def memory(name):
    """MB, now or at the peak, as the system counts them."""
    with open("/proc/self/status", encoding="utf8") as lines:
        return next(int(x.split()[1]) / 1024 for x in lines if x.startswith(name))


def took(make, kind):
    """Prints the memory that refining takes in this process: beyond imports, in all."""
    if make is bridge:
        import tf_collab as tc

        # The parts of the library are imported when they are first used.
        _ = tc.from_torch, tc.sampling, tc.policies, tc.priors
    before = memory("VmRSS")
    run = make(kind)
    for _ in range(2):
        run()
    print(f"{memory('VmHWM') - before:.1f} {memory('VmHWM'):.1f}")


def peaks(name, kind):
    """What `took` prints, the median of three processes."""
    told = []
    for _ in range(3):
        command = [sys.executable, __file__, name, kind]
        out = subprocess.run(command, capture_output=True, text=True, check=True)
        told.append([float(number) for number in out.stdout.split()])
    return [sorted(column)[1] for column in zip(*told)]


def compare(kind):
    runs = {"plain": plain(kind), "bridge": bridge(kind)}
    if kind == "images":
        runs["channels last"] = plain(kind, channels_last=True)
    clocks = {"the clock": time.perf_counter, "processors": time.process_time}
    times: dict[str, list[list[float]]] = {name: [] for name in runs}
    for _ in range(TURNS + 1):
        for name, run in runs.items():
            starts = [clock() for clock in clocks.values()]
            run()
            ends = [clock() for clock in clocks.values()]
            times[name].append([end - start for start, end in zip(starts, ends)])
    times = {name: turns[1:] for name, turns in times.items()}  # the first compiles
    speed = SIZES[kind] / min(turn[0] for turn in times["bridge"])
    print(f"{kind}, {STEPS} steps: {speed:.4g} a second through the bridge")
    for name in sorted(runs.keys() - {"bridge"}):
        for i, clock in enumerate(clocks):
            pairs = zip(times[name], times["bridge"])
            ratios = sorted(theirs[i] / ours[i] for theirs, ours in pairs)
            low, middle, high = ratios[0], ratios[TURNS // 2], ratios[-1]
            print(
                f"  {middle:.2f} of the speed of PyTorch {torch.__version__}, {name}, "
                f"by {clock} ({low:.2f} to {high:.2f})"
            )
    found = {name: peaks(name, kind) for name in ("plain", "bridge")}
    for i, what in enumerate(("beyond the imports", "in all")):
        ours, theirs = found["bridge"][i], found["plain"][i]
        print(
            f"  {ours / theirs:.2f} times the memory {what}: {ours:.0f} MB beside "
            f"{theirs:.0f}",
            flush=True,
        )


if __name__ == "__main__":
    if sys.argv[1:]:
        took({"plain": plain, "bridge": bridge}[sys.argv[1]], sys.argv[2])
    else:
        for kind in SIZES:
            compare(kind)
