"""Pages as a reader sees them: words for every picture, no empty column, small, and no wider than a telephone."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
from html import unescape
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from conftest import browser
from test_report import CELL, PAIR, dataset, history, self_contained

import ouro_spice as ouro
from ouro_spice.array.disturbance import Disturb
from ouro_spice.array.position_sweep import Positions
from ouro_spice.array.sneak_paths import SneakMap
from ouro_spice.array.vector_product import Product
from ouro_spice.dataset.comparison.comparison import Comparison
from ouro_spice.experiment.bench import Bench
from ouro_spice.experiment.benchmark import BenchmarkResult
from ouro_spice.provenance.manifest import describe
from ouro_spice.reporting.amounts import amount, interval, plain, share, without_powers
from ouro_spice.reporting.array_figures import figures_of, write_results
from ouro_spice.reporting.array_page import array_page
from ouro_spice.reporting.attempt_figures import start_bins
from ouro_spice.reporting.comparison_page import figures_of as comparison_figures_of
from ouro_spice.reporting.comparison_sections import page as comparison_page
from ouro_spice.reporting.glossary import TERMS, glossary
from ouro_spice.reporting.page import Page
from ouro_spice.reporting.rpd_maps import map_bins

NARROW, WIDE = 420, 1280
"""Widths of a telephone and of a screen, in pixels of a page."""

NAMES = ("writes", "one write", "dataset", "compare", "benchmark", "position", "disturb", "still", "read", "product")
ARRAY = ouro.Crossbar(3, 3, ouro.Cell1R(ouro.jart_vcm_v1b(window=True)))


def comparison(n=40):
    """A comparison of made-up records, the first of which is not reached in B."""
    rng = np.random.default_rng(3)
    start, target = rng.uniform((210e-6,), (290e-6,), n), rng.uniform(100e-6, 500e-6, n)
    sign = np.sign(target - start)
    t_a, t_b = (sign * rng.lognormal(-14, 1, n) for _ in range(2))
    frame = pd.DataFrame({
        "record": range(n), "device": range(n), "direction": np.where(sign > 0, "SET", "RESET"), "g_start_S": start,
        "g_start_b_S": start, "g_target_S": target, "start_same": True, "outcome_a": "reached", "t_a_s": t_a,
        "outcome_b": ["not_reached"] + ["reached"] * (n - 1), "t_b_s": t_b, "log10_ratio": np.log10(t_b / t_a),
        "amplitude_a_V": -0.4, "amplitude_b_V": -0.5, "g_end_a_S": target, "g_end_b_S": target,
        **{f"{edge}_{side}_s": 2e-9 for edge in ("rise", "fall") for side in "ab"},
    })  # fmt: skip
    frame.loc[0, ["t_b_s", "log10_ratio"]] = np.nan
    ends = target * rng.lognormal(0, 0.2, n)
    errors = {"error_played": np.abs(ends / target - 1), "error_own": rng.uniform(0, 0.1, n), "g_end_played_S": ends}
    played = frame[["record", "direction", "g_start_S", "g_target_S"]].assign(g_end_own_S=target, result="OK", **errors)
    pair = {"v_set": -0.41, "v_reset": 0.85, "total_s": 60e-6}
    settings = {"pair": pair, "n": n, "voltages": "60us"}
    a, b = (describe(ouro.CompactCell(CELL.device, model), **settings) for model in ("reduced", "full"))
    return Comparison(a, b, frame, played)


def compared(folder):
    """The page of a comparison, without the other files."""
    found, paths = comparison(), {}
    for stem, figure in comparison_figures_of(found).items():
        paths[f"{stem}.png"] = folder / f"{stem}.png"
        figure.savefig(paths[f"{stem}.png"], dpi=50)
    return comparison_page(found, paths).write(folder / "compare.html")


def benchmark():
    """A comparison of programmers whose writes are made up."""
    cell = ouro.CompactCell(CELL.device)
    ends = ((150e-6, 219e-6), (150e-6, 190e-6, 221e-6), (1e-4, 1.3e-4, 1.6e-4, 2.18e-4))
    knowing = {
        "within_20": "training data",
        "ISPP": "nothing",
        "posterior": "nominal model",
        "coarse to fine": "nothing",
    }
    found = {}
    for k, (name, knows) in enumerate(knowing.items()):
        writes = [history(name, readings=ends[(i + k) % 3]) for i in range(6)]
        more = {"knows": knows, "read_s": 1e-7, "read_energy_J": 2e-12}
        found[name] = [dataclasses.replace(one, energy_J=1.4e-9, time_s=4e-6 + 1e-7 * k, **more) for one in writes]
    tuned = {"ISPP": {"width": 1e-8, "start": 1.1, "step": 0.03, "back": 2}}
    bench = Bench("compact", cell, PAIR, 6)
    return BenchmarkResult(bench, found, ("within_20",), tuned, {}, {}, 12.0)


def arrays():
    """Results of arrays whose numbers are made up."""
    g = np.full((3, 3), 1e-4)
    slope = np.linspace(1, 0.98, 9).reshape(3, 3)
    select, pulse = ARRAY.cell_at(1, 1), ouro.Pulse(-0.5, 1e-7)
    moved = np.stack([g, g, g])
    moved[:, 1, 1] = np.nan
    still = Disturb(select, pulse, False, np.array([0, 1, 10]), moved.copy())
    moved[1:, 1, [0, 2]] *= 1 + np.array([[1e-3], [1e-2]])
    return {
        "position": Positions(pulse, g, -0.4 * slope, -0.4 * slope, g * (1 + 0.1 * slope), 4e-11 * slope),
        "disturb": Disturb(select, pulse, False, np.array([0, 1, 10]), moved),
        "still": still,
        "read": SneakMap(g, 2e-5 * slope, 2e-5 * slope, g, np.zeros((3, 3), bool)),
        "product": Product(np.array([0.2, 0.1, 0.0]), 5e-5 * slope[0], 5e-5 * np.ones(3), g[0]),
    }


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A page of each kind, by name; their pictures are coarse, which saves half of the time."""
    folder = tmp_path_factory.mktemp("pages")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("ouro_spice.reporting.page._DPI", 50)
        patched.setattr("ouro_spice.reporting.report_page._TARGETS", 4)
        return written(folder)


