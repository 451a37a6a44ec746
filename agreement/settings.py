"""Settings: every choice that can change a number, validated at once, from ``agreement.toml`` and flags."""

from __future__ import annotations

import hashlib
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from agreement.errors import Problem, SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

LayerKind: TypeAlias = Literal["category", "ordinal", "number", "labels", "spans", "answer"]


def _listed(value: object) -> object:
    """Return a single text as a list of one: ``item = "ticket"`` means what it says."""
    return (value,) if isinstance(value, str) else value


Share: TypeAlias = Annotated[float, Field(ge=0, le=1)]

Names: TypeAlias = Annotated[tuple[str, ...], BeforeValidator(_listed)]

LAYER_KINDS: tuple[LayerKind, ...] = ("category", "ordinal", "number", "labels", "spans", "answer")


LARGEST_FILE = 1 << 20


class _Section(BaseModel):
    """A frozen section of the configuration in which unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Columns(_Section):
    """Where a table keeps what: names of columns (or numbers from 1 when there is no header)."""

    layout: Literal["long", "wide", "per-file", "per-sheet", "transposed", "one-hot", "nested"] | None = Field(
        default=None, description="Shape of the table, when two readings are possible."
    )
    item: Names = Field(default=(), description="Column(s) that name the item; several are joined.")
    annotator: str | None = Field(default=None, description="Column that names the annotator.")
    label: Names = Field(default=(), description="Column(s) that hold labels; several make several layers.")
    layer: str | None = Field(default=None, description="Column that names the layer.")
    text: str | None = Field(default=None, description="Column with the text of the item.")
    section: str | None = Field(default=None, description="Column with the guideline section of the item.")
    document: str | None = Field(default=None, description="Column with the document (cluster) of the item.")
    round: str | None = Field(default=None, description="Column with the labelling round.")
    time: str | None = Field(default=None, description="Column with the time of the annotation.")
    gold: str | None = Field(default=None, description="Column, annotator, sheet or file that holds the gold labels.")
    start: str | None = Field(default=None, description="Column with the start offset of a span.")
    end: str | None = Field(default=None, description="Column with the end offset of a span, exclusive.")
    annotators: Names = Field(default=(), description="Columns (or sheets) that are annotators, wide layout.")
    score: str | None = Field(default=None, description="Column with the probability of the label in the row.")
    header: int | None = Field(default=None, ge=0, description="Row of the header, from 1; 0 = no header.")
    sheets: Names = Field(default=(), description="Sheets to read; all visible ones by default.")


class Reading(_Section):
    """How what was found is read."""

    format: str | None = Field(default=None, description="Loader to use instead of the one detected.")
    duplicates: Literal["refuse", "latest", "first", "drop"] | None = Field(
        default=None, description="What to do when one annotator labelled an item twice and differently."
    )
    encoding: str | None = Field(default=None, description="Encoding of text files, when not detected rightly.")
    hidden: bool = Field(default=False, description="Read hidden sheets and rows too.")
    trim_spans: bool = Field(default=True, description="Trim blanks at the edges of spans.")
    tokenizer: Literal["words", "whitespace", "data"] | None = Field(
        default=None, description="Tokenizer of the token level; default: the data's own tokens, else words."
    )
    status: dict[str, Literal["done", "empty", "skipped", "rejected", "draft"]] = Field(
        default_factory=dict, description="Reading of a platform's status, e.g. rejected = 'empty'."
    )
    invalid_tags: Literal["repair", "drop"] = Field(
        default="repair",
        description="IOB2, BIOES, BILOU: a tag that continues no span begins one (conlleval), or is left out (strict).",
    )
    unmarked: Literal["missing", "empty"] = Field(
        default="missing",
        description="Items in which an annotator of a span table has no row: not assigned, or seen and nothing marked.",
    )
    predictions: bool = Field(default=False, description="Read predictions in a platform export as model annotators.")


class Missing(_Section):
    """Which cells count as no answer."""

    values: Names = Field(default=(), description="Labels that mean no answer, e.g. '?', 'n/a'.")


class Labels(_Section):
    """The label set, when it is declared rather than observed."""

    declared: Names = Field(default=(), description="The closed label set; others are errors.")
    order: Names = Field(default=(), description="Labels from lowest to highest: makes the layer ordinal.")
    aliases: dict[str, str] = Field(default_factory=dict, description="Spelling found = label meant.")


class LayerSettings(_Section):
    """What is known about one layer."""

    kind: LayerKind | None = Field(default=None, description="Kind of the layer.")
    labels: Names = Field(default=(), description="Its closed label set.")
    order: Names = Field(default=(), description="Its labels from lowest to highest.")
    weights: tuple[tuple[float, ...], ...] = Field(
        default=(), description="Agreement weights, rows in the order of labels."
    )
    separator: str | None = Field(default=None, min_length=1, description="Cuts labels that are paths: 'A > B > C'.")
    normalisation: Literal["squad", "unicode"] | None = Field(
        default=None, description="Normalisation of answers: squad drops English articles and ASCII punctuation."
    )


class Sections(_Section):
    """Where the guideline is, and which labels a section governs."""

    file: str | None = Field(default=None, description="Guideline: Markdown, CSV or a sheet of the workbook.")
    labels: dict[str, tuple[str, ...]] = Field(default_factory=dict, description="Section = labels it governs.")


class Annotators(_Section):
    """Who is not an ordinary human annotator."""

    model: Names = Field(default=(), description="Annotators that are models.")
    gold: Names = Field(default=(), description="Annotators that are gold.")
    ignore: Names = Field(default=(), description="Annotators left out (counted).")
    groups: dict[str, str] = Field(default_factory=dict, description="Annotator = team.")


class Measures(_Section):
    """How numbers are made."""

    confidence: float = Field(default=0.95, gt=0.5, le=0.9999, description="Level of every interval.")
    beta: float = Field(default=1.0, gt=0, description="Beta of Fbeta.")
    min_pair_items: int = Field(default=30, ge=1, description="Shared items from which a pair is shown and pooled.")
    iou: float = Field(default=0.5, gt=0, le=1, description="Overlap over union from which two spans match.")
    files: Names = Field(default=(), description="Python files that declare measures of your own.")
    similarity: str | None = Field(
        default=None, description="Similarity of answers beside token F1: embedding, or file.py:function of your own."
    )


class Gate(_Section):
    """Limits of the release checks."""

    kappa: Share | None = Field(default=0.667, description="Limit of kappa, or alpha where no pair has one.")
    f1_item: Share | None = Field(default=0.70, description="Lower limit of macro F1, items.")
    f1_span: Share | None = Field(default=0.70, description="Lower limit of exact span F1.")
    f1_token: Share | None = Field(default=0.70, description="Lower limit of token F1.")
    class_f1: Share | None = Field(default=0.50, description="Lower limit of the F1 of every class.")
    class_items: int = Field(default=30, ge=1, description="Labels from which a class is judged.")
    pair_confusion: Share | None = Field(default=0.20, description="Upper limit of the confusion of a label pair.")
    pair_items: int = Field(default=20, ge=1, description="Items from which a label pair is judged.")
    annotator: bool = Field(default=True, description="No confirmed annotator flag.")
    gold: Share | None = Field(default=0.05, description="Upper limit of suspicious gold labels.")
    labels: dict[str, Share] = Field(
        default_factory=dict, description="Label = lower limit of its F1; it then leaves class_f1."
    )
    sections: dict[str, Share] = Field(
        default_factory=dict, description="Section (id or title) = lower limit of agreement in it; spans: exact F1."
    )
    f1_bands: tuple[float, float, float, float] = Field(default=(0.90, 0.70, 0.50, 0.30), description="Wording of F1.")

    @field_validator("kappa", "f1_item", "f1_span", "f1_token", "class_f1", "pair_confusion", "gold", mode="before")
    @classmethod
    def _off(cls, value: object) -> object:
        """Return None for ``off``: TOML has no word for nothing."""
        return None if value == "off" else value


class Ranking(_Section):
    """A ranked list that is scored against those who judged relevance."""

    source: str | None = Field(
        default=None,
        description="Ranked list: a file (query, item, rank; or a TREC run), or the column with the rank.",
    )
    relevant: Names = Field(
        default=(), description="Labels that mean relevant; by default numbers above 0, relevant, yes."
    )
    cutoffs: tuple[int, ...] = Field(default=(5, 10), description="Where the list is cut: each K of P@K, R@K and F1@K.")

    @field_validator("cutoffs")
    @classmethod
    def _positive(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        """Refuse a list that is cut before its first item."""
        if not value or min(value) < 1:
            raise ValueError("each is a whole number from 1 on")
        return tuple(sorted(set(value)))


class Report(_Section):
    """What the page looks like and how much it holds."""

    title: str | None = Field(default=None, description="Title of the report.")
    logo: str | None = Field(default=None, description="PNG or SVG file shown beside the title.")
    date: str | None = Field(
        default=None, description="Date printed on the page; none by default: same input, same bytes."
    )
    items: int = Field(default=500, ge=0, description="Disputed items embedded in the page, at most.")
    max_bytes: int = Field(1_000_000, ge=100_000, description="Size of the page, at most.")
    text: bool = Field(default=True, description="Embed the texts of items.")
    anonymise: bool = Field(default=False, description="Replace names by keyed pseudonyms.")
    by: Names = Field(default=(), description="Item columns whose values are compared: source, language.")
    templates: str | None = Field(default=None, description="Folder whose templates replace ours, one by one.")


class Settings(_Section):
    """Every choice that can change a number; equal settings and equal input give equal bytes.

    Examples
    --------
    >>> Settings().measures.confidence
    0.95
    >>> Settings.from_mapping({"gate": {"kapa": 0.7}})
    Traceback (most recent call last):
        ...
    agreement.errors.SettingsError: gate.kapa: Extra inputs are not permitted (found 0.7). Allowed here: ...
    """

    columns: Columns = Columns()
    reading: Reading = Reading()
    missing: Missing = Missing()
    labels: Labels = Labels()
    layers: dict[str, LayerSettings] = Field(default_factory=dict)
    sections: Sections = Sections()
    annotators: Annotators = Annotators()
    measures: Measures = Measures()
    gate: Gate = Gate()
    rules: dict[str, dict[str, bool | int | float]] = Field(default_factory=dict)
    ranking: Ranking = Ranking()
    report: Report = Report()

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any], where: str = "") -> Settings:
        """Return settings from nested *values*; *where* names their origin in messages.

        Raises
        ------
        SettingsError
            Listing every unknown key and every value that is not allowed.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise SettingsError(_problems(cls, error, where)) from None

    @classmethod
    def from_file(cls, path: Path, overrides: Mapping[str, Mapping[str, Any]] | None = None) -> Settings:
        """Return settings from the TOML file *path*; *overrides* (section, key, value) win.

        Raises
        ------
        SettingsError
            If the file can't be read or holds an unknown key or a value that is not allowed.
        """
        try:
            if path.exists() and not (path.is_file() and path.stat().st_size <= LARGEST_FILE):
                raise SettingsError([Problem(str(path), f"is no regular file of at most {LARGEST_FILE:,} bytes.")])
            values: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise SettingsError([Problem(str(path), f"can't be read: {error.strerror}.")]) from None
        except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
            raise SettingsError([Problem(str(path), f"is not valid TOML: {error}.")]) from None
        for section, keys in (overrides or {}).items():
            mine = values.setdefault(section, {})
            if isinstance(mine, dict):
                mine.update(keys)
        found = cls.from_mapping(values, f"{path}: ")
        files = tuple(str(path.parent / file) for file in found.measures.files)  # as seen from the file naming them
        return found.model_copy(update={"measures": found.measures.model_copy(update={"files": files})})

    def signature(self) -> str:
        """Return one line: the version, the choices every number rests on, and all others not the default.

        Examples
        --------
        >>> Settings.from_mapping({"measures": {"iou": 0.4}}).signature().split("|")[2:6]
        ['confidence:0.95', 'iou:0.4', 'min_pair_items:30', 'duplicates:default']
        >>> Settings.from_mapping({"labels": {"order": ["low", "high"]}}).signature().split("|")[-1]
        'labels.order:low,high'
        """
        always = [f"{name}:{getattr(self.measures, name)}" for name in ("beta", "confidence", "iou", "min_pair_items")]
        for name in ("duplicates", "tokenizer", "trim_spans"):
            chosen = getattr(self.reading, name)
            always.append(f"{name}:{'default' if chosen is None else str(chosen).lower()}")
        named = {"measures": {"beta", "confidence", "iou", "min_pair_items"}}
        named["reading"] = {"duplicates", "tokenizer", "trim_spans"}
        named["measures"] = {*named["measures"], "files"}
        changed = _flat(self.model_dump(mode="json", exclude_defaults=True, exclude={"report": True, **named}))
        for key in FILE_KEYS & changed.keys():
            changed[key] = PureWindowsPath(changed[key]).name or changed[key]
        if self.measures.files:
            changed["measures.files"] = ",".join(map(_by_content, self.measures.files))
        return "|".join(
            [f"agreement:{package_version()}", *always, *(f"{key}:{value}" for key, value in sorted(changed.items()))]
        )


