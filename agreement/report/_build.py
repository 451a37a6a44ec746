"""An audit to the model of its page: what is shown of it, in which order, and what is too much for one page."""

import base64
import hashlib
import os
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from agreement._files import read_regular
from agreement.checks.criteria import Check, verdict
from agreement.errors import OutputError
from agreement.flags import Flag
from agreement.records import content_hash
from agreement.report._context import CAUSES, share_of
from agreement.report._gold import gold_views, with_gold
from agreement.report._headlines import SHARES, is_about, urgency
from agreement.report._hierarchy import path_views
from agreement.report._layer import layer_view
from agreement.report._models import model_layers
from agreement.report._queue import disputed, queue
from agreement.report._ranking import ranking_views
from agreement.report._scored import scored_views
from agreement.report._slices import slice_tables
from agreement.report._slugs import Slugs, slug
from agreement.report._structures import link_views
from agreement.report._trend import trend_views
from agreement.report.model import Action, CheckRow, LayerView, Link, ReportModel
from agreement.rounds.comparing import rounds_within
from agreement.settings import package_version
from agreement.slices import slice_columns
from agreement.wording import (
    Figure,
    count,
    decimal,
    digits_for,
    listed,
    percent,
    plural,
    shortened,
)
from agreement.wording import page as words
from agreement.wording.findings import action_title, failure, overall

if TYPE_CHECKING:
    from agreement.pipeline import Audit

ACTIONS_MOST = 7
# failing checks that the sentence under the verdict names, and those that give the headline number
LEDE_CHECKS = 2
HEADLINE_CHECKS = ("f1_item", "f1_span")
EVIDENCE = {
    "f1_item": "classes", "f1_span": "classes", "f1_token": "classes", "class_f1": "classes", "kappa": "people",
    "pair_confusion": "guideline", "annotator": "people", "gold": "gold",
    "labels": "classes", "sections": "guideline",
}  # fmt: skip
# what the n of a check counts, where that is not items
CHECK_UNITS = {"f1_span": "span", "f1_token": "token", "class_f1": "label", "gold": "gold label"}
FLAG_EVIDENCE = {"label": "classes", "label_pair": "guideline", "section": "guideline", "gold_item": "gold"}
MOST_LOGO = 1 << 24
LONGEST_EPOCH = 11  # digits of the seconds to the year 5138
LOGO_TYPES = {".png": "image/png", ".svg": "image/svg+xml", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}


def build(audit: "Audit", most: int) -> ReportModel:
    """Return the model of the page of *audit* with at most *most* items embedded."""
    slugs, report = Slugs(), audit.settings.report
    found = [disputed(audit.annotations, comparison) for comparison in audit.comparisons]
    by = slice_columns(audit.annotations, report.by)
    shares = _shares([one.to_list for one in found], most)
    queues = [
        queue(audit.annotations, comparison, one, mine, with_text=report.text, slices=by)
        for comparison, one, mine in zip(audit.comparisons, found, shares, strict=True)
    ]
    changes = rounds_within(audit.annotations, audit.settings, comparisons=audit.comparisons)
    steps = {change.layer: change for change in changes}  # the last one of each layer
    # layers take turns: a page that must be cut loses the last items of each, not all of one
    cards = [card for turn in zip_longest(*queues) for card in turn if card is not None]
    layers = tuple(
        layer_view(audit, comparison, one, cards, slugs, steps.get(comparison.layer.name))
        for comparison, one in zip(audit.comparisons, found, strict=True)
    )
    golds, found_of_gold = gold_views(audit, cards)
    layers = tuple(with_gold(layer, found_of_gold) for layer in layers)
    source = audit.annotations.reading.source_sha256 or content_hash(audit.annotations)
    title = report.title or words.UNTITLED
    actions = _actions(audit, layers, slugs)
    return ReportModel(
        title=title,
        date=_date(report.date),
        logo=_logo(report.logo),
        report_id=f"{slug(title) or 'report'}-{_short_hash(source, audit.settings.signature())}",
        source=source,
        signature=audit.settings.signature(),
        version=package_version(),
        verdict=verdict(audit.checks),
        reason=_reason(layers, audit.checks),
        facts=_facts(audit, layers),
        checks=tuple(_check_row(check, audit, layers) for check in audit.checks),
        actions=actions[:ACTIONS_MOST],
        actions_left=max(len(actions) - ACTIONS_MOST, 0),
        layers=layers,
        cards=tuple(cards),
        disputes=sum(one.total for one in found),
        to_discuss=sum(one.to_discuss for one in found),
        to_list=sum(one.to_list for one in found),
        reading=audit.annotations.reading,
        settings=audit.settings,
        with_text=report.text,
        anonymised=report.anonymise,
        guideline=audit.annotations.guidelines.source,
        section_names={
            section: audit.annotations.guidelines.name(section)
            for section in sorted({card.section for card in cards if card.section})
        },
        rounds=_rounds(audit),
        trends=trend_views(audit, changes),
        golds=golds,
        models=model_layers(audit),
        slices=slice_tables(audit, cards),
        scored=scored_views(audit),
        links=link_views(audit),
        paths=path_views(audit),
        rankings=ranking_views(audit),
        label_sets={one.layer.name: shortened(one.layer.labels) for one in audit.comparisons},
    )


