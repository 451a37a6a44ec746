"""Every row of the scores of whole audits, value and n, recomputed from the answers with loops and exact fractions.

A row that is expected and missing fails, and so does one that nobody recomputed. Spans and answers have their own file.
"""

import math
from fractions import Fraction
from itertools import combinations, permutations

import numpy as np
import pandas as pd
import pytest

from agreement import Settings, audit
from agreement.annotations import Layer, Reading
from agreement.comparison import compare
from agreement.records import Records, assemble
from agreement.scores import Reason

NAMES = ("Ana", "Ben", "Cem", "Dia", "bot")
DIRECTED = {
    "precision", "recall", "specificity", "bias_index", "fbeta", "balanced_accuracy", "precision_macro",
    "recall_macro", "f1_weighted", "precision_weighted", "recall_weighted", "precision_samples", "recall_samples",
    "mean_difference", "limits_of_agreement.lower", "limits_of_agreement.upper",
}  # fmt: skip
LABEL_UNITS = 30
NOBODY = (None, None)
MEANS = ("kappa_mean", "light_kappa")
WEIGHTED = (".linear", ".quadratic")


def scores_of(answers, kind="category", labels=(), *, whole=False, **settings):
    """Return the scores of {annotator: {item: text, or a list of texts}} by measure, label, reference, other, params.

    They are those of a *whole* audit, or of its stage that scores; the audit has the same rows.
    """
    rows = [
        (item, who, label, "empty" if label == "" else "done")
        for who, given in answers.items()
        for item, answer in given.items()
        for label in ([answer] if isinstance(answer, str) else answer or [""])
    ]
    frame = pd.DataFrame(rows, columns=["item", "annotator", "label", "status"])
    layer = Layer("label", kind, tuple(labels), declared=bool(labels))
    records = Records(rows=frame, reading=Reading(rows_read=len(rows)), layers={"label": layer})
    chosen = Settings.from_mapping(settings)
    annotations = assemble(records, chosen)
    table = audit(annotations, chosen).scores_table() if whole else compare(annotations, chosen)[0].scores
    found = {}
    for row in table.astype(object).where(table.notna(), None).to_dict("records"):
        key = row["measure"], row["label"], row["reference"], row["other"], row["params"]
        assert key not in found
        found[key] = row
    return found


def check(found, expected, size=1):
    """Compare rows with {key: (value, n)}; None is a value that must not exist, *size* about that of differences."""
    assert set(found) == set(expected), set(found) ^ set(expected)
    for key, (value, n) in expected.items():
        row = found[key]
        assert row["n"] == n, (key, row, n)
        if value is None:
            assert row["value"] is None, (key, row)
            assert row["undefined"], (key, row)
            assert n == 0 or row["undefined"] != Reason.NO_SHARED_ITEMS, (key, row)
            assert all(row[name] is None for name in ("low", "high", "se"))
            assert not row["no_interval"]
        else:
            assert not row["undefined"]
            within = 1e-9 * size + 1e-323 if "difference" in key[0] or "limits" in key[0] else 1e-9
            assert abs(row["value"] - float(value)) <= within, (key, row, value)
            assert (row["low"] is None) == (row["high"] is None) == bool(row["no_interval"])
            if row["low"] is not None:
                assert row["low"] <= row["value"] + 1e-12
                assert row["high"] >= row["value"] - 1e-12
        if row["value"] is not None and row["expected"] is not None and not key[0].startswith(MEANS):
            kappa = (row["observed"] - row["expected"]) / (1 - row["expected"])
            assert abs(kappa - row["value"]) < 1e-9, (key, row)


def table_of(answers):
    """Return a row of labels per item, None where an annotator gave none."""
    items = sorted({item for given in answers.values() for item in given})
    return [[answers[who].get(item) for who in sorted(answers)] for item in items]


def of_label(rows, label):
    return [[None if x is None else "it" if x == label else "rest" for x in row] for row in rows]


