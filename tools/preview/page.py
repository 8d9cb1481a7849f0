"""The page: one file, without scripts, that reads well on a desk, on a phone, in the dark and on paper."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tools.preview.view import DashboardView

_FOLDER: Final = Path(__file__).parent


def page(views: Sequence[DashboardView], *, at: datetime, source: str) -> str:
    """The whole page; `source` is the address of the Prometheus that was asked, empty for none."""
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = (_FOLDER / "page.css").read_text(encoding="utf-8")
    return environment.get_template("page.html").render(
        views=views, at=f"{at:%Y-%m-%d %H:%M} UTC", source=source, style=style
    )
