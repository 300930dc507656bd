"""Law 13: nothing outside a family's own folders names its parameters or its state."""

from __future__ import annotations

import io
import re
import tokenize
from pathlib import Path

import pytest

import ouro_spice
from ouro_spice.device.families import FAMILIES
from ouro_spice.device.memristor import CAPABILITIES, Memristor

PACKAGE = Path(ouro_spice.__file__).parent
FOLDERS = {"jart_vcm_v1b": "jart"} | dict.fromkeys(("linear_drift", "vteam", "team", "zhang"), "threshold")
# studies of what one family alone has: the walk of JART, by its parameters
STUDIES = {"evaluation/noise_sources"}
# the name that State.x had when there was one family, for those who still use it
FORMER = {("device/state.py", "n_disc")}
NAMES = {
    name: FOLDERS[family]
    for family, kind in FAMILIES.items()
    for name in (*kind.table(), *(one.name for one in kind().variables))
    # r, l, p, a are words of other things, too
    if len(name) > 2 and name not in ("window", "eps")
}


def outside(path: Path) -> set[str]:
    """The folders whose names a file must not use."""
    place = path.relative_to(PACKAGE)
    if any(str(place).startswith(study) for study in STUDIES):
        return set()
    own = {folder for folder in set(FOLDERS.values()) if folder in place.parts or place.name.startswith(f"{folder}_")}
    return set(FOLDERS.values()) - own


def words(path: Path) -> set[str]:
    """All words in the code and in the strings of a file, comments and docstrings left out."""
    found, tokens = set(), list(tokenize.generate_tokens(io.StringIO(path.read_text()).readline))
    for before, token in zip([None, *tokens], tokens, strict=False):
        text = token.string
        docstring = token.type == tokenize.STRING and text.startswith(('"""', 'r"""'))
        if token.type in (tokenize.NAME, tokenize.STRING) and not docstring and before is not None:
            found |= set(re.findall(r"\w+", text))
    return found


def test_no_file_names_what_belongs_to_a_family():
    found = set()
    for path in sorted(PACKAGE.rglob("*.py")):
        others = outside(path)
        forbidden = {name for name, folder in NAMES.items() if folder in others}
        found |= {(str(path.relative_to(PACKAGE)), one) for one in words(path) & forbidden}
    assert found - FORMER == set()


def test_the_names_that_are_looked_for_are_those_of_the_models():
    assert {"n_disc", "Ninit", "Rth0", "xinit", "R_on", "V_Tp"} <= set(NAMES) and len(NAMES) > 40


@pytest.mark.parametrize("kind", FAMILIES.values(), ids=list(FAMILIES))
def test_every_family_says_what_the_flow_asks(kind):
    device = kind()
    assert isinstance(device, Memristor) and device.FAMILY in FAMILIES
    assert device.capabilities <= set(CAPABILITIES)
    low, high = device.window_x
    assert device.bounds[0] <= min(low, high) < max(low, high) <= device.bounds[1]
    assert (high > low) == device.lead.rises
    assert device.legal(device.start) == device.start
    assert len(device.start) == len(device.variables) == len(device.realised.inner)
    assert {device.lead.name, "i_cell"} <= {trace for trace, _ in device.realised.vectors}
    with pytest.raises(ValueError, match=f"telepathy|{device.FAMILY}"):
        device.replace(realisation="telepathy")
    for capability in set(CAPABILITIES) - device.capabilities:
        with pytest.raises(ValueError, match=f"^a verb: this needs a memristor that .* and {device.FAMILY} cannot"):
            device.require(capability, "a verb")
