"""Arrays: points, rejected steps, time and memory over their size, see ``_arrays.py``.

A script's own folder comes first where modules are looked for: every `import array` in this folder, the standard
library's own ones included, finds this file. It then hands over the module that is meant.
"""

import importlib.machinery
import importlib.util
import os
import sys

if __name__ == "__main__":
    from _arrays import main

    sys.exit(main())

_here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - pathlib may be what imports array
_elsewhere = [path for path in sys.path if os.path.abspath(path) != _here]  # noqa: PTH100
_spec = importlib.machinery.PathFinder.find_spec("array", _elsewhere)
sys.modules[__name__] = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(sys.modules[__name__])