def pair_rows(slow, answers, labels, *, ordered, beta=1):
    """Return the rows of every pair, overall and by label."""
    names, rows, expected = sorted(answers), table_of(answers), {}
    for a, b in permutations(range(len(names)), 2):
        pairs = slow.shared(rows, a, b)
        who, n = (names[a], names[b]), len(pairs)
        values = slow.pair_values(pairs, labels)[0]
        kept = {x: value for x, value in values.items() if ordered or not x.endswith(WEIGHTED)}
        if len(labels) == 2:
            kept |= {x: value for x, value in slow.label_values(pairs, labels[0]).items() if x.endswith("_index")}
        else:
            kept.pop("pabak")
        by_label = {(x, None): value for x, value in kept.items()}
        for label in labels:
            of_one = slow.label_values(pairs, label, beta)
            if beta == 1:
                of_one.pop("fbeta")
            kappas = slow.pair_values(slow.shared(of_label(rows, label), a, b), ("it", "rest"))[0]
            of_one["cohen_kappa"] = kappas["cohen_kappa"]
            by_label |= {(x, label): value for x, value in of_one.items()}
        for (x, label), value in by_label.items():
            if a < b or x in DIRECTED:
                expected[x, label, *who, f"beta={beta}" if x == "fbeta" else ""] = value, n
    return expected


def mean_rows(slow, answers, labels, *, ordered, scope="", of=None):
    """Return the means of the kappas of all pairs, or of the pairs *of*."""
    rows, names, expected = table_of(answers), sorted(answers), {}
    places = [(names.index(a), names.index(b)) for a, b in of or combinations(names, 2)]
    pairs = {(a, b): slow.shared(rows, a, b) for a, b in places}
    enough = any(len(shared) >= LABEL_UNITS for shared in pairs.values())
    least = LABEL_UNITS if enough else 0
    said = f"min_pair_items={LABEL_UNITS}" if enough else f"min_pair_items=0 (no pair shares {LABEL_UNITS} items)"
    kappas = {"kappa_mean": "cohen_kappa", "light_kappa": "cohen_kappa"}
    if ordered:
        kappas |= {f"kappa_mean{kind}": f"cohen_kappa{kind}" for kind in WEIGHTED}
    for name, kappa in kappas.items():
        kept = {
            (a, b): (slow.pair_values(shared, labels)[0][kappa], len(shared))
            for (a, b), shared in pairs.items()
            if len(shared) >= least
        }
        some = {ab: value for ab, value in kept.items() if value[0] is not None}
        weights = {ab: 1 if name == "light_kappa" else n for ab, (_, n) in some.items()}
        value = slow.ratio(sum(some[ab][0] * weights[ab] for ab in some), sum(weights.values()))
        n = sum(any(row[a] is not None and row[b] is not None for a, b in some or kept) for row in rows)
        expected[name, None, *NOBODY, ", ".join(part for part in (scope, said) if part)] = value, n
    return expected


def pooled_rows(slow, answers, labels, *, ordered, scope=""):
    """Return the rows of all annotators together, overall and by label."""
    rows = table_of(answers)
    compared = [[x for x in row if x is not None] for row in rows]
    compared = [row for row in compared if len(row) > 1]
    n = len(compared)
    values = slow.pooled_values(rows, labels)
    numbers = ordered and all(label.isdigit() for label in labels)
    for name in list(values):
        by_value = name in ("krippendorff_alpha.interval", "krippendorff_alpha.ratio")
        if name == "krippendorff_alpha.ordinal" or name.endswith(WEIGHTED):
            if not ordered:
                del values[name]
        elif by_value and not numbers:
            del values[name]
    expected = {(name, None, *NOBODY, scope): (value, n) for name, value in values.items()}
    used = {label: sum(label in row for row in compared) for label in labels}
    f1 = {}
    for label in labels:
        couples = [couple for row in compared for couple in permutations(row, 2)]
        f1[label] = slow.ratio(couples.count((label, label)), sum(x == label for x, _ in couples))
        for name in ("f1", "positive_specific_agreement"):
            expected[name, label, *NOBODY, scope] = f1[label], used[label]
        of_one = slow.pooled_values(of_label(rows, label), ("it", "rest"))
        for name in ("fleiss_kappa", "krippendorff_alpha.nominal"):
            expected[name, label, *NOBODY, scope] = of_one[name], n
    common = [label for label in labels if used[label] >= LABEL_UNITS]
    chosen = common or [label for label in labels if used[label]]
    said = f"label_items={LABEL_UNITS if common else 1}, labels={len(chosen)} of {len(labels)}"
    macro = slow.mean([f1[label] for label in chosen])
    expected["f1_macro", None, *NOBODY, ", ".join(part for part in (scope, said) if part)] = macro, n
    return expected


