"""How the pages look: the configuration that `docs.site` hands to Sphinx together with what it gathered."""

import re
from importlib import metadata

project = "genlab"
author = "The genlab developers"
copyright = "the genlab developers, Apache License 2.0"
release = metadata.version("genlab")
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.mathjax", "sphinx.ext.viewcode"]

nb_execution_mode = "off"  # the runs are those of `genlab build`
nb_merge_streams = True
nb_code_prompt_show = "Show the code"
nb_code_prompt_hide = "Hide the code"
myst_enable_extensions = ["dollarmath", "amsmath", "html_image"]
myst_heading_anchors = 3
myst_dmath_double_inline = True
suppress_warnings = ["mystnb.unknown_mime_type"]

autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_default_options = {"members": True, "undoc-members": False, "exclude-members": "set"}
default_role = "code"  # our docstrings write `names` in single backticks

html_theme = "sphinx_book_theme"
html_title = "genlab: generative models"
html_static_path = ["_static"]
html_css_files = ["genlab.css"]
html_js_files = ["genlab.js"]
html_show_sourcelink = False
html_copy_source = False
html_use_index = html_domain_indices = False  # the search finds names
html_theme_options = {
    "repository_url": "https://github.com/genlab-course/genlab",
    "path_to_docs": "notebooks",
    "repository_branch": "main",
    "use_repository_button": True,
    "launch_buttons": {"colab_url": "https://colab.research.google.com", "binderhub_url": "https://mybinder.org"},
    "navbar_persistent": [],
    "use_download_button": False,
    "show_navbar_depth": 1,
    "show_toc_level": 2,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
mathjax_path = "tex-svg.js"  # `docs.site` puts it there: no other host is asked
mathjax3_config = {"options": {"enableMenu": False}, "svg": {"fontCache": "global"}}
napoleon_use_ivar = True


def plainly(app, what, name, obj, options, lines):
    """Our docstrings are plain text: |x| is a size and f* a function, not markup."""
    for k, line in enumerate(lines):
        parts = [part if i % 2 else re.sub(r"([*|_\\])", r"\\\1", part) for i, part in enumerate(line.split("`"))]
        lines[k] = re.sub(r"(`[^`]+`)(?=\w)", r"\1\\ ", "`".join(parts))


def setup(app):
    app.connect("autodoc-process-docstring", plainly, priority=400)  # before napoleon, which makes markup of it
