"""Relations, coreference, ranked lists, slices and paths recomputed with plain loops and exact fractions."""

from collections import Counter
from fractions import Fraction
from itertools import combinations, permutations, product

import numpy as np
import pandas as pd
import pytest

from agreement import Settings
from agreement.comparison import compare
from agreement.loaders import load_frame
from agreement.slices import slices
from agreement.structures.coreference import MEASURES, coreference, coreference_parts
from agreement.structures.ranking import rankings
from agreement.structures.relations import Argument, Relation, relation_f1
from agreement.structures.relevance import at_k


def close(found, expected):
    return found is None if expected is None else found is not None and abs(found - float(expected)) < 1e-9


def f1_of(hits, known, given, slow):
    return slow.ratio(hits, given), slow.ratio(hits, known), slow.ratio(2 * hits, known + given)


# ---- relations


def random_relations(rng, documents):
    """Return relations of one annotator over few spans, so that many are alike."""
    spans = [(start, start + length) for start in (0, 3, 5) for length in (2, 4)]

    def argument():
        start, end = spans[rng.integers(len(spans))]
        return Argument("AB"[rng.integers(2)], start, end)

    return [
        [Relation("rs"[rng.integers(2)], argument(), argument()) for _ in range(rng.integers(4))]
        for _ in range(documents)
    ]


def best_matchings(given, known, least):
    """Return every best one-to-one matching of arguments: by summed overlap, equal ones before all others."""

    def worth(one, other):
        inside = min(one.end, other.end) - max(one.start, other.start)
        either = max(one.end, other.end) - min(one.start, other.start)
        overlap = Fraction(max(inside, 0), either)
        if one.label != other.label or overlap < least or overlap == 0:
            return None
        return overlap + (len(given) + len(known) if overlap == 1 else 0)

    found = []
    for chosen in product([None, *known], repeat=len(given)):
        used = [one for one in chosen if one is not None]
        if len(set(used)) < len(used):
            continue
        values = [worth(one, other) for one, other in zip(given, chosen, strict=True) if other is not None]
        if None not in values:
            pairs = {one: other for one, other in zip(given, chosen, strict=True) if other is not None}
            found.append((sum(values, Fraction(0)), pairs))
    most = max(value for value, _ in found)
    return [pairs for value, pairs in found if value == most]


def arguments(relations):
    return sorted({side for one in relations for side in (one.head, one.tail)}, key=repr)


@pytest.mark.parametrize("least", [None, 0.4])
def test_relations(least, slow):
    rng = np.random.default_rng(1)
    for _ in range(1500 if least is None else 300):
        documents = int(rng.integers(1, 3))
        mine, theirs = random_relations(rng, documents), random_relations(rng, documents)
        possible = {0}
        for known, given in zip(map(set, mine), map(set, theirs), strict=True):
            if least is None:
                hits = {sum(one == other for one in known for other in given)}
            else:
                hits = set()
                for pairs in best_matchings(arguments(given), arguments(known), Fraction(2, 5)):
                    moved = {
                        Relation(one.label, pairs.get(one.head, one.head), pairs.get(one.tail, one.tail))
                        for one in given
                    }
                    hits.add(sum(one in known for one in moved))
            possible = {before + now for before in possible for now in hits}
        n_known, n_given = (sum(len(set(one)) for one in side) for side in (mine, theirs))
        found = relation_f1(mine, theirs, least_overlap=least)
        assert found.hits in possible
        assert (found.n_reference, found.n_other) == (n_known, n_given)
        expected = f1_of(found.hits, n_known, n_given, slow)
        assert all(map(close, (found.precision, found.recall, found.f1), expected))


# ---- coreference


