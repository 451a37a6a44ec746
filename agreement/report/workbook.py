"""The workbook: the same numbers for people who live in Excel, and a column to decide the disputes in."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED

import pandas as pd
from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.writer.excel import ExcelWriter

from agreement import _files
from agreement.adjudication.decisions import CHOICES
from agreement.checks.release import verdict
from agreement.report import _frames
from agreement.report._cells import EXCEL_ROWS, Cells, SteadyZip, room_for_sheets
from agreement.report._headlines import actions, headlines
from agreement.report._listed import left_out_of, listed_scores
from agreement.report.tables import report_id, source_sha256, title
from agreement.wording import outputs as words

if TYPE_CHECKING:
    from agreement.pipeline import Audit

MOST_SCORES = 50_000  # more take minutes to write and to open; JSON and CSV have them all
EPOCH = datetime(2000, 1, 1)  # noqa: DTZ001 - Office knows no zones; fixed, so that equal audits give equal bytes
DECIDE = ("decision", "note", "guideline section")
# column: width in characters; others get 14
WIDTHS: Mapping[str, int] = {
    "text": 60, "message": 70, "advice": 50, "meaning": 50, "settle": 40, "note": 40, "decision": 24, "title": 36,
    "which": 70, "what": 24, "undefined": 34, "source": 34, "measure": 28, "evidence": 40, "flags": 60, "owner": 18,
    "section": 18, "guideline section": 20, "label": 20, "item": 18, "key": 28,
}  # fmt: skip
# wide enough to be read, few enough to be one row a pair
PAIR_MEASURES = (
    ("item", "cohen_kappa"), ("item", "cohen_kappa.linear"), ("item", "cohen_kappa.quadratic"),
    ("item", "percent_agreement"), ("item", "f1_macro"), ("item", "f1_micro"), ("item", "krippendorff_alpha"),
    ("span", "span_f1.strict"), ("token", "token_f1"), ("token", "cohen_kappa"),
)  # fmt: skip


def write_workbook(audit: "Audit", path: Path) -> Path:
    """Write the workbook to *path* and return the path; equal audits give equal bytes."""
    book = Workbook(write_only=True)
    book.properties.creator = "agreement"
    book.properties.title = title(audit)
    book.properties.created = book.properties.modified = EPOCH
    with room_for_sheets(book, path):
        cells = Cells(book)
        sheets = dict(_sheets(audit))
        # the summary comes first in the book but is made last: it says what had to be cut
        summary = book.create_sheet("Summary")
        sheets["Scores"] = _fitting(sheets["Scores"], cells)
        for name, frame in sheets.items():
            extra = _validations(audit, frame) if name == "Disputes" else ()
            cells.write(name, frame, WIDTHS, extra)
        cells.write("Lists", _lists(audit), WIDTHS)
        cells.fill(summary, _summary(audit, cells), {**WIDTHS, "value": 90})
        with _files.replacing(path) as file, SteadyZip(file, "w", ZIP_DEFLATED, allowZip64=True) as archive:
            # not Workbook.save, which would stamp the present time
            ExcelWriter(book, archive).save()
    return Path(path)


def _sheets(audit: "Audit") -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield name and content of every sheet but the summary."""
    yield "Checks", _frames.checks(audit)
    yield "Findings", _frames.flags(audit)
    yield "Scores", _frames.scores(audit)
    yield "Pairs", _pairs(audit)
    yield "Labels", _frames.labels(audit)
    yield "Annotators", _frames.annotators(audit)
    yield "Disputes", _disputes(audit)
    yield "Reading", _frames.reading(audit)


def _summary(audit: "Audit", cells: Cells) -> pd.DataFrame:
    """Return the first sheet: verdict, figures with n and interval, what to do, and what identifies this audit."""
    outcome = verdict(audit.checks)
    rows: list[tuple[str, str]] = [("verdict", outcome.headline), ("result", outcome.result), ("title", title(audit))]
    rows += [(name, f"{figure.text}, {figure.detail}") for name, figure in headlines(audit)]
    rows += [(f"next step {number}", step) for number, step in enumerate(actions(audit), start=1)]
    rows += [
        ("how to decide", words.HOW_TO_DECIDE),
        ("report_id", report_id(audit)),
        ("source_sha256", source_sha256(audit)),
        ("signature", audit.settings.signature()),
    ]
    rows += list(cells.remarks())
    if audit.annotations.totals is not None:  # the disputes are not all in this book, and in no other output
        for comparison in audit.comparisons:
            left_out = left_out_of(comparison, audit.settings, audit.annotations)
            rows += [(words.LEFT_OUT_OF + comparison.layer.name, f"{what}: {n:,}") for what, n in left_out.items()]
    return pd.DataFrame(rows, columns=["key", "value"])