def written(folder):
    """The pages, written into a folder, by name."""
    readings = (150e-6, 190e-6, 180e-6, 221e-6)
    several = [history(f"programmer {k % 3}", 2e-4 + 1e-6 * k, readings[: 2 + k % 3]) for k in range(6)]
    found = {
        "writes": ouro.report(several, folder / "writes.html"),
        "one write": ouro.report(history(), folder / "write.html"),
        "dataset": ouro.report(dataset(), folder / "dataset.html"),
        "compare": compared(folder),
        "benchmark": benchmark().write(folder / "benchmark.html"),
    }
    for name, result in arrays().items():
        (folder / name).mkdir()
        if name == "product":  # with all files beside it
            found[name] = write_results(result, folder / name)["report.html"]
        else:
            drawn = {stem: figure for stem, (figure, _) in figures_of(result).items()}
            found[name] = array_page(result, drawn, ()).write(folder / name / "report.html")
    assert tuple(found) == NAMES
    return found


class Tables(HTMLParser):
    """The rows of each table, as texts."""

    def __init__(self, text):
        super().__init__()
        self.found, self.cell = [], False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        if tag == "table":
            self.found.append([])
        elif tag == "tr":
            self.found[-1].append([])
        elif tag in ("td", "th"):
            self.found[-1][-1].append("")
            self.cell = True

    def handle_endtag(self, tag):
        self.cell = self.cell and tag not in ("td", "th")

    def handle_data(self, data):
        if self.cell:
            self.found[-1][-1][-1] += data


# ---- everywhere


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_small_whole_and_begins_with_a_card(pages, name):
    page, text = self_contained(pages[name]), pages[name].read_text()
    assert pages[name].stat().st_size < 1e6
    assert text.count('<section class="card">') == 1
    assert 2 <= text.count('class="fact"') <= 6
    assert text.index('class="card"') < text.index("<h2") < text.index("<dl>")
    assert "\u00b5" not in page.text and "\u03bc" not in page.text
    assert not re.search(r"\be[+-]\d\d [pnum]?[JsS]\b", page.text)


@pytest.mark.parametrize("name", NAMES)
def test_every_picture_has_words(pages, name):
    text = pages[name].read_text()
    drawn = re.findall(r"<figure>(.*?)</figure>", text, re.DOTALL)
    assert drawn or name == "none"
    for figure in drawn:
        (alt,) = re.findall(r'alt="([^"]*)"', figure)
        (caption,) = re.findall(r"<figcaption>(.*?)</figcaption>", figure)
        assert len(unescape(alt)) >= 10 and len(unescape(caption)) >= 20
    assert text.count("<img") == len(drawn)


@pytest.mark.parametrize("name", NAMES)
def test_no_table_has_an_empty_column_or_a_name_of_a_file(pages, name):
    for head, *rows in Tables(pages[name].read_text()).found:
        for k, title in enumerate(head):
            assert k == 0 or any(row[k] for row in rows), title
        words = [cell for row in ([head, *rows] if head[0] != "file" else []) for cell in row]
        assert not [cell for cell in words if re.search(r"[a-z]_[a-z0-9]", cell) and not cell.startswith("G_")]


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_to_files_that_are_there(pages, name):
    text = pages[name].read_text()
    for target in re.findall(r'href="([^"#]+)"', text):
        assert (pages[name].parent / target).exists() or (name, target) == ("benchmark", "results.json")


