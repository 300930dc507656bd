"""Mutation testing: one change in the code at a time, and whether a test notices.

Cosmic Ray makes the mutants: another operator, comparison or number, a negated condition, a loop left out. Places in
the code are drawn by seed over all modules of `mapping.py`, and at each place one of its mutants. Left out are mutants
that cannot be anything but an error (a shift in place of a sum), and annotations, which nothing evaluates. The tests
run in copies of the repository, one a process, in which digests see the code as it was (`unchanged/sitecustomize.py`).

A mutant that survives is judged in `judged.toml`: equivalent, and why; or else a test is missing. What stands in
``runs/mutants`` is not done again, but for mutants that survived and are not judged.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import multiprocessing
import os
import random
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from importlib.metadata import version
from pathlib import Path

from mapping import TESTS

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
WORK = ROOT / "runs" / "mutants"
TREE = WORK / "tree"
"""The first copy; that of the k-th process beside it has its number."""
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
    copy_trees(args.jobs)
    mutants = sampled(args.n, args.seed, args.only)
    if args.list:
        print(*(f"{k:3} {describe(one)}" for k, one in enumerate(mutants, 1)), sep="\n")
        return 0
    return finish(args, tested(mutants, args.jobs), made_of)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=100, help="mutants")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1, help="processes, each in a copy of the repository")
    parser.add_argument(
        "--only", nargs="+", choices=sorted(TESTS), default=sorted(TESTS), metavar="MODULE", help="of the mapping"
    )
    parser.add_argument(
        "--json", type=lambda text: Path(text).absolute(), metavar="FILE", help="write counts and all mutants to FILE"
    )
    parser.add_argument("--check", action="store_true", help=f"exit 1 where fewer than {LEAST:.0%} are noticed")
    parser.add_argument("--list", action="store_true", help="print the mutants, and test none")
    return parser.parse_args()


def copy_trees(jobs: int) -> None:
    """Lay copies of the repository, tests included; a change in one never reaches the original."""
    left_out = shutil.ignore_patterns(".git", ".venv", "runs", "build", "*.egg-info", "__pycache__", ".*_cache")
    for tree in map(tree_of, range(jobs)):
        shutil.rmtree(tree, ignore_errors=True)
        shutil.copytree(ROOT, tree, ignore=left_out)
        for path in tree.rglob("*.py"):
            os.utime(path, (_AGE_S, _AGE_S))


def tree_of(job: int) -> Path:
    """Return the copy of the repository of a process."""
    return TREE.with_name(f"{TREE.name}{job or ''}")


def cache_of(tree: Path) -> Path:
    """Return the package's cache for a copy; what it holds that no mutant made speeds up the next ones."""
    return tree.with_name(tree.name.replace(TREE.name, "cache"))


def sampled(n: int, seed: int, modules: Iterable[str]) -> list:
    """Return n mutations at different places of some modules."""
    from cosmic_ray.commands import init
    from cosmic_ray.work_db import WorkDB, use_db

    WORK.mkdir(parents=True, exist_ok=True)
    with use_db(str(WORK / "mutants.sqlite"), WorkDB.Mode.create) as db:
        init([TREE / "ouro_spice" / name for name in modules], db, {})
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


def tested(mutants: list, jobs: int) -> list[dict]:
    """Return the mutants with what became of them; those that were noticed before are not tested again."""
    path = WORK / "found.json"
    before = json.loads(path.read_text()) if path.exists() else {}
    keys = [key_of(one) for one in mutants]
    new = [
        k for k, key in enumerate(keys)
        if key not in before or (before[key]["outcome"] == "survived" and not equivalent(before[key]))
    ]  # fmt: skip
    untouched({name for k in new for name in TESTS[module(mutants[k])]}, jobs)
    context = multiprocessing.get_context("spawn")
    free = context.SimpleQueue()
    for job in range(jobs):
        free.put(job)
    with ProcessPoolExecutor(jobs, context, initializer=settle, initargs=(free,)) as pool:
        running = {pool.submit(outcome, mutants[k]): k for k in new}
        for done in as_completed(running):
            k = running[done]
            found = before[keys[k]] = done.result()
            path.write_text(json.dumps(before, indent=1))
            print(f"{k + 1:3} {found['outcome']:9} {describe(mutants[k])}  {found['by'][:90]}", flush=True)
    return [before[key] for key in keys]


def key_of(one) -> str:
    """Return what a mutant is known by: its place, and the text of its module."""
    source = hashlib.sha256(Path(one.module_path).read_bytes()).hexdigest()[:16]
    return f"{module(one)} {one.operator_name} {one.occurrence} {source}"


def untouched(names: set[str], jobs: int) -> None:
    """Run the tests on the code as it is: a test that fails without a mutant would notice all of them."""
    if not names:
        return
    environ = os.environ | environment(TREE)
    done = subprocess.run(command(sorted(names)), cwd=TREE, env=environ, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"the tests fail without a mutant:\n{done.stdout[-3000:]}{done.stderr[-1000:]}")
    for tree in map(tree_of, range(1, jobs)):
        shutil.rmtree(cache_of(tree), ignore_errors=True)
        shutil.copytree(cache_of(TREE), cache_of(tree))


def command(names) -> list[str]:
    options = ["-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", "--ngspice", "required"]
    return [sys.executable, "-m", "pytest", *options, *(f"tests/{name}" for name in names)]


def environment(tree: Path) -> dict[str, str]:
    path = os.pathsep.join(map(str, (tree / "tests" / "mutation" / "unchanged", tree)))
    return {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "OURO_SPICE_CACHE": str(cache_of(tree)), "CI": "1"}


def settle(free) -> None:
    """Let this process work in a copy of its own."""
    tree = tree_of(free.get())
    os.chdir(tree)
    os.environ.update(environment(tree))


def outcome(one) -> dict:
    """Return what became of a mutant, in the copy that this process works in: noticed by which test, or not."""
    import attrs
    from cosmic_ray.mutating import mutate_and_test

    tree, name = Path.cwd(), module(one)
    path, original, cache = tree / "ouro_spice" / name, tree.with_name(f"{tree.name}.original.py"), cache_of(tree)
    one = attrs.evolve(one, module_path=path)
    shutil.copyfile(path, original)
    os.environ.update(MUTATED_MODULE=str(path), MUTATED_ORIGINAL=str(original))
    kernels = set(cache.glob("kernels-*"))
    result = mutate_and_test([one], " ".join(command(TESTS[name])), _TIMEOUT_S)
    os.utime(path, (_AGE_S, _AGE_S))
    for folder in set(cache.glob("kernels-*")) - kernels:
        shutil.rmtree(folder)  # of a mutated kernel
    (cache / "sources.json").unlink(missing_ok=True)  # what a mutant has parsed
    by = [line for line in (result.output or "").splitlines() if line.startswith(("FAILED", "ERROR"))]
    survived = result.test_outcome.value == "survived"
    return {
        "module": name,
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
