"""Rounds: what changed between two rounds of labelling, overall, by label, by section and by confused pair.

Differences, never overlaps of intervals, decide: "better" or "worse" if the interval of the difference leaves out 0.
Labels, sections and pairs are families: their p values are adjusted (Benjamini & Hochberg 1995) and their intervals
widened to match (false coverage rate; Benjamini & Yekutieli 2005, JASA 100), so that word and interval agree.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from agreement.annotations import Annotations
from agreement.comparison import Comparison
from agreement.errors import InputError, Problem
from agreement.rounds.changes import Change, Judge, Judged, Word, adjusted_family, judge_of
from agreement.rounds.profiles import from_profile
from agreement.rounds.snapshots import NUMBERED, Snapshot, of_annotators, snapshot, with_labels
from agreement.rounds.split import by_round
from agreement.rounds.values import (
    agreement_value,
    alpha_value,
    confusion_value,
    f1_value,
    kappa_value,
    label_kappa,
    label_table,
    mixed_value,
    standard_mix,
)  # fmt: skip
from agreement.settings import Settings
from agreement.uncertainty.influence import Ints
from agreement.wording import listed
from agreement.wording import measures as titles
from agreement.wording import rounds as words

MOST_NAMED = 8
MIN_UNITS = 20  # units with the label, pair or section in each round from which a change of it is tested
MIN_LABELS = 30  # labels from which a label enters macro F1
MOST_PAIRS = 30  # confused pairs compared, the most confused first
AGREEMENT = {
    "category": ("percent_agreement", titles.AGREEMENT),
    "spans": ("span_f1.strict", titles.SPAN_F1),
}


@dataclass(frozen=True, slots=True)
class LayerChange:
    """What changed on one layer between two rounds.

    Parameters
    ----------
    layer, kind, before, after
        Which layer, and the names of the rounds.
    n_before, n_after, n_both
        Units of the rounds, and how many items are in both.
    pairing
        ``paired``, ``partly paired`` or ``unpaired``.
    annotators_before, annotators_after, annotators_used
        Who labelled when, and whose labels are compared.
    clusters
        Documents that are taken as independent; 0 when items are.
    overall, by_label, by_section, by_pair
        The changes.
    notes
        What a reader must know: annotators left out, labels that are in one round only.
    """

    layer: str
    kind: str
    before: str
    after: str
    n_before: int
    n_after: int
    n_both: int
    pairing: str
    annotators_before: tuple[str, ...]
    annotators_after: tuple[str, ...]
    annotators_used: tuple[str, ...]
    clusters: int
    overall: tuple[Change, ...]
    by_label: tuple[Change, ...] = ()
    by_section: tuple[Change, ...] = ()
    by_pair: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def word(self) -> Word:
        """The verdict on the whole layer: that of its first overall change that has a value."""
        return next((change.word for change in self.overall if not change.undefined), "can't tell yet")

    def to_dict(self) -> dict[str, Any]:
        """Return the changes as JSON-able values."""
        values = {name: getattr(self, name) for name in _PLAIN}
        for name in ("annotators_before", "annotators_after", "annotators_used", "notes"):
            values[name] = list(getattr(self, name))
        for name in ("overall", "by_label", "by_section", "by_pair"):
            values[name] = [change.to_dict() for change in getattr(self, name)]
        return values


_PLAIN = ("layer", "kind", "before", "after", "n_before", "n_after", "n_both", "pairing", "clusters", "word")
Source = Annotations | Mapping[str, Any]


def compare_rounds(
    before: Source, after: Source, settings: Settings | None = None, names: tuple[str, str] = ("before", "after")
) -> tuple[LayerChange, ...]:
    """Return what changed from *before* to *after*, a change per layer that both have.

    Parameters
    ----------
    before, after
        Annotations, or the JSON of an audit (schema ``agreement-audit/1``) read into a dictionary.
    settings
        Confidence and the shared items a pair needs.
    names
        What the two are called.

    Raises
    ------
    InputError
        If a profile can't be read, or the rounds of a layer have no label in common.
    """
    settings = settings or Settings()
    earlier, later = (
        {taken.layer: _apart(taken, side) for taken in _snapshots(source, settings, name)}
        for source, name, side in zip((before, after), names, ("1", "2"), strict=True)
    )
    common = sorted(earlier.keys() & later)
    if problems := [
        _different(earlier[layer], later[layer]) for layer in common if _no_label(earlier[layer], later[layer])
    ]:
        raise InputError(problems)
    return tuple(change_between(earlier[layer], later[layer], settings) for layer in common)


def _no_label(before: Snapshot, after: Snapshot) -> bool:
    """Return True if the rounds have no label in common: then they answer two questions."""
    return before.kind != "number" and not set(before.labels) & set(after.labels)


def _apart(taken: Snapshot, side: str) -> Snapshot:
    """Return the round with items that only it numbers told apart from those of the other *side*."""
    if not any(name.startswith(NUMBERED) for name in taken.item):
        return taken
    names = [f"{side}{name}" if name.startswith(NUMBERED) else name for name in taken.item]
    return replace(taken, item=np.array(names, dtype=object))


def _different(before: Snapshot, after: Snapshot) -> Problem:
    """Return that two rounds have no label in common."""
    labels = [f"{listed(list(taken.labels), most=MOST_NAMED)} in {taken.name}" for taken in (before, after)]
    return Problem(
        f"layer {before.layer}", f"no label is in both: {'; '.join(labels)}.",
        "Compare rounds of the same question; map renamed labels with [labels.aliases].",
    )  # fmt: skip


def rounds_within(
    annotations: Annotations, settings: Settings | None = None, layers: Iterable[str] = (), *, brief: bool = False,
    comparisons: Sequence[Comparison] = (),
) -> tuple[LayerChange, ...]:  # fmt: skip
    """Return what changed from each round of *annotations* to the next, layer by layer; empty with one round.

    Rounds are those that the data name, else the times between revisions of the guideline. *brief* leaves out all but
    the agreement of sections, or of the whole layer where there are none. *comparisons* of the annotations hold units
    that need not be made anew, or can't be, where the annotations are those of a few listed items.
    """
    settings = settings or Settings()
    known = {comparison.layer.name: comparison for comparison in comparisons}
    found = []
    for layer in layers or sorted(annotations.layers):
        taken = by_round(annotations, layer, settings.measures.min_pair_items, known.get(layer))
        found += [change_between(a, b, settings, brief=brief) for a, b in pairwise(taken)]
    return tuple(found)


def _snapshots(source: Source, settings: Settings, name: str) -> list[Snapshot]:
    """Return the snapshots of all layers of *source* that can be compared."""
    least = settings.measures.min_pair_items
    if isinstance(source, Annotations):
        made = [snapshot(source, layer, least, name) for layer in sorted(source.layers)]
    else:
        made = [from_profile(profile, least, name) for profile in source.get("profiles", ())]
    return [taken for taken in made if taken is not None and taken.n_units]


def change_between(before: Snapshot, after: Snapshot, settings: Settings, *, brief: bool = False) -> LayerChange:
    """Return what changed from snapshot *before* to snapshot *after* of one layer."""
    notes: list[str] = []
    who = (before.annotators, after.annotators)
    before, after = _same_annotators(before, after, settings, notes)
    before, after = _same_labels(before, after, notes)
    judge, clusters = judge_of(before, after, settings.measures.confidence)
    n_both = judge.n_both
    pairing = "unpaired"
    if n_both:
        pairing = "paired" if n_both == _items(before) == _items(after) else "partly paired"
    if max(before.inflation, after.inflation) > 1:
        notes.append(words.ONLY_COUNTS)
    elif any(NUMBERED in name[1:] for taken in (before, after) for name in taken.item[:1]):
        notes.append(words.ITEMS_KEPT_ONCE)  # numbered by one round for itself
    if not all(taken.found is None or taken.has_pairs for taken in (before, after)):
        notes.append(words.NO_KAPPAS)
    done = LayerChange(
        before.layer, before.kind, before.name, after.name, before.size, after.size, n_both, pairing, *who,
        tuple(name for name in before.annotators if name in after.annotators), clusters, (), notes=tuple(notes),
    )  # fmt: skip
    if brief:
        sections = _by_section(judge, brief=True)
        whole = () if sections else tuple(judged.change for judged in _agreement(judge))
        return replace(done, overall=whole, by_section=sections)
    return replace(
        done, overall=tuple(judged.change for judged in _overall(judge)), by_label=_by_label(judge),
        by_section=_by_section(judge), by_pair=_by_pair(judge),
    )  # fmt: skip


def _same_annotators(
    before: Snapshot, after: Snapshot, settings: Settings, notes: list[str]
) -> tuple[Snapshot, Snapshot]:
    """Return the rounds by the annotators of both, if there are two; a change of people is no change of guideline."""
    common = frozenset(before.annotators) & frozenset(after.annotators)
    apart = sorted((frozenset(before.annotators) | frozenset(after.annotators)) - common)
    if not apart:
        return before, after
    narrowed = [before, after]
    if len(common) >= 2 and before.units is not None and after.units is not None:
        narrowed = [of_annotators(taken, common, settings.measures.min_pair_items) for taken in narrowed]
        if all(taken.possible.sum() > 0 for taken in narrowed):
            notes.append(words.left_out(apart))
            return narrowed[0], narrowed[1]
    notes.append(words.other_annotators(apart))
    return before, after


def _same_labels(before: Snapshot, after: Snapshot, notes: list[str]) -> tuple[Snapshot, Snapshot]:
    """Return the rounds with one label set, and note the labels that only one of them declares."""
    if before.labels == after.labels:
        return before, after
    names = before.labels + tuple(label for label in after.labels if label not in before.labels)
    for one, other in ((before, after), (after, before)):
        gone = [label for label in one.labels if label not in other.labels]
        if gone and one.kind != "number":
            notes.append(words.only_in(one.name, gone))
    return with_labels(before, names), with_labels(after, names)


def _overall(judge: Judge) -> Iterator[Judged]:
    """Yield the changes of the whole layer, the headline first."""
    kind = judge.before.kind
    if kind == "number":
        yield judge.change("krippendorff_alpha.interval", titles.ALPHA_INTERVAL, alpha_value)
        return
    yield from _beyond_chance(judge)
    yield from _agreement(judge)
    given = np.array([_labels_given(taken) for taken in judge.sides])
    enough = (given >= MIN_LABELS).all(axis=0)
    if enough.any():
        title = words.macro_f1(int(enough.sum()), int(given.any(axis=0).sum()))
        yield judge.change("f1_macro", title, mixed_value(enough / enough.sum()))


def _agreement(judge: Judge) -> Iterator[Judged]:
    """Yield the change of percent agreement (spans: F1 over all labels), as it is and at one label mix."""
    kind = judge.before.kind
    if kind in ("number", "labels"):
        return
    name, title = AGREEMENT.get(kind, AGREEMENT["category"])
    yield judge.change(name, title, agreement_value)
    yield judge.change(f"{name}.standardised", words.at_one_mix(title), mixed_value(standard_mix(judge.sides)))


def _beyond_chance(judge: Judge) -> Iterator[Judged]:
    """Yield the changes of kappa and alpha, which layers of one label an item have."""
    with_pairs = all(taken.has_pairs for taken in judge.sides)
    if judge.before.kind == "ordinal":
        if with_pairs:
            yield judge.change("kappa_mean.quadratic", titles.WEIGHTED, kappa_value)
        yield judge.change("krippendorff_alpha.ordinal", titles.ALPHA_ORDINAL, alpha_value)
    if judge.before.kind == "category":
        if with_pairs:
            yield judge.change("kappa_mean", titles.COHEN, kappa_value)
        yield judge.change("krippendorff_alpha.nominal", titles.ALPHA, alpha_value)


def _items(taken: Snapshot) -> int:
    """Return how many different items there are in a round; an item has several units where rounds are one snapshot."""
    if taken.times is None:
        return len(set(taken.item))
    return sum(dict(zip(taken.item.tolist(), taken.times.tolist(), strict=True)).values())


def _labels_given(taken: Snapshot) -> Ints:
    """Return (K,) how often each label was given; for spans and label sets, on how many units."""
    return taken.count(taken.possible > 0) if taken.counts is None else taken.total(taken.counts)


def _by_label(judge: Judge) -> tuple[Change, ...]:
    """Return the change of each label's pooled F1 and kappa, where both rounds have enough units with it."""
    if judge.before.kind == "number":
        return ()
    f1, kappa = [], []
    for code, label in enumerate(judge.before.labels):
        if min(int(taken.count(taken.possible[:, code] > 0)) for taken in judge.sides) >= MIN_UNITS:
            f1.append(judge.change("f1", titles.F1, f1_value(code), label=label))
            if all(taken.has_pairs for taken in judge.sides):
                kappa.append(judge.change("kappa_mean", titles.KAPPA_OF_LABEL, label_kappa(code), label=label))
    # one family: with one for each measure, a label would have two chances of a false alarm
    return adjusted_family([*f1, *kappa])


