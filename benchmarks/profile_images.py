"""What training and refining of images do with their time, by kinds of operations.

python benchmarks/profile_images.py [float32] [mixed_bfloat16]
"""

import sys
import time

import bench_images as ours
import profiling

TIMES = 4


def main():
    for precision in sys.argv[1:] or ours.PRECISIONS:
        for what, run in ours.steps(precision).items():
            for _ in range(2):
                run()
            wall, cpu = time.perf_counter(), time.process_time()
            for _ in range(TIMES):
                run()
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            print(
                f"{what}, {precision}: {1e3 * wall / TIMES:.0f} ms by the clock, ",
                end="",
            )
            print(f"{1e3 * cpu / TIMES:.0f} of processors")
            with profiling.profiled(TIMES):
                for _ in range(TIMES):
                    run()


if __name__ == "__main__":
    main()
