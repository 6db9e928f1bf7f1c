"""Work measured in a process of its own, like a worker's: `python -m benchmarks.apart MODULE ARGUMENTS…`.

Sets Django up, imports the module, calls its `main(*arguments)`, which returns a number of rows, and prints as JSON
what that took.
"""

import json
import os
import re
import resource
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

import django

from benchmarks.measuring import Spent, WentWrong


def run(module: str, *arguments: str, **environment: str) -> Spent:
    """Run the module's `main` apart; `memory` is its peak beyond what the process held before the call."""
    command = [sys.executable, "-m", "benchmarks.apart", module, *arguments]
    done = subprocess.run(command, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise WentWrong(f"{module} failed.")
    return Spent(**json.loads(done.stdout))


def _measured(module: str, arguments: list[str]) -> Spent:
    main = import_module(module).main
    idle, before, began = _memory("VmRSS"), resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    rows = main(*arguments)
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Spent(rows, seconds, cpu, _memory("VmHWM") - idle)


def _memory(name: str) -> float:
    """The memory this process holds (VmRSS) or has held at most (VmHWM), in megabytes."""
    found = re.search(rf"^{name}:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


if __name__ == "__main__":
    django.setup()
    print(json.dumps(vars(_measured(sys.argv[1], sys.argv[2:]))))
