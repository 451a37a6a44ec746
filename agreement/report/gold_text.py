"""Gold reports as text for a terminal."""

from collections.abc import Iterator, Sequence

from agreement.gold.suspects import Suspect
from agreement.gold.validation import GoldReport
from agreement.report.terminal import shown
from agreement.wording import Figure, between, decimal, optional
from agreement.wording import gold as words
from agreement.wording.outputs import and_more

MOST = 25


def gold_text(reports: Sequence[GoldReport]) -> str:
    """Return the reports as text; what was asked for but could not be said is said to be so."""
    if not reports:
        return words.NONE_FOUND
    return "\n\n".join("\n".join(_lines(report)) for report in reports)


def _lines(report: GoldReport) -> Iterator[str]:
    """Yield the lines of one report."""
    yield words.line_of_gold(shown(report.gold), shown(report.layer), report.n_gold, report.n_items)
    yield from (f"  Note: {shown(note)}" for note in report.notes)
    yield from _annotators(report)
    if report.n_judged:
        yield from _suspects(report)
    if report.review:
        yield words.line_of_review(len(report.review))
        yield from map(_suspect, report.review[:MOST])
    yield from _size(report)
    yield from _fairness(report)
    for drawn in report.charts:
        if drawn.out_of_control:
            signal = next(point for point in drawn.points if point.signal in ("above", "rising"))
            beginning = Figure(drawn.baseline, n=drawn.n_baseline, share=True)
            yield words.line_of_drift(shown(drawn.annotator), signal.number, (signal.errors, signal.n), beginning)


def _annotators(report: GoldReport) -> Iterator[str]:
    """Yield every annotator against the gold, worst first."""
    for entry in report.accuracies:
        found = Figure(entry.value, entry.low, entry.high, entry.n, share=True, hits=entry.right)
        yield words.line_of_finder(shown(entry.annotator), found, off=entry.off)
    if report.accuracies:
        return
    rows = report.scores
    whole = rows["label"].isna() & rows["measure"].isin(("span_f1.strict", "squad_f1"))
    for row in rows.loc[whole].to_dict("records"):
        who = row["other"] if row["reference"] == report.gold else row["reference"]
        value, low, high = (optional(row[name]) for name in ("value", "low", "high"))
        if value is not None and low is not None and high is not None:
            interval = between(decimal(low), decimal(high))
            yield f"  {shown(str(who))}: {row['measure']} {decimal(value)} ({interval}, n {int(row['n'])})"


def _suspects(report: GoldReport) -> Iterator[str]:
    """Yield the gold labels that look wrong, and what that means for a model."""
    confirmed = [suspect for suspect in report.suspects if suspect.verdict == "confirmed"]
    yield words.line_of_slips(len(confirmed), len(report.suspects) - len(confirmed), report.n_judged)
    yield from map(_suspect, report.suspects[:MOST])
    if len(report.suspects) > MOST:
        yield f"    {and_more(len(report.suspects) - MOST)}"
    if report.ceiling is not None and report.ceiling_low is not None and report.ceiling_high is not None:
        yield words.line_of_ceiling(Figure(report.ceiling, report.ceiling_low, report.ceiling_high, share=True))


def _suspect(suspect: Suspect) -> str:
    """Return one gold label that looks wrong."""
    return words.line_of_suspect(
        shown(suspect.item), shown(suspect.gold), (suspect.against, suspect.n_labels), shown(suspect.rival),
        suspect.cause, shown(suspect.origin),
    )  # fmt: skip


def _size(report: GoldReport) -> Iterator[str]:
    """Yield the labels of which there is too little gold."""
    short = [entry for entry in report.adequacy if entry.word != "enough"]
    if report.adequacy and not short:
        yield words.ENOUGH
    for entry in sorted(short, key=lambda entry: entry.n):
        yield words.line_of_size(shown(entry.label), entry.n, entry.word, entry.needed.get("0.10"))
    for covered in report.coverage:
        if covered.kind != "label" and not covered.n_gold:
            yield words.line_without_gold(covered.kind, shown(covered.name), covered.n_items)


def _fairness(report: GoldReport) -> Iterator[str]:
    """Yield whether the gold was made from disputes, and identical texts with different gold."""
    bias = report.bias
    if bias is not None and bias.biased:
        yield words.line_of_bias((bias.disputed_gold, bias.n_gold), (bias.disputed_rest, bias.n_rest))
    for group in report.same_text[:MOST]:
        yield words.line_of_one_text([f"{shown(item)} {shown(label)}" for item, label in group])