# Settings that may name a file: its folder says where somebody works and changes no number.
# PureWindowsPath parts at both kinds of slash.
FILE_KEYS = frozenset({"columns.gold", "sections.file", "measures.similarity", "ranking.source"})


def _by_content(file: str) -> str:
    """Return the name of a *file* without its folder, and eight digits that change with what it says."""
    path = Path(file)
    return f"{path.name}@{hashlib.sha256(path.read_bytes()).hexdigest()[:8] if path.is_file() else 'missing'}"


# The options of load, audit and the command line, by the names people type, and the keys that they set.
OPTIONS: Mapping[str, str] = {
    "read_as": "reading.format",
    "layout": "columns.layout",
    "item": "columns.item",
    "annotator": "columns.annotator",
    "annotators": "columns.annotators",
    "label": "columns.label",
    "layer": "columns.layer",
    "text": "columns.text",
    "section": "columns.section",
    "document": "columns.document",
    "round": "columns.round",
    "time": "columns.time",
    "gold": "columns.gold",
    "score": "columns.score",
    "header": "columns.header",
    "sheet": "columns.sheets",
    "order": "labels.order",
    "labels": "labels.declared",
    "missing": "missing.values",
    "duplicates": "reading.duplicates",
    "status": "reading.status",
    "model": "annotators.model",
    "ignore": "annotators.ignore",
    "guideline": "sections.file",
    "encoding": "reading.encoding",
    "hidden": "reading.hidden",
    "predictions": "reading.predictions",
    "similarity": "measures.similarity",
    "ranking": "ranking.source",
    "relevant": "ranking.relevant",
    "cutoffs": "ranking.cutoffs",
    "title": "report.title",
}


