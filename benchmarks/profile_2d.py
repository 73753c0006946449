"""What a training step of the 2-D nets does with its time: operations by their kind.

python benchmarks/profile_2d.py
"""

import contextlib
import time

import bench_2d as ours
import profiling

STEPS = 30


def main():
    step, seed = ours.train(), ours.tc.seeds.as_seed(0)
    mark, profile = {}, contextlib.ExitStack()

    def hook(done, scalars):
        """Profiles the steps between two hooks."""
        if done == 10 * STEPS:
            mark["cpu"], mark["wall"] = time.process_time(), time.perf_counter()
        if done == 11 * STEPS:
            wall, cpu = time.perf_counter() - mark["wall"], time.process_time()
            print(f"a step: {1e3 * wall / STEPS:.2f} ms by the clock, ", end="")
            print(f"{1e3 * (cpu - mark['cpu']) / STEPS:.2f} of processors")
            profile.enter_context(profiling.profiled(STEPS))
        if done == 12 * STEPS:
            profile.close()

    ours.tc.training.run(
        step, ours.batch_at, 12 * STEPS, seed=seed, every=STEPS, hooks=[hook]
    )


if __name__ == "__main__":
    main()