def _by_section(judge: Judge, *, brief: bool = False) -> tuple[Change, ...]:
    """Return the change of each section's agreement, kappa and alpha, where both rounds have enough units in it.

    Agreement is taken at one label mix, so that a round with easier labels is no better for it.
    """
    if judge.before.kind == "number":
        return ()
    name = AGREEMENT.get(judge.before.kind, AGREEMENT["category"])[0]
    agreement, rest = [], []
    for section in sorted(set(judge.before.sections) & set(judge.after.sections)):
        inside = judge.inside(section)
        if min(int(taken.count(taken.possible.sum(axis=1) > 0)) for taken in inside.sides) >= MIN_UNITS:
            value = mixed_value(standard_mix(inside.sides))
            agreement.append(inside.change(f"{name}.standardised", words.ONE_MIX, value))
            rest += [] if brief else list(_beyond_chance(inside))
    return adjusted_family([*agreement, *rest])


def _by_pair(judge: Judge) -> tuple[Change, ...]:
    """Return the change of each confused label pair, the most confused first."""
    if judge.before.found is None or judge.after.found is None or judge.before.kind == "number":
        return ()
    k = len(judge.before.labels)
    tables = [label_table(taken) for taken in judge.sides]
    totals = [table.sum(axis=1) for table in tables]
    pooled, uses = tables[0] + tables[1], totals[0] + totals[1]
    either = uses[:, None] + uses[None, :] - pooled
    share = np.divide(pooled, either, out=np.zeros((k, k)), where=either > 0)
    first, second = np.triu_indices(k, 1)
    found = []
    for place in np.argsort(-share[first, second], kind="stable")[:MOST_PAIRS].tolist():
        c, d = int(first[place]), int(second[place])
        if share[c, d] > 0 and min(total[c] + total[d] for total in totals) >= MIN_UNITS:
            names = tuple(sorted((judge.before.labels[c], judge.before.labels[d])))
            found.append(
                judge.change("pair_confusion", "Confused", confusion_value(c, d), higher_is_better=False, labels=names)
            )
    return adjusted_family(found)