def random_answers(slow, rng, most=12):
    """Return answers of at least two annotators, and the labels in order."""
    while True:
        rows, labels = slow.random_rows(rng, most)
        answers = {
            who: {f"i{at:02}": row[a] for at, row in enumerate(rows) if row[a] is not None}
            for a, who in enumerate(NAMES[: len(rows[0])])
        }
        answers = {who: given for who, given in answers.items() if given}
        if any(set(one) & set(other) for one, other in combinations(answers.values(), 2)):
            return answers, labels


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_categories_and_ordered_labels(seed, ordered, slow):
    rng = np.random.default_rng(seed)
    for most in (2, 3, *(12,) * 12, 80):
        answers, labels = random_answers(slow, rng, most)
        beta = int(rng.integers(1, 3))
        kind = "ordinal" if ordered else "category"
        found = scores_of(answers, kind, labels, whole=most == 3, measures={"beta": beta})
        expected = pair_rows(slow, answers, labels, ordered=ordered, beta=beta)
        expected |= mean_rows(slow, answers, labels, ordered=ordered)
        expected |= pooled_rows(slow, answers, labels, ordered=ordered)
        check(found, expected)


@pytest.mark.parametrize("seed", range(2))
def test_a_model_is_no_part_of_what_is_pooled(seed, slow):
    rng, done = np.random.default_rng(seed), 0
    while done < 6:
        answers, labels = random_answers(slow, rng, 40)
        people = dict(list(answers.items())[:-1])
        if len(people) < 2 or not any(set(a) & set(b) for a, b in combinations(people.values(), 2)):
            continue
        done += 1
        model = list(answers)[-1]
        found = scores_of(answers, "category", labels, whole=done == 1, annotators={"model": [model]})
        expected = pair_rows(slow, answers, labels, ordered=False)
        expected |= pooled_rows(slow, people, labels, ordered=False, scope="annotators=human")
        expected |= mean_rows(slow, people, labels, ordered=False, scope="annotators=human")
        beside = [pair for pair in combinations(sorted(answers), 2) if model in pair]
        expected |= mean_rows(slow, answers, labels, ordered=False, scope="pairs=human-model", of=beside)
        check(found, expected)


def test_numbers_as_labels_have_alphas_by_value(slow):
    rng = np.random.default_rng(7)
    for _ in range(6):
        answers, labels = random_answers(slow, rng)
        rank = {label: str(at) for at, label in enumerate(labels)}
        answers = {who: {item: rank[x] for item, x in given.items()} for who, given in answers.items()}
        labels = tuple(rank.values())
        found = scores_of(answers, "ordinal", labels)
        expected = pair_rows(slow, answers, labels, ordered=True)
        expected |= mean_rows(slow, answers, labels, ordered=True)
        expected |= pooled_rows(slow, answers, labels, ordered=True)
        check(found, expected)


def test_weights_of_ones_own(slow):
    """Cohen, Gwet, Fleiss and Krippendorff with a table of weights, beside all that there is without one."""
    rng, done = np.random.default_rng(3), 0
    while done < 6:
        answers, labels = random_answers(slow, rng)
        if len(labels) != 3:
            continue
        done += 1
        tenths = [[10, int(rng.integers(0, 10)), 0], [0, 10, int(rng.integers(0, 10))], [0, 0, 10]]
        tenths = [[tenths[min(i, j)][max(i, j)] for j in range(3)] for i in range(3)]
        table = [[x / 10 for x in row] for row in tenths]
        found = scores_of(answers, "ordinal", labels, layers={"label": {"order": list(labels), "weights": table}})
        w = {(x, y): Fraction(tenths[i][j], 10) for i, x in enumerate(labels) for j, y in enumerate(labels)}
        rows, names, expected = table_of(answers), sorted(answers), {}
        for a, b in combinations(range(len(names)), 2):
            pairs = slow.shared(rows, a, b)
            for name, value in slow.weighted_pair(pairs, labels, w).items():
                expected[f"{name}.custom", None, names[a], names[b], ""] = value, len(pairs)
        n = sum(sum(x is not None for x in row) > 1 for row in rows)
        for name, value in slow.weighted_pool(rows, labels, w).items():
            expected[f"{name}.custom", None, *NOBODY, ""] = value, n
        check({key: row for key, row in found.items() if key[0].endswith(".custom")}, expected)


