"""The tables that CSV and workbook share, one frame each, in a fixed order of rows and columns."""

import json
import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from agreement.checks.release import Check
from agreement.comparison import SCORE_COLUMNS, Comparison
from agreement.report._disputes import as_text, disputes
from agreement.report._listed import left_out_of, listed_scores
from agreement.report._plain import COUNTS, plain
from agreement.totals import answered_by, given_in

if TYPE_CHECKING:
    from agreement.pipeline import Audit

RUNNABLE = ("=", "+", "-", "@", "\t", "\r")
NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")
CHECK_COLUMNS = tuple(Check.__dataclass_fields__)
FLAG_COLUMNS = (
    "rule", "verdict", "layer", "annotators", "section", "labels", "item", "nature", "camps", "direction", "effect",
    "low", "high", "n", "q", "disputes", "share_of_disputes", "share_of_disagreement", "message", "advice", "owner",
    "evidence",
)  # fmt: skip
DISPUTE_COLUMNS = ("layer", "item", "round", "section", "text", "distinct", "disagreement", "gold", "origin")
LABEL_MEASURES = {"item": "f1", "span": "span_f1.strict"}


def frames(audit: "Audit", *, all_pairs: bool = False) -> dict[str, pd.DataFrame]:
    """Return every table of the CSV output by the name of its file."""
    return {
        "scores": scores(audit, all_pairs=all_pairs),
        "flags": flags(audit),
        "checks": checks(audit),
        "disputes": disputed_items(audit),
        "annotators": annotators(audit),
        "labels": labels(audit),
        "reading": reading(audit),
    }


def scores(audit: "Audit", *, all_pairs: bool = False) -> pd.DataFrame:
    """Return the scores listed; with *all_pairs* also those of pairs that share too few items to be listed."""
    parts = [
        comparison.scores if all_pairs else listed_scores(comparison, audit.settings)
        for comparison in audit.comparisons
    ]
    parts = [part for part in parts if len(part)]
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(SCORE_COLUMNS))
    return whole_counts(frame)


def whole_counts(frame: pd.DataFrame) -> pd.DataFrame:
    """Return *frame* with its counts as integers, where pandas made floats of them for want of a missing integer."""
    return frame.assign(
        **{
            name: pd.array(pd.to_numeric(frame[name], errors="coerce").to_numpy(np.float64, na_value=np.nan), "Int64")
            for name in COUNTS
            if name in frame
        }
    )


def flags(audit: "Audit") -> pd.DataFrame:
    """Return the flags, a row each; subjects and evidence as text."""
    rows = []
    for flag in audit.diagnosis.flags:
        values = plain(flag.to_dict())
        subject = values["subject"]
        names = subject.get("annotators") or ([subject["annotator"]] if "annotator" in subject else [])
        about = subject.get("labels") or ([subject["label"]] if "label" in subject else [])
        values |= {
            "layer": subject["layer"],
            "annotators": "; ".join(names),
            "labels": "; ".join(about),
            "section": subject.get("section"),
            "item": subject.get("item"),
            "camps": " | ".join("; ".join(camp) for camp in values["camps"]),
            "evidence": json.dumps(values["evidence"], ensure_ascii=False) if values["evidence"] else "",
        }
        rows.append(values)
    return whole_counts(pd.DataFrame(rows, columns=list(FLAG_COLUMNS)))


def checks(audit: "Audit") -> pd.DataFrame:
    """Return the release checks, a row each, failed ones first."""
    return pd.DataFrame([asdict(check) for check in audit.checks], columns=list(CHECK_COLUMNS))


def disputed_items(audit: "Audit") -> pd.DataFrame:
    """Return all disputes in the order of discussion, with a column per annotator."""
    rows: list[dict[str, Any]] = []
    for dispute in disputes(audit):
        row = {name: getattr(dispute, name) for name in DISPUTE_COLUMNS}
        row["gold"] = as_text(dispute.gold, dispute.text)
        rows.append(row | {f"label: {who}": as_text(answer, dispute.text) for who, answer in dispute.answers.items()})
    who = [f"label: {name}" for name in audit.annotations.compared]
    return pd.DataFrame(rows, columns=[*DISPUTE_COLUMNS, *who])


