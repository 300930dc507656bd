"""Mutation testing: one change in the code at a time, and whether a test notices.

Cosmic Ray makes the mutants: another operator, comparison or number, a negated condition, a loop left out. Places in
the code are drawn by seed over all modules of `mapping.py`, and at each place one of its mutants. Left out are mutants
that cannot be anything but an error (a shift in place of a sum), and annotations, which nothing evaluates. The tests
run in a copy of the repository, in which digests see the code as it was (`unchanged/sitecustomize.py`).

A mutant that survives is judged in `judged.toml`: equivalent, and why; or else a test is missing. What stands in
``runs/mutants`` is not done again, but for mutants that survived and are not judged.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import time
import tomllib
from functools import cache
from importlib.metadata import version
from pathlib import Path

from mapping import TESTS

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
WORK = ROOT / "runs" / "mutants"
TREE = WORK / "tree"
LEAST = 0.95
"""Share of the mutants that are not equivalent which tests must notice."""
OUTCOMES = ("killed", "timeout", "survived", "equivalent")

_ARITHMETIC = {"Add", "Sub", "Mul", "Div", "FloorDiv", "Mod", "Pow"}
_MASKS = {"BitOr", "BitAnd", "BitXor"}
_AGE_S = 1e9  # when all files of the copy were last changed: compiled kernels are kept by the time of their file
_TIMEOUT_S = 900.0


def main() -> int:
    args = arguments()
    made_of = commit()
    copy_tree()
    mutants = sampled(args.n, args.seed)
    if args.list:
        print(*(f"{k:3} {describe(one)}" for k, one in enumerate(mutants, 1)), sep="\n")
        return 0
    return finish(args, tested(mutants), made_of)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=100, help="mutants")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--json", type=lambda text: Path(text).absolute(), metavar="FILE", help="write counts and all mutants to FILE"
    )
    parser.add_argument("--check", action="store_true", help=f"exit 1 where fewer than {LEAST:.0%} are noticed")
    parser.add_argument("--list", action="store_true", help="print the mutants, and test none")
    return parser.parse_args()


def copy_tree() -> None:
    """Lay a copy of the repository, tests included; a change in it never reaches the original."""
    shutil.rmtree(TREE, ignore_errors=True)
    left_out = shutil.ignore_patterns(".git", ".venv", "runs", "build", "*.egg-info", "__pycache__", ".*_cache")
    shutil.copytree(ROOT, TREE, ignore=left_out)
    for path in TREE.rglob("*.py"):
        os.utime(path, (_AGE_S, _AGE_S))


def sampled(n: int, seed: int) -> list:
    """Return n mutations at different places."""
    from cosmic_ray.commands import init
    from cosmic_ray.work_db import WorkDB, use_db

    WORK.mkdir(parents=True, exist_ok=True)
    with use_db(str(WORK / "mutants.sqlite"), WorkDB.Mode.create) as db:
        init([TREE / "ouro_spice" / name for name in TESTS], db, {})
        everything = [item.mutations[0] for item in db.work_items]
    places: dict[tuple, list] = {}
    for one in everything:
        if sensible(one):
            places.setdefault((module(one), one.start_pos, one.end_pos), []).append(one)
    rng = random.Random(seed)
    print(f"{len(places)} places, {sum(map(len, places.values()))} mutants", flush=True)
    chosen = rng.sample(sorted(places), n)
    return [rng.choice(sorted(places[key], key=lambda one: (one.operator_name, one.occurrence))) for key in chosen]


def module(one) -> str:
    """Return the name of a mutation's module, as in `TESTS`."""
    return Path(one.module_path).relative_to(TREE / "ouro_spice").as_posix()


def sensible(one) -> bool:
    """Return False for mutants that raise wherever they are met, and for what nothing evaluates."""
    kind, *change = one.operator_name.split("/")[1].split("_")
    if kind == "ReplaceBinaryOperator" and not (set(change) <= _ARITHMETIC or set(change) <= _MASKS):
        return False
    if kind == "ReplaceComparisonOperator" and {"Is", "IsNot"} & set(change) and set(change) != {"Is", "IsNot"}:
        return False
    return not any(begin <= one.start_pos < end for begin, end in annotations(one.module_path))


