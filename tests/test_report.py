"""Reports: one file that needs nothing else, names what was simulated, and is whole or not there."""

from __future__ import annotations

import base64
import io
import math
import re
from html import unescape
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import ouro_spice as ouro
from ouro_spice import History, Outcome, PulseDataset
from ouro_spice._util.files import OutputError
from ouro_spice.provenance.manifest import Manifest, describe
from ouro_spice.reporting.figures import axes
from ouro_spice.reporting.page import Fact, Page

CELL = ouro.Cell1T1R(ouro.jart_vcm_v1b(window=True))
PAIR = ouro.Pair(-0.45, 0.94, 60e-6)


def history(programmer="ISPP", target=220e-6, readings=(150e-6, 190e-6, 221e-6), outcome=Outcome.REACHED, **settings):
    pulses = tuple(ouro.Pulse(-0.45, 1e-6) for _ in readings[1:])
    manifest = describe(CELL, programmer=programmer, **settings)
    return History(programmer, target, 0.05, tuple(readings), tuple(readings), pulses, outcome, 4e-6, 1e-12, manifest)


def dataset(n=12):
    rng = np.random.default_rng(0)
    start, target = rng.uniform(100e-6, 540e-6, size=(2, n))
    frame = pd.DataFrame({
        "g_start_S": start, "g_target_S": target,
        "outcome": ["reached"] * (n - 2) + ["not_reached", "simulation_failed"],
        "history_g_S": [np.linspace(a, b, 20, dtype=np.float32) for a, b in zip(start, target, strict=True)],
        "history_dt_s": 1e-7, "amplitude_V": np.where(target > start, -0.45, 0.94),
    })  # fmt: skip
    frame.at[n - 1, "history_g_S"] = np.zeros(0, np.float32)
    settings = {"pair": {"v_set": -0.45, "v_reset": 0.94, "total_s": 60e-6}, "n": n}
    return PulseDataset(frame, describe(CELL, **settings))


class Reader(HTMLParser):
    """Every tag with its attributes, the text, and whether all tags were closed."""

    def __init__(self, path):
        super().__init__()
        self.tags, self.words, self.open = [], [], []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return "".join(self.words)


def self_contained(path) -> Reader:
    """Assert that a page fetches nothing, and hand it back parsed."""
    page = Reader(path)
    assert page.open == []
    for tag, attributes in page.tags:
        assert tag not in ("script", "link", "iframe", "object", "embed", "base"), tag
        for name, value in attributes.items():
            assert name not in ("srcset", "action", "onload"), name
            # links inside the page, and to files beside it
            assert name != "href" or "//" not in str(value), value
            assert name != "src" or value.startswith("data:image/png;base64,")
    outside = re.sub(r'src="data:[^"]*"', "", path.read_text(encoding="utf-8"))
    assert not re.search(r"https?:|//[a-z]|url\(|@import", outside)
    return page


@pytest.mark.parametrize("what", ["history", "histories", "dataset"])
def test_a_report_is_one_file_that_names_what_was_simulated(tmp_path, what):
    several = [history(), history("neural", checkpoint="f" * 64)]
    subject = {"history": several[0], "histories": several, "dataset": dataset()}
    path = ouro.report(subject[what], tmp_path / "new" / "report.html")
    assert [file.name for file in path.parent.iterdir()] == ["report.html"]
    page = self_contained(path)
    files = describe(CELL).files
    assert set(files) == {"mos_130.lib", "jart_vcm_compiled.lib", "jart_vcm_v1b.va"} | {
        f"netlist, {name}" for name in ("set", "reset", "read")
    }
    for name, digest in files.items():
        assert name in page.text
        assert digest in page.text
    assert describe(CELL).circuit in page.text
    assert ouro.__version__ in page.text
    if what == "histories":
        assert "f" * 64 in page.text
    assert all(attributes.get("alt") for tag, attributes in page.tags if tag == "img")
    assert sum(tag == "img" for tag, _ in page.tags) >= 1


def test_the_manifest_in_the_page_can_be_read_back(tmp_path):
    text = ouro.report(history(), tmp_path / "report.html").read_text()
    (manifest,) = re.findall("<pre>(.*?)</pre>", text, re.DOTALL)
    assert Manifest.from_json(unescape(manifest)) == history().manifest


def test_figures_of_the_table_are_those_of_the_histories(tmp_path):
    reached = history(readings=(150e-6, 219e-6))
    missed = history(readings=(1e-4, 3e-4, 5e-4, 5e-4), outcome=Outcome.PULSE_LIMIT)
    text = Reader(ouro.report([reached, missed], tmp_path / "report.html")).text
    assert "50.0 %" in text
    assert "2.00" in text


def test_outcomes_that_have_no_readings_are_shown_too(tmp_path):
    outside = history(readings=(), outcome=Outcome.TARGET_OUTSIDE)
    failed = history("neural", readings=(150e-6,), outcome=Outcome.SIMULATION_FAILED)
    page = self_contained(ouro.report([outside, failed], tmp_path / "report.html"))
    assert "0.0 %" in page.text