def annotators(audit: "Audit") -> pd.DataFrame:
    """Return the annotators with their kind, team and answered items, and what was flagged about them."""
    n = answered_by(audit.annotations)
    told: dict[str, list[str]] = {}
    for flag in audit.diagnosis.flags:
        if flag.subject.annotator:
            told.setdefault(flag.subject.annotator, []).append(f"{flag.verdict}: {flag.message}")
    frame = audit.annotations.annotators.reset_index(names="annotator")[["annotator", "kind", "group"]]
    names = frame["annotator"].astype(str)
    return frame.assign(n=[n.get(name, 0) for name in names], flags=[" / ".join(told.get(name, [])) for name in names])


def labels(audit: "Audit") -> pd.DataFrame:
    """Return every label with how often it was given and its pooled F1."""
    columns = ["layer", "label", "declared", "annotations", "items", "f1", "low", "high", "n", "undefined"]
    rows = [row for comparison in audit.comparisons for row in _labels(audit, comparison)]
    return whole_counts(pd.DataFrame(rows, columns=columns))


def _labels(audit: "Audit", comparison: Comparison) -> list[dict[str, Any]]:
    """Return the rows of one layer, in the order of its label set."""
    layer, given = comparison.layer, given_in(audit.annotations, comparison.layer.name)
    pooled = comparison.scores
    pooled = pooled.loc[pooled["reference"].isna() & pooled["label"].notna()]
    pooled = pooled.loc[pooled["measure"].eq(pooled["level"].map(LABEL_MEASURES))].drop_duplicates("label")
    known = {row["label"]: row for row in pooled.to_dict("records")}
    return [
        {"layer": layer.name, "label": label, "declared": layer.declared,
         **dict(zip(("annotations", "items"), given.get(label, (0, 0)), strict=True)),
         "f1": known.get(label, {}).get("value"),
         **{name: known.get(label, {}).get(name) for name in ("low", "high", "n", "undefined")}}
        for label in layer.labels
    ]  # fmt: skip


def reading(audit: "Audit") -> pd.DataFrame:
    """Return the account of how the input was read: what, which, how much."""
    account = audit.annotations.reading
    rows: list[tuple[str, str, Any]] = [
        ("signature", audit.settings.signature(), None),
        ("format", account.format, None),
        ("layout", account.layout, None),
        ("annotator from", account.annotator_from, None),
        *(("file", name, None) for name in account.files),
        *(("column", f"{role}: {name}", None) for role, name in account.columns.items()),
        ("rows read", "", account.rows_read),
        ("rows used", "", account.rows_used),
        *(("set aside", reason, rows) for reason, rows in account.set_aside.items()),
        *(("repaired", what, times) for what, times in account.repairs.items()),
        *(("looks missing", label, times) for label, times in account.missing_suspects.items()),
        *(
            ("another spelling?", f"{one.spelling} for {one.meant} ({one.layer}): {one.reason}", one.n_spelling)
            for one in account.aliases
        ),
        *(("looks like gold", name, None) for name in account.gold_candidates),
        *(("warning", text, None) for text in account.warnings),
    ]  # fmt: skip
    for comparison in audit.comparisons:
        left_out = left_out_of(comparison, audit.settings, audit.annotations)
        rows += [("left out", f"{comparison.layer.name}: {what}", number) for what, number in left_out.items()]
    frame = pd.DataFrame([row for row in rows if row[1] or row[2] is not None], columns=["what", "which", "count"])
    return frame.assign(count=pd.array(frame["count"].to_numpy(np.float64, na_value=np.nan), "Int64"))


def defused(text: str) -> str:
    """Return *text* as no spreadsheet runs it: an apostrophe before a first character that starts a formula.

    Examples
    --------
    >>> defused("=1+1"), defused(" @SUM(A1)"), defused("-1"), defused("- no"), defused("fine")
    ("'=1+1", "' @SUM(A1)", '-1', "'- no", 'fine')
    """
    if text.lstrip(" \\n").startswith(RUNNABLE) and not NUMBER.fullmatch(text):
        return "'" + text
    return text


def safe(frame: pd.DataFrame) -> pd.DataFrame:
    """Return *frame* with every text cell and column name defused; numbers stay numbers."""
    columns = {
        defused(str(name)): frame[name]
        if frame[name].dtype.kind in "fiub"
        else frame[name].astype(object).map(lambda cell: defused(cell) if isinstance(cell, str) else cell)
        for name in frame
    }
    return pd.DataFrame(columns)
