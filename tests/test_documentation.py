"""README and docs: links and commands exist, figures are those of RESULTS.md; the runner of their blocks."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from ouro_spice.cli import app

TESTS = Path(__file__).parent
ROOT = TESTS.parent
sys.path.insert(0, str(TESTS))
import documentation  # noqa: E402

OTHERS = ("RESULTS.md", "CHANGELOG.md", "CONTRIBUTING.md", "verilog_a/README.md", "netlists/README.md")
TABLES = sorted((ROOT / "docs" / "results").glob("*.md"))
LINKED = (*documentation.PAGES, *(ROOT / name for name in OTHERS), *TABLES)
README = (ROOT / "README.md").read_text(encoding="utf-8")


def anchors(page: Path) -> set[str]:
    """Return what a link can name behind the # of a page: its headings, as GitHub writes them."""
    heads = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def ids(paths):
    return [str(path.relative_to(ROOT)) for path in paths]


# ---- the pages


@pytest.mark.parametrize("page", LINKED, ids=ids(LINKED))
def test_links_and_pictures_are_there(page):
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("page", documentation.PAGES, ids=ids(documentation.PAGES))
def test_scripts_and_commands_of_running_text_are_there(page):
    text = page.read_text(encoding="utf-8")
    folders = "examples|benchmarks|netlists|training|tests|ouro_spice"
    for name in re.findall(rf"`((?:{folders})/[\w./]+\.\w+)[ `]", text):
        assert (ROOT / name).exists(), name
    commands = get_command(app).commands
    assert {name for name in re.findall(r"ouro-spice ([a-z][\w-]*)", text) if name != "ngspice"} <= set(
        commands
    ) | NAMES


NAMES = {"and", "reads"}
"""Words behind the name of the program that are no commands."""


def test_the_readme_is_short_and_names_every_page():
    assert len(README.splitlines()) <= 130
    for page in documentation.PAGES[1:]:
        assert f"](docs/{page.name})" in README, page.name
        assert len(page.read_text(encoding="utf-8").splitlines()) <= 300, page.name


def test_figures_of_campaigns_in_the_readme_are_those_of_the_results():
    results = (ROOT / "RESULTS.md").read_text(encoding="utf-8")
    rows = [row for row in README.splitlines() if row.endswith(("| `make paper` |", "| `make circuit` |"))]
    found = [figure for row in rows for figure in re.findall(r"[\d.]+(?: %)? \([\d.]+ \.\. [\d.]+", row)]
    assert len(found) >= 5
    for figure in found:
        assert figure in results, figure


def test_the_package_reads_no_variable_of_the_blocks():
    assert not [path for path in (ROOT / "ouro_spice").rglob("*.py") if "OURO_SPICE_N" in path.read_text()]


# ---- the runner


def page(folder, text):
    path = folder / "page.md"
    path.write_text(text)
    return path


def test_blocks_run_in_order_in_one_namespace_and_one_folder(tmp_path):
    text = """# A page
```python
import os
from pathlib import Path
names = ["first"]
Path("made.txt").write_text(os.environ["OURO_SPICE_N"])
```
```sh
test -s made.txt   # by the block above
echo two > "made too.txt"
make sim
ls netlists/lib > /dev/null
```
```text
not run
```
```python no-run: it has no end
while True: pass
```
```python
assert Path("made too.txt").read_text() == "two\\n"
names.append("second")
assert names == ["first", "second"], names
assert not Path("README.md").exists()
```
"""
    assert documentation.check(page(tmp_path, text)) == ""
    assert [path.name for path in tmp_path.iterdir()] == ["page.md"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("```python\nx = 1\n```\n\n```python\n\nprint(y)\n```\n", "page.md:7: NameError: name 'y' is not defined"),
        ("```python\ndef f():\n    return 1 / 0\n\nf()\n```\n", "page.md:3: ZeroDivisionError: division by zero"),
        ("\n```python\nx = 1\nx = = 2\n```\n", "page.md:4: SyntaxError: invalid syntax"),
        ("```python\nimport warnings\nwarnings.warn('old', DeprecationWarning)\n```\n",
         "page.md:3: DeprecationWarning: old"),
        ("```python\nraise SystemExit(3)\n```\n", "page.md:2: SystemExit: 3"),
        ("```sh\necho 1\necho no >&2; false\necho 3\n```\n", "page.md:3: exit 1: no"),
        ("```sh\ncat <<END\nif\nEND\nfor i in 1 2; do\n  test -e \\\n    /nope-$i\ndone\n```\n", "page.md:5: exit 1: "),
        ("```sh\nmake simm\n```\n", "page.md:2: exit 2: make: no target simm"),
    ],
)  # fmt: skip
def test_a_block_that_fails_is_named_with_its_line(tmp_path, text, said):
    found = documentation.check(page(tmp_path, text))
    assert found.startswith(said)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a\n```bash\nls\n```\n", 2, "not 'bash'"),
        ("```\nls\n```\n", 1, "not ''"),
        ("```sh no-run:\nls\n```\n", 1, "no-run: REASON"),
        ("```sh skip\nls\n```\n", 1, "not 'skip'"),
        ("```sh\nls\n", 1, "no end"),
    ],
)
def test_blocks_are_written_as_agreed(text, line, said):
    with pytest.raises(documentation.BlockError, match=re.escape(said)) as caught:
        list(documentation.blocks(text))
    assert caught.value.line == line


def test_commands_of_a_block_that_is_not_run_are_parsed():
    good = "ls\n.venv/bin/ouro-spice extract --n 5 \\\n  --out runs/x  # a comment\nouro-spice dataset info runs/x\n"
    documentation.parse(documentation.Block("sh", "long", 5, good))
    for text, line, said in (
        ("ls \\\n  -l\nouro-spice extrakt\n", 7, "no command 'extrakt'"),
        ("ouro-spice extract --nn 5\n", 5, "--nn"),
        ("ouro-spice dataset\n", 5, "no command ''"),
    ):
        with pytest.raises(documentation.BlockError, match=re.escape(said)) as caught:
            documentation.parse(documentation.Block("sh", "long", 5, text))
        assert caught.value.line == line


def test_a_failing_page_is_told_beside_the_others(tmp_path, capsys):
    good, bad = tmp_path / "good.md", tmp_path / "bad.md"
    good.write_text("no blocks\n")
    bad.write_text("```python\n1 / 0\n```\n")
    assert documentation.main([str(bad), str(good)]) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert "bad.md:2: ZeroDivisionError" in first
    assert second.split()[:2] == ["good.md", "good"]
    assert documentation.main([str(good)]) == 0
