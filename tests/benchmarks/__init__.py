"""Benchmarks: each is a module with a command, and prints figures as ratios against a baseline of the same run.

`--quick` makes each as short as it can be, to see that it works (tests/test_benchmarks.py); its figures mean nothing.
"""

import sys

QUICK = "--quick" in sys.argv
