"""Send beacons from another process: `python -m benchmarks.beacons_client PORT RATE SECONDS NUMBER`."""

import sys

from benchmarks.beacons import run_client

if __name__ == "__main__":
    for status, count in run_client(*map(int, sys.argv[1:5])).items():
        print(status, count)
