"""What is said about findings: what fails, what to do, what is seen about whom, where disagreement comes from."""

# ruff: noqa: RUF002 - the en dash is what a page prints

from collections.abc import Sequence

from agreement.wording.numbers import Figure, listed, lowered, percent, plural
from agreement.wording.rules import SLIPS, about

FAILURES = {
    "annotator": "{subject} differs from all colleagues",
    "kappa": "agreement beyond chance is too low",
    "f1_item": "two annotators agree too little",
    "f1_span": "exact spans agree too little",
    "f1_token": "marked words agree too little",
    "class_f1": "the class {subject} is unreliable",
    "labels": "the class {subject} is unreliable",
    "sections": "section {subject} is unreliable",
    "pair_confusion": "{subject} are mixed up",
    "gold": "many gold labels are contradicted",
}


def failure(name: str, title: str, subject: str, figure: Figure, limit: str, layer: str = "") -> str:
    """Return what fails, with its figure and limit, for the middle of a sentence; *layer* where there are several.

    Examples
    --------
    >>> failure("class_f1", "F1 of every class", "Refund", Figure(0.4, 0.3, 0.45, 90), "at least 0.50")
    'the class Refund is unreliable (0.40, 95% CI 0.30–0.45, 90 items; at least 0.50 is asked for)'
    >>> failure("kappa", "Agreement beyond chance", "", Figure(None, reason="no pair"), "", "topic")
    'agreement beyond chance is too low on topic'
    """
    said = FAILURES.get(name, lowered(title)).format(subject=subject) + (f" on {layer}" if layer else "")
    if figure.value is None:
        return said
    measured = figure.sentence
    if figure.points:
        measured = measured.replace(figure.text, f"{figure.text} more disagreement")
    return f"{said} ({measured}{f'; {limit} is asked for' if limit else ''})"


def overall(band: str, title: str, figure: Figure) -> str:
    """Return how well annotators agree on the whole.

    Examples
    --------
    >>> overall("strong", "Macro F1", Figure(0.75, 0.73, 0.77, 600))
    'Overall agreement is strong: Macro F1 0.75, 95% CI 0.73–0.77, 600 items.'
    """
    return f"Overall agreement is {band}: {title} {figure.sentence}." if band else f"Overall {title} {figure.sentence}."


SEEN = {
    "annotator": "Differs from colleagues throughout: {points} more disagreement {interval}.",
    "span_annotator": "Marks other spans than colleagues: {points} more disagreement {interval}.",
    "annotator_section": "Another reading of section {section}, as others elsewhere: {points} {interval}.",
    "drift": "Changes over time: {points} {interval}.",
    "copy": "Together with {others}: see above.",
    "camps": "Reads like {others}; another group reads differently: see above.",
}


def seen(
    rule: str, *, name: str, effect: Figure, section: str, annotators: Sequence[str], camps: Sequence[Sequence[str]]
) -> str:
    """Return what the diagnosis sees about one annotator, in a row of the table under the whole message.

    Examples
    --------
    >>> two = (("Ana", "Cy"), ("Ben", "Di"))
    >>> seen("camps", name="Ben", effect=Figure(0.09), section="", annotators=("Ana", "Ben", "Cy", "Di"), camps=two)
    'Reads like Di; another group reads differently: see above.'
    """
    mine = next((camp for camp in camps if name in camp), annotators) if rule == "camps" else annotators
    others = [other for other in mine if other != name]
    if rule == "camps" and not others:
        return "Reads differently from the others: see above."
    interval = f"({percent(effect.confidence)}% CI {effect.interval}, n {plural(effect.n, effect.unit)})"
    return SEEN.get(rule, "See above.").format(
        points=effect.text, interval=interval, section=section, others=listed(others, most=4)
    )


ACTIONS = {
    "annotator": "Hold a calibration session with {annotator}",
    "annotator_section": "Talk with {annotator} about section {section}",
    "section": "Rewrite section {section}",
    "label_pair": "Settle {labels}",
    "label": "Define {label} more sharply",
    "copy": "Find out why {annotators} make the same mistakes",
    "camps": "Choose between the readings of two groups",
    "drift": "Compare early and late work with {annotator}",
    "gold_item": "Re-read the gold label of {item}",
    "round_change": "Look at what changed between rounds",
    "span_boundary": "Write a rule for the edges of {label}",
    "span_label_pair": "Settle {labels}",
    "span_annotator": "Hold a calibration session with {annotator}",
}


def action_title(
    kind: str, *, annotator: str, annotators: Sequence[str], section: str, label: str, labels: Sequence[str], item: str
) -> str:
    """Return the heading of what to do about a finding of this *kind*.

    Examples
    --------
    >>> blank = {"annotator": "", "annotators": (), "section": "", "label": "", "item": ""}
    >>> action_title("label_pair", labels=("Billing", "Refund"), **blank)
    'Settle Billing vs. Refund'
    """
    title = ACTIONS.get(kind, "Look into {kind}")
    if kind == "label_pair" and not labels:
        title = "Look into {kind}"
    return title.format(
        kind=kind.replace("_", " "),
        annotator=annotator,
        annotators=listed(annotators),
        section=section,
        label=label,
        labels=" vs. ".join(labels),
        item=item,
    )


SPANS_DIFFER = {
    "nothing": "Nothing was marked by anybody.",
    "agree": "They agree on what and where.",
    "edges": "They agree on what and roughly where; the edges differ.",
    "labels": "They agree where; the label differs.",
    "presence": "They disagree on whether there is something to mark at all.",
    "mixed": "No single kind of difference prevails: edges, labels and what is worth marking all differ.",
}


LEFT = 0.025  # less than this rounds to nothing


def budget(shares: Sequence[tuple[str, float]]) -> str:
    """Return where the disagreement comes from, as one line a meeting needs; *shares* are in steps of 5 points.

    Examples
    --------
    >>> budget([("section C3", 0.3), ("Ana", 0.2)])
    'Of the disagreement, about 30% is section C3 and about 20% is Ana; the rest, about 50%, is slips and hard items.'
    >>> budget([("section C3", 0.6), ("Ana", 0.4)])
    'Of the disagreement, about 60% is section C3 and about 40% is Ana; hardly anything is left.'
    """
    parts = [f"{about(share)} is {name}" for name, share in shares]
    left = 1 - sum(share for _, share in shares)
    rest = f"the rest, {about(left)}, is {SLIPS}" if left >= LEFT else "hardly anything is left"
    return f"Of the disagreement, {listed(parts)}; {rest}." if parts else ""