def random_entities(rng, mentions):
    """Return a partition of some of the *mentions*."""
    kept = [mention for mention in mentions if rng.random() < 0.8]
    label = rng.integers(0, max(len(kept) // 2, 1), len(kept))
    return [{m for m, x in zip(kept, label, strict=True) if x == one} for one in sorted(set(label.tolist()))]


def of_recall(first, second):
    """Return numerator and denominator of the recall of MUC, B-cubed and LEA by their definitions."""
    place = {mention: at for at, entity in enumerate(second) for mention in entity}
    muc = [
        sum(len(e) - len({place.get(m, ("alone", m)) for m in e}) for e in first),
        sum(len(e) - 1 for e in first),
    ]
    shares = [
        Fraction(sum(place.get(m) is not None and place.get(m) == place.get(other) for other in e), len(e))
        for e in first
        for m in e
    ]
    lea = Fraction(0)
    for e in first:
        if len(e) == 1:
            lea += any(e == other for other in second)
        else:
            links = list(combinations(sorted(e), 2))
            resolved = sum(place.get(m) is not None and place.get(m) == place.get(n) for m, n in links)
            lea += len(e) * Fraction(resolved, len(links))
    return {"muc": muc, "b_cubed": [sum(shares, Fraction(0)), len(shares)], "lea": [lea, sum(map(len, first))]}


def aligned(first, second):
    """Return the greatest summed similarity of a one-to-one alignment of entities, all of them tried."""
    few, many = sorted((first, second), key=len)
    return max(
        sum((Fraction(2 * len(a & b), len(a) + len(b)) for a, b in zip(few, chosen, strict=True)), Fraction(0))
        for chosen in permutations(many, len(few))
    )


def test_coreference(slow):
    rng = np.random.default_rng(2)
    for _ in range(1000):
        mentions = list(range(int(rng.integers(0, 9))))
        mine, theirs = random_entities(rng, mentions), random_entities(rng, mentions)
        recalls, precisions = of_recall(mine, theirs), of_recall(theirs, mine)
        similar = aligned(mine, theirs)
        recalls["ceaf_e"], precisions["ceaf_e"] = [similar, len(mine)], [similar, len(theirs)]
        found, parts = coreference(mine, theirs), coreference_parts(mine, theirs)
        f1s = []
        for row, name in zip(parts.tolist(), MEASURES, strict=True):
            assert np.allclose(row, [float(x) for x in (*precisions[name], *recalls[name])], rtol=0, atol=1e-9)
            p, r = slow.ratio(*precisions[name]), slow.ratio(*recalls[name])
            either = (p or 0) + (r or 0)
            f1 = None if p is None and r is None else 2 * (p or 0) * (r or 0) / either if either else Fraction(0)
            one = getattr(found, name)
            assert close(one.precision, p), name
            assert close(one.recall, r), name
            assert close(one.f1, f1), name
            f1s += [f1] if name != "lea" else []
        assert close(found.mean_f1, None if None in f1s else sum(f1s) / 3)


# ---- ranked lists


def slow_at_k(ranked, judged, k, slow):
    """Return the number of queries and the means of P@K, R@K and F1@K against one assessor."""
    precision, recall, f1 = [], [], []
    for query in ranked:
        if query not in judged:
            continue
        first, hits = [], 0
        for document in ranked[query]:
            if document not in first and len(first) < k:
                first.append(document)
                hits += judged[query].get(document, False)
        relevant = sum(judged[query].values())
        precision.append(Fraction(hits, k))
        if relevant:
            recall.append(Fraction(hits, relevant))
            f1.append(Fraction(2 * hits, k + relevant))
    return len(precision), *map(slow.mean, (precision, recall, f1))


def test_ranked_lists(slow):
    rng = np.random.default_rng(3)
    documents = list("abcdef")
    for _ in range(1500):
        queries = [f"q{number}" for number in range(rng.integers(1, 4))]
        ranked = {q: rng.choice(documents, rng.integers(0, 7)).tolist() for q in queries if rng.random() < 0.8}
        judged = {
            who: {q: {d: bool(rng.random() < 0.4) for d in documents if rng.random() < 0.7}
                  for q in queries if rng.random() < 0.8}
            for who in ("Ana", "Ben")
        }  # fmt: skip
        k = int(rng.integers(1, 8))
        for one in at_k(ranked, judged, k):
            n, *means = slow_at_k(ranked, judged[one.assessor], k, slow)
            assert one.queries == n
            for found, expected in zip((one.precision, one.recall, one.f1), means, strict=True):
                assert close(found and found[0], expected)
                assert found is None or found[1] is None or found[1] <= found[0] + 1e-12 <= found[2] + 2e-12


@pytest.mark.parametrize("seed", range(8))
def test_ranked_lists_of_an_audit(seed, slow):
    rng = np.random.default_rng(seed)
    rows, ranked = [], {}
    for query in ("q1", "q2", "q3"):
        order = rng.permutation(5)
        ranked[query] = [f"{query} / d{document}" for document in order]
        for place, document in enumerate(order):
            rows += [
                (query, f"d{document}", who, ("no", "yes")[rng.integers(2)], place + 1)
                for who in ("Ana", "Ben", "Cem")
                if rng.random() < 0.8
            ]
    frame = pd.DataFrame(rows, columns=["query", "doc_id", "annotator", "label", "place"])
    given = {"columns": {"item": ["query", "doc_id"]}, "ranking": {"source": "place", "cutoffs": [1, 3]}}
    settings = Settings.from_mapping(given)
    (found,) = rankings(load_frame(frame, settings), settings).lists
    seen = {f"{query} / {document}" for query, document, *_ in rows}
    lists = {query: [name for name in names if name in seen] for query, names in ranked.items()}
    for one in found.scores:
        judged = {}
        for query, document, who, label, _ in rows:
            if who == one.assessor:
                judged.setdefault(query, {})[f"{query} / {document}"] = label == "yes"
        n, *means = slow_at_k(lists, judged, one.k, slow)
        assert one.queries == n
        for value, expected in zip((one.precision, one.recall, one.f1), means, strict=True):
            assert close(value and value[0], expected)


# ---- slices


def slice_values(rows, others, labels, slow):
    """Return the figures of the items in *rows* (a row of three labels per item) beside the *others*."""
    couples = [couple for row in rows for couple in combinations([x for x in row if x is not None], 2)]
    pairs = [slow.shared(rows, a, b) for a, b in combinations(range(3), 2)]
    kappas = [(slow.pair_values(pair, labels)[0]["cohen_kappa"], len(pair)) for pair in pairs if pair]
    kappas = [(kappa, n) for kappa, n in kappas if kappa is not None]
    units = [[x for x in row if x is not None] for row in rows]
    units = [unit for unit in units if len(unit) > 1]
    shares = [slow.mean([Fraction(x == y) for x, y in combinations(unit, 2)]) for unit in units]
    sides = [side for side in (rows, others) if any(sum(x is not None for x in row) > 1 for row in side)]
    used = [
        {x: sum(x in row and sum(y is not None for y in row) > 1 for row in side) for x in labels} for side in sides
    ]
    chosen = [x for x in labels if all(times[x] >= 30 for times in used)]
    chosen = chosen or [x for x in labels if all(times[x] > 0 for times in used)]
    given = Counter(x for couple in couples for x in couple)
    f1s = [Fraction(2 * sum(couple == (x, x) for couple in couples), given[x]) for x in chosen if given[x]]
    return {
        "kappa_mean": slow.ratio(sum(kappa * n for kappa, n in kappas), sum(n for _, n in kappas)),
        "krippendorff_alpha.nominal": slow.slow_alpha(units, lambda x, y: int(x != y)),
        "percent_agreement": slow.mean(shares),
        "f1_macro": slow.mean(f1s) if chosen else None,
    }


@pytest.mark.parametrize("seed", range(10))
def test_slices(seed, slow):
    rng = np.random.default_rng(seed)
    labels = tuple("xyz"[: rng.integers(2, 4)])
    n = int(rng.choice([8, 20, 150]))
    truth, source = rng.choice(labels, n), rng.choice(["web", "app", "fax"], n)
    rows = [
        [None if rng.random() < 0.15 else str(rng.choice(labels)) if rng.random() < 0.4 else str(x) for _ in range(3)]
        for x in truth
    ]
    given = [(f"i{i:03}", who, x, s) for i, (row, s) in enumerate(zip(rows, source, strict=True))
             for who, x in zip(("Ana", "Ben", "Cem"), row, strict=True) if x is not None]  # fmt: skip
    frame = pd.DataFrame(given, columns=["item", "annotator", "label", "source"])
    settings = Settings.from_mapping({"report": {"by": ["source"]}, "measures": {"min_pair_items": 1}})
    found = slices(load_frame(frame, settings), settings)
    assert found.rows
    present = [x for x in labels if any(x in row for row in rows)]
    for row in found.rows:
        mine = [one for one, s in zip(rows, source, strict=True) if s == row.name]
        rest = [one for one, s in zip(rows, source, strict=True) if s != row.name]
        value = slice_values(mine, rest, present, slow)[row.measure]
        other = slice_values(rest, mine, present, slow)[row.measure]
        assert close(row.value, value), row
        assert row.rest is None or close(row.rest, other), row
        assert (row.difference is None) == bool(row.undefined), row
        assert row.difference is None or close(row.difference, value - other), row


# ---- labels that are paths


@pytest.mark.parametrize("seed", range(12))
def test_paths(seed, slow):
    rng = np.random.default_rng(seed)
    names = ["A", "A > B", "A > B > C", "A > D", "E > B", "E"]
    rows = [
        [None if rng.random() < 0.2 else names[rng.integers(6)] for _ in range(3)] for _ in range(rng.integers(4, 15))
    ]
    rows[0] = ["A > B > C", "A > B", "E"]
    given = [(f"i{i:02}", who, x) for i, row in enumerate(rows)
             for who, x in zip(("Ana", "Ben", "Cem"), row, strict=True) if x is not None]  # fmt: skip
    settings = Settings()
    scores = compare(load_frame(pd.DataFrame(given, columns=["item", "annotator", "label"]), settings), settings)[0]
    table = scores.scores.loc[scores.scores["label"].isna()]
    path = {name: name.split(" > ") for name in names}

    def shared(x, y):
        depth = 0
        while depth < min(len(path[x]), len(path[y])) and path[x][depth] == path[y][depth]:
            depth += 1
        return depth

    def distance(x, y):
        return 1 - Fraction(2 * shared(x, y), len(path[x]) + len(path[y]))

    def values(units):
        couples = [list(combinations(unit, 2)) for unit in units]
        found = {"krippendorff_alpha.path": slow.slow_alpha(units, distance)}
        differ = sum((slow.mean([Fraction(x != y) for x, y in of]) for of in couples), Fraction(0))
        for depth in (1, 2, 3):
            alike = [slow.mean([Fraction(path[x][:depth] == path[y][:depth]) for x, y in of]) for of in couples]
            part = [slow.mean([Fraction(x != y and shared(x, y) == depth - 1) for x, y in of]) for of in couples]
            found[f"agreement.depth{depth}"] = slow.mean(alike)
            found[f"divergence.depth{depth}"] = slow.ratio(sum(part, Fraction(0)), differ)
        return found

    def units_of(who):
        units = [[x for at, x in enumerate(row) if x is not None and at in who] for row in rows]
        return [unit for unit in units if len(unit) > 1]

    deepest = max(len(path[x]) for row in rows for x in row if x is not None)
    assert deepest == 3
    for reference, other in (*combinations(range(3), 2), (None, None)):
        if reference is None:
            mine, who = table.loc[table["reference"].isna()], (0, 1, 2)
        else:
            first, second = (("Ana", "Ben", "Cem")[at] for at in (reference, other))
            mine, who = table.loc[table["reference"].eq(first) & table["other"].eq(second)], (reference, other)
        mine = mine.set_index("measure")["value"]
        for name, value in values(units_of(who)).items():
            found = mine[name]
            assert close(None if pd.isna(found) else found, value), (name, who)