def test_outcomes_of_a_dataset_are_counted(tmp_path):
    text = Reader(ouro.report(dataset(), tmp_path / "report.html")).text
    for outcome in ("reached: the pulse ends at the target10", "not reached within the longest pulse1", "failed1"):
        assert outcome in text


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "a & b < c", "5 $ and 6 $", "a_b^c"]
)
def test_names_are_text_and_not_markup(tmp_path, name):
    path = ouro.report([history(name), history("other")], tmp_path / "report.html")
    page = self_contained(path)
    assert name in page.text
    assert all(tag != "script" for tag, _ in page.tags)


def test_equal_subjects_give_equal_reports(tmp_path):
    one, two = (ouro.report(history(), tmp_path / f"{k}.html").read_bytes() for k in range(2))
    assert one == two


@pytest.mark.parametrize("subject", [[], (), 5, None, "history", [1, 2], [history(), "x"], {"a": 1}, dataset().frame],
                         ids=lambda subject: type(subject).__name__)  # fmt: skip
def test_what_cannot_be_reported_is_a_value_error(tmp_path, subject):
    with pytest.raises(ValueError, match="report needs a PulseDataset, a History, or a sequence of them"):
        ouro.report(subject, tmp_path / "report.html")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_to(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match=r"cannot write .*report\.html"):
        ouro.report(history(), tmp_path / "file" / "report.html")
    assert (tmp_path / "file").read_text() == "mine"
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match="cannot write"):
        ouro.report(history(), tmp_path / "folder")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "folder"]


def test_an_interrupted_write_leaves_the_old_report(tmp_path, monkeypatch):
    path = ouro.report(history(), tmp_path / "report.html")
    before = path.read_bytes()

    def half(self, text, **_):
        with self.open("w") as file:
            file.write(text[: len(text) // 2])
        raise KeyboardInterrupt

    monkeypatch.setattr(type(path), "write_text", half)
    with pytest.raises(KeyboardInterrupt):
        ouro.report(history("neural"), path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]


def test_a_page_escapes_all_it_is_given(tmp_path):
    evil = "<b>&\"'</b>"
    page = Page(evil)
    page.heading(evil)
    page.paragraph(evil)
    page.table((evil, "verdict"), [(evil, "PASS"), (math.nan, "FAIL")])
    page.code(evil)
    page.card([Fact(evil, evil, evil, good=True)], evil)
    page.terms([(evil, evil)])
    page.links([(evil, evil)])
    path = page.write(tmp_path / "page.html")
    assert self_contained(path).text.count(evil) == 15
    assert "<b>" not in path.read_text()
    verdicts = [one["class"] for tag, one in Reader(path).tags if tag == "td" and "class" in one]
    assert verdicts == ["pass", "fail"]


def test_contents_lead_to_the_headings_but_not_to_what_is_folded_away(tmp_path):
    page = Page("page")
    for text in ("one", "two words", "three"):
        page.heading(text)
    with page.folded("more"):
        page.heading("hidden")
    page.card([Fact("1", "figure")])
    text = page.write(tmp_path / "page.html").read_text()
    assert [text.count(f'href="#{name}"') for name in ("one-1", "two-words-2", "three-3")] == [1, 1, 1]
    assert [text.count(f'<h2 id="{name}">') for name in ("one-1", "two-words-2", "three-3")] == [1, 1, 1]
    assert "hidden" not in text[text.index("<nav") : text.index("</nav>")]
    assert text.index('class="card"') < text.index("<nav") < text.index("<h2")


def test_a_table_has_no_empty_column_and_tells_each_cell_its_head(tmp_path):
    page = Page("page")
    page.table(("name", "never", "sometimes"), [("a", "", ""), ("b", "", "1")])
    text = page.write(tmp_path / "page.html").read_text()
    assert "never" not in text
    assert text.count('data-head="sometimes"') == 2


def test_a_picture_of_few_colours_is_small_and_the_same_to_look_at(tmp_path):
    figure, grid = axes(2)
    grid[0, 0].plot(np.linspace(0, 1, 50), np.linspace(0, 1, 50) ** 2)
    page = Page("page")
    page.figure(figure, "a parabola", "It rises.", "Parabola")
    text = page.write(tmp_path / "page.html").read_text()
    data = base64.b64decode(re.search(r"base64,([^\"]+)", text)[1])
    with Image.open(io.BytesIO(data)) as small:
        seen = np.asarray(small.convert("RGB"), float)
    figure.savefig(tmp_path / "full.png", dpi=110)
    with Image.open(tmp_path / "full.png") as full:
        wanted = np.asarray(full.convert("RGB"), float)
    assert len(data) < (tmp_path / "full.png").stat().st_size
    assert np.abs(seen - wanted).mean() < 1
    assert "<figcaption>It rises.</figcaption>" in text
