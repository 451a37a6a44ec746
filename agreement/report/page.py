"""The page: an audit rendered through the templates into one self-contained HTML file."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agreement.audit import Audit


def render_page(audit: "Audit") -> str:
    """Return the report as one HTML document."""
    return f"<!doctype html><title>{len(audit.comparisons)}</title>"


def write_page(audit: "Audit", path: Path) -> Path:
    """Write the page to *path* and return the path."""
    path.write_text(render_page(audit), encoding="utf-8")
    return path


def notebook_frame(audit: "Audit") -> str:
    """Return the page inside a frame for notebooks."""
    return render_page(audit)