def _fitting(scores: pd.DataFrame, cells: Cells) -> pd.DataFrame:
    """Return the scores that a sheet can take: beyond ``MOST_SCORES`` rows the pooled ones, then as many as fit."""
    if len(scores) <= MOST_SCORES:
        return scores
    cells.rows_left["Scores"] = len(scores) - MOST_SCORES
    paired = scores["reference"].notna()
    return pd.concat([scores.loc[~paired], scores.loc[paired]], ignore_index=True).head(MOST_SCORES)


def _pairs(audit: "Audit") -> pd.DataFrame:
    """Return a row per layer and pair: shared items, and each measure with its interval."""
    keys = ["layer", "reference", "other"]
    parts = []
    for comparison in audit.comparisons:
        scores = listed_scores(comparison, audit.settings)
        paired = scores.loc[scores["reference"].notna() & scores["label"].isna()]
        wide: pd.DataFrame | None = None
        for level, measure in PAIR_MEASURES:
            mine = paired.loc[paired["measure"].eq(measure) & paired["level"].eq(level)]
            if mine.empty:
                continue
            name = measure if level != "token" else f"{level} {measure}".replace("token token_", "token_")
            columns = {"value": name, "low": f"{name} low", "high": f"{name} high", "undefined": f"{name} undefined"}
            mine = mine.drop_duplicates(keys)[[*keys, "n", *columns]].rename(columns=columns | {"n": f"{name} n"})
            wide = mine if wide is None else wide.merge(mine, on=keys, how="outer")
        if wide is not None:
            parts.append(wide.dropna(axis="columns", how="all"))
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=keys)
    counts = {str(name): frame[name].astype("Int64") for name in frame if str(name).endswith(" n")}
    return frame.assign(**counts)


def _disputes(audit: "Audit") -> pd.DataFrame:
    """Return the disputes with empty columns for the decision, before the answers so that they are seen."""
    frame = _frames.disputed_items(audit)
    lead = ["layer", "item", "round", "section", "text"]
    blank = dict.fromkeys(DECIDE)
    rest = [name for name in frame if name not in lead]
    return frame.assign(**blank)[[*lead, *DECIDE, *rest]]


def _options(audit: "Audit", layer: str) -> list[str]:
    """Return what can be chosen as a decision in one layer: labels, or whose spans; and the three ways out."""
    kind = audit.annotations.layers[layer].kind
    labels = audit.annotations.layers[layer].labels
    if kind in ("category", "ordinal", "labels"):
        return [*labels, *CHOICES]
    return [*(f"as {name}" for name in audit.annotations.compared), *CHOICES]


def _lists(audit: "Audit") -> pd.DataFrame:
    """Return the sheet behind the drop-downs: a column of options per layer."""
    options = {c.layer.name: _options(audit, c.layer.name) for c in audit.comparisons}
    return pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in options.items()})


def _validations(audit: "Audit", frame: pd.DataFrame) -> list[DataValidation]:
    """Return one drop-down per layer for its rows of the decision column; other values only raise a question."""
    column = get_column_letter(list(frame.columns).index("decision") + 1)
    found = []
    layers = frame["layer"].tolist()
    for number, comparison in enumerate(audit.comparisons, start=1):
        name = comparison.layer.name
        if name not in layers:
            continue
        first, last = layers.index(name) + 2, len(layers) - layers[::-1].index(name) + 1
        source, length = get_column_letter(number), len(_options(audit, name)) + 1
        validation = DataValidation(
            type="list", formula1=f"Lists!${source}$2:${source}${length}", allow_blank=True, showErrorMessage=True,
            errorStyle="warning", errorTitle=words.NOT_LISTED,
            error=words.NOT_SEEN,
        )  # fmt: skip
        validation.add(f"{column}{first}:{column}{min(last, EXCEL_ROWS)}")
        found.append(validation)
    return found