def test_cards_say_what_was_found(pages):
    def card(name):
        text = re.search(r'<section class="card">(.*?)</section>', pages[name].read_text(), re.DOTALL)[1]
        return unescape(re.sub("<[^>]+>", " ", text))

    assert "100.0 % (34.2 .. 100.0)" in card("writes") and "1.00 (1.00 .. 1.00)" in card("writes")
    assert "reached" in card("one write") and "221 uS" in card("one write")
    assert "39 of 40" in card("compare") and "A's pulse times end within ±20 % in B" in card("compare")
    assert "1.40 nJ" in card("benchmark") and "network for ±20 %" in card("benchmark")
    assert re.search(r"same word line\s+1.00 %\s+2 cells, at 1,0: \+1 uS", card("disturb"))
    assert "none" in card("still") and "no more than rounding" in card("still")
    assert re.search(r"largest sneak current\s", card("read")) and re.search(r"none\s+of the cell's own", card("read"))
    assert "-0.500 %" in card("product") and "9.80 uS to 10.0 uS, 9 positions" in card("position")


def test_many_targets_are_some_panels_and_manifests_that_differ_in_settings_one(pages):
    text = pages["writes"].read_text()
    assert "4 of 6 targets" in text
    assert text.count("<details>") == 1


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(1.27e-9, "J", "1.27 nJ"), (5.434e-4, "S", "543 uS"), (0.0, "s", "0 s"), (9.9996e-7, "s", "1.00 us"),
     (-0.5, "V", "-500 mV"), (3e-17, "s", "0.0300 fs"), (float("nan"), "J", "-"), (None, "J", "-"),
     (2.5e6, "J", "2500 kJ")],
)  # fmt: skip
def test_amounts_have_the_prefix_that_fits_and_no_power_of_ten(value, unit, text):
    assert amount(value, unit) == text


def test_intervals_shares_and_powers():
    assert interval(1.9e-6, (1.2e-6, 3.04e-6), "s") == "1.90 (1.20 .. 3.04) us"
    assert interval(2.0, (1.5, 2.5)) == "2.00 (1.50 .. 2.50)" and interval(2.0, None) == "2.00"
    assert share(0.975, (0.871, 0.996)) == "97.5 % (87.1 .. 99.6)" and share(None) == "-"
    assert without_powers("1.27e+03 pJ, 5 pJ, 1.4e+03 pJ") == "1.27 nJ, 5 pJ, 1.4 nJ"
    assert plain(1234.5) == "1230" and plain(0.0123456) == "0.0123"


def test_curves_and_maps_need_enough_attempts():
    assert [start_bins(n) for n in (59, 60, 319, 5000)] == [0, 3, 15, 16]
    assert [map_bins(n) for n in (79, 80, 2000, 10**6)] == [0, 4, 15, 24]


def test_the_glossary_knows_its_terms():
    assert [term for term, _ in glossary(["G", "SET, RESET"])] == ["SET, RESET", "G"]
    assert 10 <= len(glossary()) < len(TERMS)
    with pytest.raises(KeyError, match="no term ISSP"):
        glossary(["ISSP"])


# ---- in a browser

LOOK = """<body><script>
const found = {}, names = NAMES
for (const name of Object.keys(names)) for (const width of WIDTHS) {
  const frame = document.createElement("iframe")
  frame.style = `width:${width}px;height:900px;border:0`
  frame.onload = () => {
    const page = frame.contentDocument
    for (const one of page.querySelectorAll("details")) one.open = true
    const broken = [...page.images].filter(one => !one.naturalWidth).length
    found[`${name} ${width}`] = [page.documentElement.scrollWidth - page.documentElement.clientWidth, broken]
    document.body.dataset.found = JSON.stringify(found)
  }
  frame.src = names[name]
  document.body.append(frame)
}
</script>"""


def look(folder, paths):
    """Return how much wider each page is than each of the screens, and how many of its pictures are broken."""
    page = folder / "look.html"
    names = json.dumps({name: path.as_uri() for name, path in paths.items()})
    page.write_text(LOOK.replace("NAMES", names).replace("WIDTHS", json.dumps([NARROW, WIDE])))
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files",
               f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=20000", "--dump-dom")  # fmt: skip
    done = subprocess.run([browser(), *options, page.as_uri()], capture_output=True, text=True, timeout=120, check=True)
    return json.loads(unescape(re.search(r'data-found="([^"]*)"', done.stdout)[1]))


@pytest.mark.browser
def test_no_page_is_wider_than_its_screen(pages, tmp_path):
    """Everything unfolded; a page that is too wide is one that this sees."""
    wide = Page("wide")
    wide.code("x" * 10)
    path = wide.write(tmp_path / "wide.html")
    path.write_text(path.read_text().replace("<pre>", '<pre style="width:900px">'))
    found = look(tmp_path, pages | {"wide": path})
    assert found.pop(f"wide {NARROW}")[0] > 400 and found.pop(f"wide {WIDE}") == [0, 0]
    assert len(found) == 2 * len(NAMES)
    assert {name: seen for name, seen in found.items() if seen != [0, 0]} == {}
