"""The page: an audit rendered through the templates into one self-contained HTML file."""

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import BaseLoader, ChoiceLoader, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from agreement import wording
from agreement._files import is_folder, write_text
from agreement._resources import shipped
from agreement.errors import OutputError
from agreement.report import _bounded
from agreement.report._bounded import Sandbox, rendered
from agreement.report._build import build
from agreement.report._compiled import CompiledBeside
from agreement.report.model import ReportModel
from agreement.wording.page import FRAME_TITLE

if TYPE_CHECKING:
    from agreement.pipeline import Audit

STATIC_ITEMS = 10
# what turns the reading direction; what begins a part of its own, and what ends it
TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
BEGINS, ENDS = "\u2066\u2067\u2068", "\u2069"
SLACK = 2000  # bytes by which sentences about the cut may grow


@dataclass(frozen=True, slots=True)
class Section:
    """One rendered question of the page: what its template declares, and its body."""

    id: str
    title: str
    nav: str
    who: str
    absent: str
    body: Markup


def render_page(audit: "Audit") -> str:
    """Return the report as one HTML document, at most ``report.max_bytes`` long if leaving out items can do it.

    Raises
    ------
    OutputError
        If a template of the user's own can't be rendered, or takes too much time or memory.
    """
    report = audit.settings.report
    environment = make_environment(Path(report.templates) if report.templates else None)
    model = build(audit, report.items)
    if report.templates is None:
        return _fitted(environment, model, audit)
    return rendered(lambda: _fitted(environment, model, audit), report.templates)


def _fitted(environment: Sandbox, model: ReportModel, audit: "Audit") -> str:
    """Return the page of *model* with as many items as the limit of its size lets in."""
    page = _render(environment, model, audit)
    for _ in range(3):
        over = len(page.encode("utf-8", errors="replace")) - audit.settings.report.max_bytes
        if over <= 0 or not model.cards:
            break
        model = replace(model, cards=_without(model, over + SLACK))
        page = _render(environment, model, audit)
    return page


def write_page(audit: "Audit", path: Path) -> Path:
    """Write the page to *path*, replacing it only once it is complete, and return the path."""
    return write_text(path, render_page(audit))


def notebook_frame(audit: "Audit") -> str:
    """Return the page inside a frame for notebooks: its styles and script stay its own."""
    page = html.escape(render_page(audit), quote=True)
    return f'<iframe srcdoc="{page}" title="{FRAME_TITLE}" style="width:100%;height:40rem;border:0"></iframe>'


@cache
def make_environment(overrides: Path | None = None) -> Sandbox:
    """Return the one template environment: autoescape, undefined names are errors, *overrides* win one by one.

    It is sandboxed because a folder of templates may come from somebody else; it is not a security boundary for
    the output, which is a page with script.

    Raises
    ------
    OutputError
        If *overrides* is not a folder.
    """
    if overrides is not None and not is_folder(overrides):
        raise OutputError(f"report.templates: {overrides} is not a folder.")
    loaders: list[BaseLoader] = [FileSystemLoader(folder) for folder in (overrides, shipped("templates")) if folder]
    environment = Sandbox(
        loader=ChoiceLoader(loaders), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        finalize=isolated,
        bytecode_cache=None if overrides else CompiledBeside([Path(__file__), Path(_bounded.__file__)]),
    )  # fmt: skip
    environment.filters |= {
        "count": wording.count, "decimal": wording.decimal, "percent": wording.percent, "plural": _plural,
        "listed": wording.listed, "lowered": wording.lowered, "clip": _clip, "embedded": _embedded,
        "together": _together,
    }  # fmt: skip
    environment.globals |= {
        "RESULT_WORDS": wording.RESULT_WORDS, "KIND_WORDS": wording.KIND_WORDS, "F1_WORDS": wording.F1_WORDS,
    }  # fmt: skip
    return environment