def set_rows(slow, answers, labels):
    """Return the rows of a layer of sets of labels."""
    rows, names, expected = table_of(answers), sorted(answers), {}
    pairs = {(a, b): slow.shared(rows, a, b) for a, b in permutations(range(len(names)), 2)}
    tables = [(names[a], names[b], shared) for (a, b), shared in pairs.items()]
    every = [couple for (a, b), shared in pairs.items() if a < b for couple in shared]
    for one, other, shared in [*tables, (*NOBODY, every)]:
        who, n = (one, other), len(shared)
        both, mine, theirs = (
            {x: sum(x in side(couple) for couple in shared) for x in labels}
            for side in (lambda c: c[0] & c[1], lambda c: c[0], lambda c: c[1])
        )
        either = {x: mine[x] + theirs[x] - both[x] for x in labels}
        used = [x for x in labels if either[x]]
        f1 = {x: slow.ratio(2 * both[x], mine[x] + theirs[x]) for x in labels}
        precision = {x: slow.ratio(both[x], theirs[x]) for x in labels}
        recall = {x: slow.ratio(both[x], mine[x]) for x in labels}
        hits, own, found = (sum(times.values()) for times in (both, mine, theirs))
        symmetric = {
            ("f1_micro", None): (slow.ratio(2 * hits, own + found), sum(either.values())),
            ("f1_macro", None): (slow.mean([f1[x] for x in used]), sum(either.values())),
            ("percent_agreement", None): (slow.mean([Fraction(a == b) for a, b in shared]), n),
        }
        directed = {
            ("precision_micro", None): (slow.ratio(hits, found), found),
            ("recall_micro", None): (slow.ratio(hits, own), own),
        }
        for name, rates in (("precision", precision), ("recall", recall), ("f1", f1)):
            value = slow.ratio(sum((rates[x] or 0) * mine[x] for x in labels), own)
            directed[f"{name}_weighted", None] = value, sum(either.values())
            if name != "f1":
                macro = slow.mean([rates[x] or Fraction(0) for x in used])
                directed[f"{name}_macro", None] = macro, sum(either.values())
        for name, of in slow.SETS.items():
            kind = directed if name in DIRECTED else symmetric
            kind[name, None] = slow.mean([of(a, b) for a, b in shared]), n
        for x in labels if shared else ():
            symmetric["f1", x] = f1[x], either[x]
            directed |= {("precision", x): (precision[x], theirs[x]), ("recall", x): (recall[x], mine[x])}
        kept = symmetric if one is None else directed if one > other else symmetric | directed
        expected |= {(name, label, *who, ""): value for (name, label), value in kept.items()}
    return expected | set_kappas(slow, {(a, b): tables for (a, b), tables in pairs.items() if a < b}, names, labels)


def set_kappas(slow, pairs, names, labels):
    """Return the kappas of whole sets and of each label, by pair and their means."""
    expected = {}
    for label in (None, *labels):
        found = []
        for (a, b), shared in pairs.items():
            cut = [(x, y) if label is None else (label in x, label in y) for x, y in shared]
            kappa = slow.pair_values(cut, [*{x for couple in cut for x in couple}, None, ...])[0]
            found.append((kappa["cohen_kappa"], len(cut)))
            expected["cohen_kappa", label, names[a], names[b], ""] = found[-1]
        some = [pair for pair in found if pair[0] is not None]
        value = slow.ratio(sum(value * n for value, n in some), sum(n for _, n in some))
        expected["kappa_mean", label, *NOBODY, ""] = value, sum(n for _, n in some or found)
    return expected


@pytest.mark.parametrize("seed", range(3))
def test_sets_of_labels(seed, slow):
    rng, done = np.random.default_rng(seed), 0
    while done < 10:
        n, a, k = int(rng.integers(1, 10)), int(rng.integers(2, 5)), int(rng.integers(1, 4))
        given = rng.random((n, a, k)) < rng.choice([0.2, 0.5, 0.8])
        gone = rng.random((n, a)) < rng.choice([0.0, 0.4])
        answers = {
            who: {f"i{i}": [slow.LABELS[x] for x in np.flatnonzero(given[i, at])] for i in range(n) if not gone[i, at]}
            for at, who in enumerate(NAMES[:a])
        }
        answers = {who: texts for who, texts in answers.items() if any(texts.values())}
        if not any(set(one) & set(other) for one, other in combinations(answers.values(), 2)):
            continue
        done += 1
        labels = sorted({x for texts in answers.values() for one in texts.values() for x in one})
        sets = {who: {item: frozenset(x) for item, x in texts.items()} for who, texts in answers.items()}
        rows = table_of(sets)
        units = [[x for x in row if x is not None] for row in rows]
        units = [row for row in units if len(row) > 1]
        expected = set_rows(slow, sets, labels)
        for name, distance in slow.SET_ALPHAS.items():
            expected[name, None, *NOBODY, ""] = slow.slow_alpha(units, distance), len(units)
        check(scores_of(answers, "labels", whole=done == 1), expected)