@cache
def annotations(path: Path) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Return where the annotations of a module begin and end."""
    nodes = list(ast.walk(ast.parse(Path(path).read_bytes())))
    found = [getattr(node, name, None) for node in nodes for name in ("annotation", "returns")]
    return [((a.lineno, a.col_offset), (a.end_lineno, a.end_col_offset)) for a in found if isinstance(a, ast.expr)]


def describe(one) -> str:
    """Return a mutation in a line: module, number of the line, operator."""
    return f"{module(one)}:{one.start_pos[0]} {one.operator_name.split('/')[1]}"


def tested(mutants: list) -> list[dict]:
    """Return the mutants with what became of them; those that were noticed before are not tested again."""
    path = WORK / "found.json"
    before = json.loads(path.read_text()) if path.exists() else {}
    untouched({name for one in mutants for name in TESTS[module(one)]})
    found = []
    for k, one in enumerate(mutants, 1):
        source = hashlib.sha256(Path(one.module_path).read_bytes()).hexdigest()[:16]
        key = f"{module(one)} {one.operator_name} {one.occurrence} {source}"
        if key not in before or (before[key]["outcome"] == "survived" and not equivalent(before[key])):
            before[key] = outcome(one)
            path.write_text(json.dumps(before, indent=1))
        found.append(before[key])
        print(f"{k:3} {found[-1]['outcome']:9} {describe(one)}  {found[-1]['by'][:90]}", flush=True)
    return found


def untouched(names: set[str]) -> None:
    """Run the tests on the code as it is: a test that fails without a mutant would notice all of them."""
    environ = os.environ | environment()
    done = subprocess.run(command(sorted(names)), cwd=TREE, env=environ, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"the tests fail without a mutant:\n{done.stdout[-3000:]}{done.stderr[-1000:]}")


def command(names) -> list[str]:
    options = ["-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", "--ngspice", "required"]
    return [sys.executable, "-m", "pytest", *options, *(f"tests/{name}" for name in names)]


def environment() -> dict[str, str]:
    path = os.pathsep.join(map(str, (TREE / "tests" / "mutation" / "unchanged", TREE)))
    return {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "OURO_SPICE_CACHE": str(WORK / "cache"), "CI": "1"}


def outcome(one) -> dict:
    """Return what became of a mutant: noticed by which test, or not."""
    from cosmic_ray.mutating import mutate_and_test

    path, original = Path(one.module_path), WORK / "original.py"
    shutil.copyfile(path, original)
    os.environ.update(environment(), MUTATED_MODULE=str(path), MUTATED_ORIGINAL=str(original))
    os.chdir(TREE)
    kernels = set((WORK / "cache").glob("kernels-*"))
    result = mutate_and_test([one], " ".join(command(TESTS[module(one)])), _TIMEOUT_S)
    os.utime(path, (_AGE_S, _AGE_S))
    for folder in set((WORK / "cache").glob("kernels-*")) - kernels:
        shutil.rmtree(folder)  # of a mutated kernel
    by = [line for line in (result.output or "").splitlines() if line.startswith(("FAILED", "ERROR"))]
    survived = result.test_outcome.value == "survived"
    return {
        "module": module(one),
        "line": one.start_pos[0],
        "operator": one.operator_name.split("/")[1],
        "before": " ".join(lines(result.diff, "-")),
        "after": " ".join(lines(result.diff, "+")),
        "outcome": "timeout" if result.output == "timeout" else result.test_outcome.value,
        "by": by[0].split(" - ")[0].split(" ", 1)[1].removeprefix("tests/") if by else "" if survived else "import",
    }


def lines(diff: str | None, sign: str) -> list[str]:
    """Return the lines that a diff takes away, or adds."""
    every = (diff or "").splitlines()[1:]
    return [line[1:].strip() for line in every if line.startswith(sign) and not line.startswith(sign * 3)]


def equivalent(one: dict) -> str:
    """Return why a mutant is equivalent; empty where nobody has said so."""
    judged = tomllib.loads((HERE / "judged.toml").read_text())["equivalent"]
    return next((j["why"] for j in judged if all(j[name] == one[name] for name in ("module", "before", "after"))), "")


def finish(args: argparse.Namespace, found: list[dict], made_of: str) -> int:
    """Print and write the result; return the exit code."""
    for one in found:
        if one["outcome"] == "survived" and equivalent(one):
            one |= {"outcome": "equivalent", "by": equivalent(one)}
    counts = {name: sum(one["outcome"] == name for one in found) for name in OUTCOMES}
    rest = len(found) - counts["equivalent"]
    share = (counts["killed"] + counts["timeout"]) / rest if rest else 1.0
    print(f"{len(found)} mutants: {counts}; noticed {share:.1%} of those that are not equivalent")
    if args.json:
        figures = {"seed": args.seed, "mutants": len(found), **counts, "noticed_share": round(share, 4)}
        made_by = {"commit": made_of, "cosmic_ray": version("cosmic-ray")}
        args.json.write_text(json.dumps(figures | made_by | {"each": found}, indent=1) + "\n")
    return int(args.check and share < LEAST)


def commit() -> str:
    """Return the commit of the repository, with a + where files differ from it."""
    asked = ("rev-parse", "--short=12", "HEAD"), ("status", "--porcelain", "--untracked-files=no")
    head, changes = (subprocess.run(["git", "-C", ROOT, *one], capture_output=True, text=True).stdout for one in asked)
    return head.strip() + "+" * bool(changes)


if __name__ == "__main__":
    begun = time.monotonic()
    code = main()
    print(f"{time.monotonic() - begun:.0f} s")
    sys.exit(code)