def _rounds(audit: "Audit") -> tuple[str, ...]:
    """Return the names of the rounds, those without an item at hand too."""
    of_units = (one.units.rounds for one in audit.comparisons if one.units is not None)
    of_table = map(str, audit.annotations.table["round"].cat.categories)
    return tuple(sorted({name for names in (of_table, *of_units) for name in names if name}))


def _shares(totals: list[int], most: int) -> list[int]:
    """Return how many of *most* items each layer embeds: equal parts, what one does not need goes to the others."""
    given = [0] * len(totals)
    left = most
    for rank, number in enumerate(sorted(range(len(totals)), key=totals.__getitem__)):
        given[number] = min(max(totals[number], 25), left // (len(totals) - rank))
        left -= given[number]
    return given


def _short_hash(source: str, signature: str) -> str:
    """Return 8 hex digits of the content and of every choice that changes a number."""
    return hashlib.sha256(f"{source}|{signature}".encode()).hexdigest()[:8]


def _date(given: str | None) -> str:
    """Return the date to print: the one given, that of SOURCE_DATE_EPOCH, or none; never the clock's."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if given is None and epoch.isdecimal() and len(epoch) <= LONGEST_EPOCH:
        return datetime.fromtimestamp(int(epoch), tz=UTC).date().isoformat()
    return given or ""


def _logo(path: str | None) -> str:
    """Return the logo as a data address, empty without one.

    Raises
    ------
    OutputError
        If it is not a picture that browsers show.
    InputError
        If it can't be read.
    """
    if path is None:
        return ""
    kind = LOGO_TYPES.get(Path(path).suffix.lower())
    if kind is None:
        raise OutputError(f"report.logo: {path} is not one of {', '.join(LOGO_TYPES)}.")
    content = read_regular(Path(path), f"report.logo, {path}", MOST_LOGO)
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def _reason(layers: tuple[LayerView, ...], checks: Sequence[Check]) -> str:
    """Return the one-sentence reason under the verdict: how well annotators agree, on the weakest and best layer.

    Nothing where a failing check, which stands before it, gives that number.
    """
    failing = [check for check in checks if check.result == "fail"]
    if failing and (len(layers) > 1 or any(check.name in HEADLINE_CHECKS for check in failing[:LEDE_CHECKS])):
        return ""
    leading = []
    for layer in layers:
        first = next((line for line in layer.headlines if line.figure.value is not None), None)
        if first is not None:
            leading.append((first.figure.value or 0.0, layer.name, first))
    if not leading:
        return words.NO_MEASURE
    if len(layers) == 1:
        _, _, only = leading[0]
        return overall(only.band, only.title, only.figure)
    ends = [min(leading, key=lambda entry: entry[:2]), max(leading, key=lambda entry: entry[:2])]
    said = [
        f"{name} ({line.band + ', ' if line.band else ''}{line.title} {line.figure.sentence})" for _, name, line in ends
    ]
    return words.layers_from(len(layers), *said)


def _facts(audit: "Audit", layers: tuple[LayerView, ...]) -> tuple[tuple[str, str], ...]:
    """Return what was audited, as the short list beside the verdict."""
    annotations, totals = audit.annotations, audit.annotations.totals
    n_items, n_annotations = len(annotations.items), len(annotations.table)
    if totals is not None:
        n_items, n_annotations = totals.items, totals.annotations
    kinds = Counter(annotations.annotators["kind"])
    people = [plural(kinds[kind], kind) for kind in ("human", "model") if kinds[kind]]
    facts = [
        (words.ITEMS, count(n_items)),
        (words.ANNOTATORS, f"{count(len(annotations.compared))}" + (f" ({listed(people)})" if len(people) > 1 else "")),
        (words.ANNOTATIONS, count(n_annotations)),
    ]
    if len(layers) > 1:
        facts.append((words.LAYERS, listed([layer.name for layer in layers], most=4)))
    else:
        facts += [
            (words.CLASSES, count(len(annotations.layers[layer.name].labels))) for layer in layers if layer.classes
        ]
    hits, units = (sum(part) for part in zip(*((one.disputes.hits or 0, one.n_units) for one in layers), strict=True))
    facts.append((words.IN_DISPUTE, f"{count(hits)} of {count(units)}" + (words.TOGETHER if len(layers) > 1 else "")))
    gold = sum(layer.gold_items for layer in layers)
    if gold:
        facts.append((words.GOLD_ITEMS, count(gold)))
    return tuple(facts)


def _check_row(check: Check, audit: "Audit", layers: tuple[LayerView, ...]) -> CheckRow:
    """Return a release check with its figure, printed as precisely as its limit demands."""
    subject = check.subject
    for label, short in shortened(audit.annotations.layers[check.layer].labels).items():
        subject = subject.replace(label, short) if label != short else subject
    share = check.name in SHARES
    sets = audit.annotations.layers[check.layer].kind == "labels" and check.name == "f1_item"
    unit = "label" if sets else CHECK_UNITS.get(check.name, "item")
    digits = digits_for(check.limit, (check.value, check.low, check.high))
    figure = Figure(
        check.value, check.low, check.high, check.n, unit, share=share, digits=digits, points=check.name == "annotator",
        confidence=audit.settings.measures.confidence,
        reason="" if check.value is not None else check.settle or check.meaning,
    )  # fmt: skip
    limit = ""
    if check.limit is not None:
        shown = f"{percent(check.limit)}%" if share else decimal(check.limit, digits)
        limit = words.limit(shown, at_least=check.at_least)
    several = check.layer if len(layers) > 1 else ""
    said = failure(check.name, check.title, subject.replace(" / ", " and "), figure, limit, several)
    return CheckRow(check, subject, figure, limit, said, _anchor(EVIDENCE.get(check.name, "method"), layers))


def _anchor(wanted: str, layers: tuple[LayerView, ...]) -> str:
    """Return the section that holds the evidence, or where it says why there is none."""
    present = {
        "guideline": any(layer.sections or layer.pairs or layer.section_flags for layer in layers),
        "classes": any(layer.classes for layer in layers),
        "gold": any(layer.gold_items for layer in layers),
    }
    return wanted if present.get(wanted, True) else "method"


def _actions(audit: "Audit", layers: tuple[LayerView, ...], slugs: Slugs) -> tuple[Action, ...]:
    """Return what to do in the order of urgency, gold labels as one."""
    causes = [flag for layer in layers for flag in layer.flags if flag.verdict in CAUSES]
    gold = [flag for flag in causes if flag.rule == "gold_item"]
    causes = [flag for flag in causes if flag.rule != "gold_item"] + gold[:1]

    ordered = sorted(causes, key=urgency(audit.checks))
    return tuple(_action(audit, flag, len(gold), layers, slugs) for flag in ordered)


def _action(audit: "Audit", flag: Flag, n_gold: int, layers: tuple[LayerView, ...], slugs: Slugs) -> Action:
    """Return one action."""
    subject, guidelines = flag.subject, audit.annotations.guidelines
    shown = shortened(audit.annotations.layers[subject.layer].labels)
    body, advice = flag.message, flag.advice
    title = action_title(
        flag.rule,
        annotator=subject.annotator or listed(subject.annotators),
        annotators=subject.annotators,
        section=guidelines.name(subject.section) if subject.section else "",
        label=shown.get(subject.label or "", subject.label or ""),
        labels=tuple(shown.get(label, label) for label in sorted(subject.labels)),
        item=subject.item or "",
    )
    if flag.rule == "gold_item" and n_gold > 1:
        of_all = next((layer.gold_items for layer in layers if layer.name == subject.layer), n_gold)
        share = share_of(n_gold, of_all, "gold label", audit.settings.measures.confidence)
        title, body, advice = words.reread(n_gold), words.contradicted(share), words.READ_GOLD
    effect = None
    total = next((layer.disputes.hits or 0 for layer in layers if layer.name == subject.layer), 0)
    if flag.disputes is not None and flag.share_of_disputes is not None and total:
        effect = Figure(flag.share_of_disputes, n=total, unit="dispute", share=True, hits=flag.disputes)
    anchor = FLAG_EVIDENCE.get(flag.rule, "people" if subject.annotator or subject.annotators else "guideline")
    link = Link(f"#{_anchor(anchor, layers)}")
    if subject.annotator:
        link = Link("#" + slugs("annotator", subject.annotator))
    return Action(
        title, body, advice, flag.owner, flag.verdict != "confirmed", link, effect,
        subject.layer if len(layers) > 1 else "",
        any(check.result == "fail" and is_about(check, flag) for check in audit.checks),
    )  # fmt: skip
