"""Sphinx; `make docs` treats warnings as errors."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import importlib
import types
from typing import Any

import thickecon as te

project = "thickecon"
author = "thickecon developers"
copyright = "2026, thickecon developers"
version = release = te.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "examples", "**/README.rst", "**/GALLERY_HEADER.rst"]
templates_path = ["_templates"]
suppress_warnings = ["config.cache"]  # the gallery's sorting key is a function

# ---- pages ------------------------------------------------------------------------------------------------------

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath", "amsmath", "attrs_inline"]
myst_heading_anchors = 3

# ---- reference --------------------------------------------------------------------------------------------------

autosummary_generate = True
autosummary_imported_members = False
autodoc_typehints = "none"  # signatures carry them; the text gives shapes and units
autodoc_member_order = "bysource"
autoclass_content = "class"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
numpydoc_xref_param_type = False

# ---- gallery ----------------------------------------------------------------------------------------------------

warnings.filterwarnings("ignore", message=".*non-GUI backend.*|.*FigureCanvasAgg is non-interactive.*")
sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "gallery",
    "filename_pattern": r"/plot_",
    "abort_on_example_error": True,
    "remove_config_comments": True,
    "show_memory": False,
    "download_all_examples": False,
    "min_reported_time": 1e9,
    "write_computation_times": False,
}

# ---- look -------------------------------------------------------------------------------------------------------

html_theme = "pydata_sphinx_theme"
html_title = "thickecon"
html_show_sourcelink = False
html_theme_options = {
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "show_prev_next": False,
    "footer_end": [],
}


# ---- a reference page for each package, from its public names ------------------------------------------------------

PACKAGES = {
    "thickecon": "thickecon: profiles, lenses, problems and the spine",
    "thickecon.auctions": "Auctions",
    "thickecon.auctions.axioms": "Auctions: audits",
    "thickecon.auctions.instances": "Auctions: random instances",
    "thickecon.auctions.kernels": "Auctions: algorithms on arrays",
    "thickecon.matching": "Matching",
    "thickecon.welfare": "Welfare",
    "thickecon.endorsement": "Endorsement: estimators",
    "thickecon.profiles.samplers": "Samplers",
    "thickecon.datasets": "Data sets",
    "thickecon.testing": "Testing your own mechanism",
    "thickecon.errors": "Errors",
}


def write_reference(app: Any, config: Any) -> None:
    """reference/generated/package-NN.rst; a name that cannot be loaded stops the build."""
    folder = HERE / "reference" / "generated"
    folder.mkdir(parents=True, exist_ok=True)
    shown: set[int] = set()
    for number, (package, title) in enumerate(PACKAGES.items()):
        module = importlib.import_module(package)
        names = [name for name in module.__all__ if not isinstance(getattr(module, name), types.ModuleType)]
        names = [name for name in names if id(getattr(module, name)) not in shown]  # a name of the root is shown there
        shown.update(id(getattr(module, name)) for name in names)
        about = (module.__doc__ or "").partition("\n")[0]
        page = [title, "=" * len(title), "", about, "", f".. currentmodule:: {package}", "", ".. autosummary::"]
        page += ["   :toctree:", "", *(f"   {name}" for name in names), ""]
        target, text = folder / f"package-{number:02}.rst", "\n".join(page)
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            target.write_text(text, encoding="utf-8")


def keep_bars(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """``|x|`` in a docstring is an absolute value, not a substitution."""
    for number, line in enumerate(lines):
        if not line.lstrip().startswith((">>>", "...")):
            parts = line.split("``")
            parts[::2] = [part.replace("|", r"\|") for part in parts[::2]]
            lines[number] = "``".join(parts)


def setup(app: Any) -> None:
    """Pages are written before autosummary looks for them."""
    app.connect("config-inited", write_reference)
    app.connect("autodoc-process-docstring", keep_bars)
