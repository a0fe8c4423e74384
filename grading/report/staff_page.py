"""Pages for those who teach: as inert as feedback, in its style, with room for pictures and tables."""

from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from grading.report.feedback import code, number, policy, style

_HERE = Path(__file__).parent


def page(template: str, **context: Any) -> str:
    """The page that `template` (a file beside this one) makes of this, everything escaped."""
    sheet = style("feedback", "staff")
    return _room().get_template(template).render(style=sheet, policy=policy(sheet), **context)


@cache
def _room() -> jinja2.Environment:
    room = jinja2.Environment(loader=jinja2.FileSystemLoader(_HERE), autoescape=True, trim_blocks=True,
                              lstrip_blocks=True, undefined=jinja2.StrictUndefined)
    room.filters |= {"code": code, "number": number}
    return room