def with_options(settings: Settings | None, options: Mapping[str, Any]) -> Settings:
    """Return *settings* with *options* (names of ``OPTIONS``) on top; a single text stands for a list of one.

    Raises
    ------
    SettingsError
        Listing every unknown option and every value that is not allowed.

    Examples
    --------
    >>> with_options(None, {"item": "ticket", "order": ["low", "high"]}).labels.order
    ('low', 'high')
    """
    unknown = [name for name in options if name not in OPTIONS]
    if unknown:
        known = f"Known: {', '.join(OPTIONS)}."
        raise SettingsError([Problem(name, "is no option.", known) for name in unknown])
    values = (settings or Settings()).model_dump(exclude_defaults=True)
    for name, value in options.items():
        section, key = OPTIONS[name].split(".")
        several = isinstance(type(Settings.model_fields[section].default).model_fields[key].get_default(), tuple)
        values.setdefault(section, {})[key] = [value] if several and isinstance(value, str) else value
    return Settings.from_mapping(values)


def package_version() -> str:
    """Return the version of this package, ``0+unknown`` in a checkout that was never installed."""
    try:
        return version("agreement-audit")
    except PackageNotFoundError:
        return "0+unknown"


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Return nested *values* as dotted keys and short text values."""
    flat: dict[str, str] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = (
                ",".join(map(str, value))
                if isinstance(value, list)
                else str(value).lower()
                if isinstance(value, bool)
                else str(value)
            )
    return flat


def _problems(model: type[BaseModel], error: ValidationError, where: str) -> list[Problem]:
    """Return one problem for each validation error, with what is allowed in its place."""
    problems = []
    for detail in error.errors(include_url=False):
        path = [str(part) for part in detail["loc"]]
        allowed = ""
        if detail["type"] == "extra_forbidden":
            owner: Any = model
            for part in path[:-1]:
                field = owner.model_fields.get(part) if hasattr(owner, "model_fields") else None
                owner = field.annotation if field else None
            names = sorted(getattr(owner, "model_fields", {}))
            allowed = f"Allowed here: {', '.join(names)}." if names else ""
        problems.append(Problem(where + ".".join(path), f"{detail['msg']} (found {detail['input']!r}).", allowed))
    return problems