def number_rows(slow, answers):
    """Return the rows of a layer of numbers, as fractions but for the roots in limits of agreement."""
    rows, names, expected = table_of(answers), sorted(answers), {}
    every = []
    for a, b in permutations(range(len(names)), 2):
        shared, who = slow.shared(rows, a, b), (names[a], names[b])
        n, apart = len(shared), [y - x for x, y in shared]
        middle = slow.mean(apart)
        limits = [None, None]
        if n > 1:
            unit = max(map(abs, apart)) or 1  # the squares themselves may have no place in a double
            root = math.sqrt(sum(((d - middle) / unit) ** 2 for d in apart) / (n - 1))
            spread = unit * Fraction(1.959963984540054 * root)
            limits = [middle - spread, middle + spread]
        expected["mean_difference", None, *who, ""] = middle, n
        for side, limit in zip(("lower", "upper"), limits, strict=True):
            expected[f"limits_of_agreement.{side}", None, *who, ""] = limit, n
        if a < b:
            every += apart
            expected["mean_absolute_difference", None, *who, ""] = slow.mean([abs(d) for d in apart]), n
            expected |= {(name, None, *who, ""): (value, n) for name, value in spreads(slow, shared).items()}
    expected["mean_absolute_difference", None, *NOBODY, ""] = slow.mean([abs(d) for d in every]), len(every)
    complete = [row for row in rows if None not in row]
    alpha = spreads(slow, [[x for x in row if x is not None] for row in rows])["krippendorff_alpha.interval"]
    compared = sum(sum(x is not None for x in row) > 1 for row in rows)
    expected["krippendorff_alpha.interval", None, *NOBODY, ""] = alpha, compared
    pooled = spreads(slow, complete)
    for name in ("icc.2_1", "icc.3_1"):
        expected[name, None, *NOBODY, ""] = pooled[name], len(complete)
    return expected


def spreads(slow, rows):
    """Return ICC(2,1), ICC(3,1) (of complete rows) and interval alpha (of rows with two numbers or more)."""
    two = [row for row in rows if len(row) > 1]
    values = {"krippendorff_alpha.interval": slow.slow_alpha(two, lambda x, y: (x - y) ** 2)}
    if len(rows) < 2 or len({len(row) for row in rows}) > 1:
        return values | {"icc.2_1": None, "icc.3_1": None}
    n, k = len(rows), len(rows[0])
    items, people, rest = slow.squares(rows)
    own = {
        "icc.2_1": slow.ratio(items - rest, items + (k - 1) * rest + Fraction(k) * (people - rest) / n),
        "icc.3_1": slow.ratio(items - rest, items + (k - 1) * rest),
    }
    return values | own


@pytest.mark.parametrize("power", [0, 980, -1074])
@pytest.mark.parametrize("seed", range(2))
def test_numbers(seed, power, slow):
    """Tenths, and numbers of which the squares overflow, or that are subnormal themselves."""
    rng, done = np.random.default_rng(seed), 0
    unit = Fraction(1, 10) if not power else Fraction(2) ** power
    while done < 12:
        n, a = int(rng.integers(1, 10)), int(rng.integers(2, 5))
        tenths = rng.integers(-20, 90, (n, 1)) + rng.integers(0, int(rng.integers(1, 60)), (n, a))
        gone = rng.random((n, a)) < rng.choice([0.0, 0.4])
        numbers = {
            who: {f"i{i}": int(tenths[i, at]) * unit for i in range(n) if not gone[i, at]}
            for at, who in enumerate(NAMES[:a])
        }
        numbers = {who: given for who, given in numbers.items() if given}
        if not any(set(one) & set(other) for one, other in combinations(numbers.values(), 2)):
            continue
        done += 1
        texts = {who: {item: str(float(x)) for item, x in given.items()} for who, given in numbers.items()}
        check(scores_of(texts, "number", whole=done == 1), number_rows(slow, numbers), 1000 * float(unit))
