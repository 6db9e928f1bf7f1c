"""The small programs in C that measure more of Carillon, and less of themselves, than any in Python could."""

import shutil
import subprocess
from pathlib import Path

from benchmarks.measuring import Skipped, WentWrong


def built(name: str, *, folder: Path) -> Path:
    """The program made from `<name>.c`; raises Skipped where there is no compiler."""
    program = folder / name
    if program.exists():
        return program
    compiler = shutil.which("cc")
    if compiler is None:
        raise Skipped("there is no C compiler here (cc).")
    source = Path(__file__).with_name(f"{name}.c")
    done = subprocess.run([compiler, "-O2", "-o", program, source], capture_output=True, text=True)
    if done.returncode:
        raise WentWrong(f"{source.name} can't be compiled:\n{done.stderr}")
    return program