def isolated(value: Any) -> Any:  # noqa: ANN401 - whatever a template prints
    """Return text that turns the reading direction shut off from what follows it: 42 % would else read 24 %.

    Examples
    --------
    >>> isolated("x\u202ey") == "\u2068x\u202ey\u2069", isolated("plain")
    (True, 'plain')
    >>> isolated("x\u2069\u202ey") == "\u2068x\u202ey\u2069"  # its own end would come too early
    True
    """
    if not isinstance(value, str) or isinstance(value, Markup) or not TURNS.search(value):
        return value
    depth, kept = 0, []
    for sign in value:
        if sign == ENDS and not depth:
            continue
        depth += (sign in BEGINS) - (sign == ENDS)
        kept.append(sign)
    return f"\u2068{''.join(kept)}{ENDS * (depth + 1)}"


def _clip(position: float) -> float:
    """Return a percent position inside the plot."""
    return round(min(max(position, 0.0), 100.0), 1)


def _together(text: str) -> str:
    """Return what a value rests on, ``n 1,200`` or ``39 of 128``, so that no line ends inside it."""
    return re.sub(r"(\bn|\d|\bof) (?=\d|of \d)", "\\1\N{NO-BREAK SPACE}", text)


def _plural(number: int, noun: str, nouns: str = "") -> str:
    """Return *number* with its noun on the same line."""
    return wording.plural(number, noun, nouns).replace(" ", "\N{NO-BREAK SPACE}", 1)


def _embedded(value: Any) -> Markup:  # noqa: ANN401 - anything JSON holds
    """Return *value* as JSON that can't end the script element it stands in."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    escaped = text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    return Markup(escaped.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))  # noqa: S704 - escaped above


def _without(model: ReportModel, over: int) -> tuple[Any, ...]:
    """Return the cards of *model* without as many of the last ones as hold *over* bytes."""
    kept = list(model.cards)
    while kept and over > 0:
        over -= len(str(_embedded(kept.pop().to_dict({}))).encode("utf-8", errors="replace"))
    return tuple(kept)


def _render(environment: Sandbox, model: ReportModel, audit: "Audit") -> str:
    """Return the page of *model*."""
    context: dict[str, Any] = {"page": model, "audit": audit, "static_items": STATIC_ITEMS}
    sections: list[Section] = []
    for section in _sections(environment, context):
        sections.append(section)
        context["absent"] = [one.absent for one in sections if not one.body]
    script = _asset(environment, "assets/page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    return environment.get_template("page.html").render(
        context,
        sections=[section for section in sections if section.body],
        style=Markup(_asset(environment, "assets/tokens.css") + _asset(environment, "assets/page.css")),  # noqa: S704 - ours
        script=Markup(script),  # noqa: S704 - ours, or the user's own override
        script_hash=digest,
        data=_data(model),
    )


def _sections(environment: Sandbox, context: dict[str, Any]) -> Iterator[Section]:
    """Yield every section template in the order of its file name; a new file is all that a new section needs."""
    names = environment.list_templates(
        filter_func=lambda name: re.fullmatch(r"sections/\d\d-[\w-]+\.html", name) is not None
    )
    context.setdefault("absent", [])
    for name in sorted(names):
        module = environment.get_template(name).make_module(context)
        body = str(module).strip()
        words = {part: str(getattr(module, part, "")) for part in ("id", "title", "nav", "who", "absent")}
        yield Section(body=Markup(body), **words)  # noqa: S704 - rendered with autoescape


def _asset(environment: Sandbox, name: str) -> str:
    """Return a file of the templates folder as it is."""
    loader = environment.loader
    if loader is None:
        raise OutputError(f"{name}: no templates folder.")
    return loader.get_source(environment, name)[0]


def _data(model: ReportModel) -> dict[str, Any]:
    """Return what the page's script works on."""
    codes = {name: {label: code for code, label in enumerate(labels)} for name, labels in model.label_sets.items()}
    return {
        "report_id": model.report_id,
        "source": model.source,
        "total": model.to_discuss,
        "listed": model.to_list,
        "sections": [[section, name] for section, name in model.section_names.items()],
        "layers": [
            [
                name,
                layer.kind,
                list(labels),
                {str(code[label]): short for label, short in labels.items() if label != short},
            ]
            for layer in model.layers
            for name, labels, code in [(layer.name, model.label_sets[layer.name], codes[layer.name])]
        ],
        "maps": [
            [layer.name, list(layer.picture.names), layer.picture.cells]
            for layer in model.layers
            if layer.picture and layer.picture.png
        ],
        "items": [card.to_dict(codes[card.layer]) for card in model.cards],
    }
