"""Writes the fixtures of each case, or compares what is made now with the committed files."""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

import torch
import transformers
from safetensors.torch import load_file

from reference_model import relative_gap

# Runs of the reference that must agree with one another: padded, packed, another attention, another day.
TOLERANCE = 5e-6


class Case(Protocol):
    @property
    def name(self) -> str: ...


AnyCase = TypeVar("AnyCase", bound=Case)


def write_or_check(
    title: str, cases: Sequence[AnyCase], committed: Path, make: Callable[[AnyCase, Path, int], None]
) -> None:
    """`make` writes a case into an empty folder, from a seed; with --check that is a folder thrown away."""
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--check", action="store_true", help="compare with the committed files, write nothing")
    options = parser.parse_args()
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)
    transformers.logging.disable_progress_bar()
    problems: list[str] = []
    with tempfile.TemporaryDirectory() as scratch:
        for seed, case in enumerate(cases, start=1):
            folder = (Path(scratch) if options.check else committed) / case.name
            folder.mkdir(parents=True, exist_ok=True)
            for stale in folder.iterdir():
                stale.unlink()
            make(case, folder, seed)
            if options.check:
                problems += differences(folder, committed / case.name)
            print(case.name, "checked" if options.check else "written", flush=True)
    if problems:
        sys.exit("\n".join(problems))


def differences(made: Path, committed: Path) -> list[str]:
    """Tensors that differ by more than the tolerance, and configurations that differ at all."""
    problems = []
    for file in sorted(made.glob("*.safetensors")):
        ours, theirs = load_file(file), load_file(committed / file.name)
        if ours.keys() != theirs.keys():
            problems.append(f"{committed.name}/{file.name}: other tensors")
            continue
        for name, tensor in ours.items():
            gap = relative_gap(tensor.float(), theirs[name].float())
            if gap > TOLERANCE:
                problems.append(f"{committed.name}/{file.name}: {name} differs by {gap:.1e}")
    for file in sorted(made.glob("*config.json")):
        if file.read_text() != (committed / file.name).read_text():
            problems.append(f"{committed.name}/{file.name} differs")
    return problems
