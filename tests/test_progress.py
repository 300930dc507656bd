"""Progress on a terminal, in a notebook, in lines, and not at all; notices that kernels are compiled."""

from __future__ import annotations

import sys
import types

import numba
import pytest

from ouro_spice._util import compile_display, jit, notebook_display, philox, progress


@pytest.fixture
def clock(monkeypatch):
    """A clock that a test moves: clock.now [s]."""
    found = types.SimpleNamespace(now=100.0)
    monkeypatch.setattr(progress.time, "monotonic", lambda: found.now)
    return found


def test_a_line_each_ten_seconds_and_none_before(clock, capsys):
    with progress.progress("work", 10) as bar:
        for _ in range(10):
            clock.now += 4
            bar.advance(1, failures=1)
    assert capsys.readouterr().err.splitlines() == [
        "work: 3 of 10, 12 s, about 28 s to go, 3 failed",
        "work: 6 of 10, 24 s, about 16 s to go, 6 failed",
        "work: 9 of 10, 36 s, about 4 s to go, 9 failed",
    ]


def test_slow_work_without_a_step_yet_says_no_rest(clock, capsys):
    with progress.progress("work", 2) as bar:
        clock.now += 11
        bar.advance(0)
    assert capsys.readouterr().err == "work: 0 of 2, 11 s\n"


def test_without_standard_error_work_goes_on(clock, monkeypatch, tmp_path):
    closed = (tmp_path / "closed").open("w")
    closed.close()
    for stream in (None, closed):
        monkeypatch.setattr(sys, "stderr", stream)
        with progress.progress("work", 2) as bar:
            clock.now += 11
            bar.advance()


class Handle:
    """Stand in for IPython's display, with all that was shown."""

    def __init__(self):
        self.shown = []

    def display(self, thing, display_id):
        assert display_id
        self.update(thing)
        return self

    def update(self, thing):
        self.shown.append((repr(thing), thing._repr_html_()))


@pytest.fixture
def notebook(monkeypatch):
    handle, shell = Handle(), types.SimpleNamespace(kernel=object())
    ipython = types.ModuleType("IPython")
    ipython.get_ipython = lambda: shell
    shown = types.ModuleType("IPython.display")
    shown.display = handle.display
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", shown)
    return handle


def test_a_notebook_has_a_bar(clock, capsys, notebook):
    with progress.progress("<work>", 4) as bar:
        for _ in range(4):
            clock.now += 3
            bar.advance(1, failures=0)
        bar.advance(0, failures=2)
    first, last = notebook.shown[0], notebook.shown[-1]
    assert first[0] == "<work>: 1 of 4, 3 s, about 9 s to go" and "width:25.0%" in first[1]
    assert last[0] == "<work>: 4 of 4, 12 s, 2 failed" and "width:100.0%" in last[1]
    assert "&lt;work&gt;" in last[1] and "<work>" not in last[1]
    assert capsys.readouterr() == ("", "")


def test_short_work_shows_no_bar_and_an_error_ends_one(clock, notebook):
    with progress.progress("work", 4) as bar:
        bar.advance(4)
    with progress.progress("nothing", 0) as bar:
        bar.advance(0)
    assert notebook.shown == []

    def broken():
        with progress.progress("work", 4) as bar:
            clock.now += 1
            bar.advance()
            raise KeyError

    with pytest.raises(KeyError):
        broken()
    assert notebook.shown[-1][0] == "work: 1 of 4, 1 s"


@pytest.mark.parametrize("shell", [None, types.SimpleNamespace(), types.SimpleNamespace(kernel=None)])
def test_ipython_in_a_terminal_is_no_notebook(monkeypatch, shell):
    ipython = types.ModuleType("IPython")
    ipython.get_ipython = lambda: shell
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    assert not notebook_display.in_notebook()
    monkeypatch.delitem(sys.modules, "IPython")
    assert not notebook_display.in_notebook()


def test_compiling_is_said_and_loading_is_not(monkeypatch, tmp_path):
    said = []
    monkeypatch.setattr(compile_display, "notice", said.append)
    monkeypatch.setattr(jit, "_folder", lambda: str(tmp_path / "kernels"))
    numba.njit(lambda x: x + 1)(1)  # somebody else's
    assert said == []
    numbers = jit.kernel(philox.block.py_func)(1, 2, 3, 0)
    assert said and set(said) == {compile_display.TEXT}
    said.clear()
    again = jit.kernel(philox.block.py_func)  # as in the next process: what was compiled is loaded
    assert again(1, 2, 3, 0) == numbers
    assert said == []
