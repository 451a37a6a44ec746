"""Too little to say: few items with more than one answer in play, people never compared, groups without a link."""

from collections.abc import Iterator, Mapping

import numpy as np
from scipy import sparse

from agreement.diagnosis.case import Case
from agreement.diagnosis.contrasts import additive
from agreement.diagnosis.evidence import Evidence, Floats
from agreement.flags import Flag, Rule, Subject
from agreement.rules._parts import regular
from agreement.wording import notes
from agreement.wording import rules as words

FEW_LABELS = 20  # of a unit, up to which shifting is quicker than a product of matrices
FEW_PEOPLE = 5_000  # whose pairs all fit in memory, whether they meet or not


def _met(evidence: Evidence) -> Floats:
    """Return (A, A) the units that both annotators labelled, from rows by unit: each shifted against those after it."""
    n = len(evidence.annotators)
    shared = np.zeros(n * n)
    rows = np.arange(len(evidence.unit))
    for step in range(1, int(evidence.size.max(initial=0))):
        rows = rows[: np.searchsorted(rows, len(evidence.unit) - step)]
        rows = rows[evidence.unit[rows] == evidence.unit[rows + step]]
        pair = evidence.annotator[rows] * n + evidence.annotator[rows + step]
        shared += evidence.count(pair, evidence.unit[rows], n * n)
    table = shared.reshape(n, n)
    np.fill_diagonal(table, 0)
    return table + table.T


def _shared(evidence: Evidence) -> sparse.csr_array:
    """Return (A, A) the units that both annotators labelled."""
    keep, people = evidence.kept, len(evidence.annotators)
    if evidence.people is not None:
        pairs, shared, _ = evidence.people.meetings()
        met = sparse.csr_array((shared, tuple(pairs.T)), shape=(people, people))
        return sparse.csr_array(met + met.T)
    sorted_ = keep.all() and (evidence.unit[1:] >= evidence.unit[:-1]).all()
    if sorted_ and people <= FEW_PEOPLE and evidence.size.max(initial=0) <= FEW_LABELS:
        return sparse.csr_array(_met(evidence))
    given = sparse.csr_matrix(
        (np.ones(int(keep.sum())), (evidence.annotator[keep], evidence.unit[keep])),
        shape=(people, len(evidence.section)),
    )
    many = given if evidence.times is None else given.multiply(evidence.times.each[None, :]).tocsr()
    together = sparse.csr_array(given @ many.T)
    together.setdiag(0)
    return together


def _informative(evidence: Evidence) -> int:
    """Return the units outside the largest cell of full agreement, for labels that are categories."""
    if evidence.label is None:
        return evidence.number(np.nan_to_num(evidence.disagreement) > 0)
    unit, label, given = evidence.label_counts()
    alone = given == evidence.size[unit]
    same = evidence.count(label[alone], unit[alone], max(len(evidence.labels), 1))
    return evidence.number(evidence.compared) - int(same.max(initial=0))


def _check(case: Case, thresholds: Mapping[str, float]) -> Iterator[Flag]:
    """Yield what is too thin."""
    evidence = case.whole
    n = evidence.number(evidence.compared)
    if not n:
        return
    informative = _informative(evidence)
    if informative < thresholds["informative"]:
        told = notes.few_informative(informative, n, none=informative < thresholds["none"])
        yield _note(case, (), told, n, {"informative": informative})
    yield from _links(case, thresholds)
    names = evidence.annotators
    if len(evidence.present) == 2:
        two = tuple(names[a] for a in evidence.present)
        yield _note(case, two, notes.only_two(two, n), n, {"annotators": 2})


def _links(case: Case, thresholds: Mapping[str, float]) -> Iterator[Flag]:
    """Yield the people who are not compared enough, and the groups without a link."""
    evidence = case.whole
    if _all_linked(case, thresholds["min_pair_items"]):
        yield from _never_rotating(case)
        return
    shared, present, names = _shared(evidence), evidence.present, evidence.annotators
    most_shared = shared[present].max(axis=1).toarray().ravel()
    few = [names[a] for a, items in zip(present, most_shared, strict=True) if items < thresholds["min_pair_items"]]
    n = evidence.number(evidence.compared)
    if few:
        told = notes.few_shared(few, int(thresholds["min_pair_items"]), n)
        yield _note(case, tuple(few), told, n, {"most_shared_items": int(most_shared.min())})
    groups, group = sparse.csgraph.connected_components(shared[present][:, present] > 0)
    if groups > 1:
        members = [[names[a] for a in present[group == number]] for number in range(groups)]
        yield _note(case, (), notes.without_link(members, n), n, {"groups": groups})
    else:
        yield from _never_rotating(case)


def _all_linked(case: Case, least: float) -> bool:
    """Return True if the pairs that are listed show already that everybody shares enough with somebody, in one group.

    In a crowd that saves looking at every meeting of two people once more.
    """
    tables, present = case.comparison.contingency, case.whole.present
    if tables is None or case.whole.label is None:
        return False
    enough = tables.pairs[tables.n >= max(least, 1)]
    graph = sparse.coo_matrix((np.ones(len(enough)), tuple(enough.T)), shape=(len(tables.annotators),) * 2)
    group = sparse.csgraph.connected_components(graph, directed=False)[1]
    return bool((group[present] == group[present[:1]]).all()) and len(present) >= 2


def _never_rotating(case: Case) -> Iterator[Flag]:
    """Yield that the same people always meet, so that nobody can be told from the others."""
    evidence = case.whole
    if len(evidence.present) >= 3 and not regular(evidence) and not additive(evidence).identified:
        n = evidence.number(evidence.compared)
        yield _note(case, (), notes.never_rotates(n), n, {"identified": False})


def _note(case: Case, annotators: tuple[str, ...], told: words.Told, n: int, evidence: dict[str, object]) -> Flag:
    """Return one note."""
    subject = Subject(RULE.name, case.layer, annotators=annotators)
    return Flag(RULE.name, "note", subject, *told, "project manager", n=n, evidence=evidence)


RULE = Rule(
    "thin",
    *words.THIN,
    {"informative": 10, "none": 4, "min_pair_items": 30},
    92,
    _check,
)
