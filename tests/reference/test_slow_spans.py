"""An independent implementation of the span, token, character and answer scores, with loops and exact fractions.

A span is its label and the set of its characters; what is aligned comes from trying every one-to-one matching. Where
several matchings are equally good, ours must be one of them, the same one in every score of a pair.
"""

import math
import random
from collections import Counter
from fractions import Fraction
from functools import cache
from itertools import combinations

import pandas as pd
import pytest

from agreement import audit
from agreement.annotations import Layer, Reading
from agreement.comparison.answers import compare_answers
from agreement.comparison.spans import compare_spans
from agreement.records import Records, assemble
from agreement.scores import Reason
from agreement.settings import Settings

POLICIES = ("strict", "exact", "partial", "type", "overlap", "iou")
ANNOTATORS = ("Ana", "Ben", "Cem", "Dia")
PROJECTS = 34  # of each seed; answers twice as many
ARTICLES = ("a", "an", "the")
PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"


def ratio(part, whole):
    return None if whole == 0 else Fraction(part) / Fraction(whole)


def mean(values):
    return ratio(sum(values, Fraction(0)), len(values))


@cache
def matchings(mine, theirs):
    """Return every one-to-one matching of spans that share a character, the empty one among them."""
    if not mine:
        return [()]
    found = list(matchings(mine[1:], theirs))
    for span in theirs:
        if mine[0][1] & span[1]:
            rest = tuple(other for other in theirs if other != span)
            found += [((mine[0], span), *more) for more in matchings(mine[1:], rest)]
    return found


def iou(x, y):
    return Fraction(len(x[1] & y[1]), len(x[1] | y[1]))


def best_matchings(mine, theirs):
    """Return the matchings with most equal spans, then most equal offsets, then the largest sum of the rest."""
    ranked = {}
    for matching in matchings(mine, theirs):
        equal = sum(x == y for x, y in matching)
        placed = sum(x[1] == y[1] for x, y in matching)
        rest = [(x, y) for x, y in matching if x[1] != y[1]]
        weight = sum((iou(x, y) + Fraction(x[0] == y[0], 4) for x, y in rest), Fraction(0))
        ranked.setdefault((equal, placed, weight, len(rest)), []).append(matching)
    return ranked[max(ranked)]


def credits_of(matching, least):
    """Return what a matching gives to each policy and label (None = all), as a frozenset of counts."""
    found = Counter()
    for x, y in matching:
        placed, typed = x[1] == y[1], x[0] == y[0]
        given = (placed and typed, placed, 1 if placed else Fraction(1, 2), typed, 1, typed and iou(x, y) >= least)
        for label in (None, x[0]) if typed else (None,):
            for name, credit in zip(POLICIES, given, strict=True):
                found[name, label] += credit
                found[name, label, "both"] += credit > 0
        if placed:
            found["placed", x[0]] += 1
            found["placed", y[0]] += 1
    return frozenset(item for item in found.items() if item[1])


@cache
def outcomes(mine, theirs, least):
    return frozenset(credits_of(matching, least) for matching in best_matchings(mine, theirs))


def summed(several):
    """Return every sum of one outcome from each of several sets of outcomes."""
    sums = {frozenset()}
    for options in several:
        sums = {frozenset((Counter(dict(one)) + Counter(dict(more))).items()) for one in sums for more in options}
    return sums


def words(text):
    """Return the tokens of an ASCII text as sets of characters: words, and every other sign by itself."""
    tokens = []
    for at, sign in enumerate(text):
        if sign.isalnum() and tokens and text[at - 1].isalnum():
            tokens[-1].add(at)
        elif not sign.isspace():
            tokens.append({at})
    return tokens


def kappa(pairs):
    n, one, other = len(pairs), Counter(x for x, _ in pairs), Counter(y for _, y in pairs)
    expected = ratio(sum(one[x] * other[x] for x in one), n * n)
    observed = ratio(sum(x == y for x, y in pairs), n)
    return None if expected in (None, 1) else (observed - expected) / (1 - expected)


class Expected:
    """Rows by (measure, label, reference, other): value and n."""

    def __init__(self):
        self.rows = {}

    def f1(self, name, who, hits, both, mine, theirs, label=None):
        self.rows[name, label, *who] = ratio(2 * hits, mine + theirs), mine + theirs - both
        if who != (None, None):
            precision, recall = name.replace("f1", "precision"), name.replace("f1", "recall")
            for way, reference, other in ((who, mine, theirs), (who[::-1], theirs, mine)):
                self.rows[precision, label, *way] = ratio(hits, other), other
                self.rows[recall, label, *way] = ratio(hits, reference), reference

    def macro(self, name, who, hits, mine, theirs):
        used = sorted({*mine, *theirs})
        value = mean([Fraction(2 * hits[x], mine[x] + theirs[x]) for x in used])
        self.rows[name, None, *who] = value, sum(mine[x] + theirs[x] - hits[x] for x in used)

    def level(self, name, who, mine, theirs, labels):
        """Add F1 of two lists of sets of (place, label), one per document (and pair)."""
        hits = Counter(x for a, b in zip(mine, theirs, strict=True) for _, x in a & b)
        one, other = (Counter(x for marks in side for _, x in marks) for side in (mine, theirs))
        self.f1(name, who, *[hits.total()] * 2, one.total(), other.total())
        for x in labels:
            self.f1(name, who, hits[x], hits[x], one[x], other[x], x)
        return hits, one, other


def expected_spans(who, documents, credit, labels):
    """Return the span level of one pair, or of all pairs together, given what the matching gives."""
    found = Expected()
    mine, theirs = (Counter(x for both in documents for x, _ in both[side]) for side in (0, 1))
    for label in (None, *labels):
        sizes = (mine.total(), theirs.total()) if label is None else (mine[label], theirs[label])
        for name in POLICIES:
            both = credit[name, label, "both"]
            found.f1(f"span_f1.{name}", who, credit[name, label], both, *sizes, label)
        same, typed = credit["strict", label], credit["type", label]
        placed = credit["exact", None] if label is None else credit["placed", label]
        value = ratio(same if label is None else 2 * same, placed)
        found.rows["span_label_given_boundary", label, *who] = value, placed if label is None else placed - same
        found.rows["span_boundary_given_label", label, *who] = ratio(same, typed), typed
        shared = Counter()
        for a, b in documents:
            shared += Counter(x for x, _ in a) & Counter(x for x, _ in b)
        hits = shared.total() if label is None else shared[label]
        found.f1("span_label_f1", who, hits, hits, *sizes, label)
    found.macro("span_f1_macro.strict", who, {x: credit["strict", x] for x in labels}, mine, theirs)
    return found.rows


def expected_places(who, documents, tokens, labels):
    """Return token F1 and character F1 of documents (mine, theirs); tokens are None where nothing has text."""
    found = Expected()
    places = [[{(at, x) for x, characters in spans for at in characters} for spans in both] for both in documents]
    mine, theirs = [both[0] for both in places], [both[1] for both in places]
    found.level("character_f1", who, mine, theirs, labels)
    if tokens is not None:
        sides = [
            [{(at, x) for at, token in enumerate(cut) for x, characters in both[side] if token & characters}
             for both, cut in zip(documents, tokens, strict=True)] for side in (0, 1)
        ]  # fmt: skip
        found.macro("token_f1_macro", who, *found.level("token_f1", who, *sides, labels))
    return found.rows


def token_pairs(documents, tokens):
    return [
        tuple(frozenset(x for x, characters in spans if token & characters) for spans in both)
        for both, cut in zip(documents, tokens, strict=True)
        for token in cut
    ]


def kappas(documents, tokens):
    pairs = token_pairs(documents, tokens)
    both = [(x, y) for x, y in pairs if x and y]
    marked = [(bool(x), bool(y)) for x, y in pairs]
    return {"": (kappa(pairs), len(pairs)), ".presence": (kappa(marked), len(pairs)), ".type": (kappa(both), len(both))}


def agrees(found, expected):
    value, n, undefined = found
    if expected[0] is None:
        return math.isnan(value) and n == expected[1] and bool(undefined)
    return not undefined and n == expected[1] and abs(value - float(expected[0])) < 1e-9


def score_rows(scores):
    columns = ("measure", "label", "reference", "other", "value", "n", "undefined")
    rows = zip(*(scores[name].astype(object).where(scores[name].notna(), None) for name in columns), strict=True)
    found = {}
    for *key, value, n, undefined in rows:
        assert tuple(key) not in found
        found[tuple(key)] = (float("nan") if value is None else value, n, undefined)
    return found


class Check:
    """Compares expected rows with those of a comparison, and remembers which were compared."""

    def __init__(self, scores):
        self.found = score_rows(scores)
        self.checked = set()

    def wrong(self, expected):
        self.checked.update(expected)
        return [(key, self.found[key], value) for key, value in expected.items() if not agrees(self.found[key], value)]


def check_spans(scores, answers, texts, least):
    """Compare all rows with {annotator: {document: ((label, frozenset of characters), ...)}}."""
    check = Check(scores)
    labels = sorted({x for documents in answers.values() for spans in documents.values() for x, _ in spans})
    has_text = any(texts[name] for documents in answers.values() for name in documents)
    everything, cut, all_options, means = [], [], [], []
    for pair in combinations(sorted(answers), 2):
        shared = sorted(set(answers[pair[0]]) & set(answers[pair[1]]))
        documents = [tuple(tuple(dict.fromkeys(answers[who][name])) for who in pair) for name in shared]
        tokens = [words(texts[name]) for name in shared]
        used = labels if shared else ()
        options = summed(outcomes(*both, least) for both in documents)
        wrong = [check.wrong(expected_spans(pair, documents, Counter(dict(one)), used)) for one in options]
        assert [] in wrong, (pair, documents, wrong)
        assert check.wrong(expected_places(pair, documents, tokens if has_text else None, used)) == [], documents
        found = kappas(documents, tokens)
        assert check.wrong({(f"token_cohen_kappa{kind}", None, *pair): one for kind, one in found.items()}) == []
        if not has_text:
            assert check.wrong({("token_f1", None, *pair): (None, 0)}) == []
        if not shared:
            reasons = {row[2] for key, row in check.found.items() if key[2:] == pair}
            assert reasons <= {Reason.NO_SHARED_ITEMS, Reason.NO_TEXT}
        everything += documents
        cut += tokens
        all_options.append(options)
        means.append(found)
    nobody = (None, None)
    options = summed(all_options)
    wrong = [check.wrong(expected_spans(nobody, everything, Counter(dict(one)), labels)) for one in options]
    assert [] in wrong, (everything, wrong)
    assert check.wrong(expected_places(nobody, everything, cut if has_text else None, labels)) == [], everything
    for kind in means[0] if has_text else ():
        defined = [found[kind] for found in means if found[kind][0] is not None]
        value = ratio(sum(value * n for value, n in defined), sum(n for _, n in defined))
        n = sum(n for _, n in defined) if defined else sum(found[kind][1] for found in means)
        assert check.wrong({(f"token_kappa_mean{kind}", None, *nobody): (value, n)}) == [], means
    assert set(check.found) - check.checked == set()


def random_text(rng, length):
    return "".join(rng.choice("abcd2  .,") for _ in range(length)).strip() or "a"


def random_span(rng, labels, length, others):
    """Return a label and its characters: often what another annotator marked, moved or relabelled or neither."""
    if others and rng.random() < 0.5:
        label, characters = rng.choice(others)
        if rng.random() < 0.3:
            label = rng.choice(labels)
        if rng.random() < 0.3:
            characters = frozenset(range(min(characters), max(*characters, rng.randrange(length)) + 1))
        return label, characters
    start = rng.randrange(length)
    characters = {*range(start, min(start + rng.randint(1, 7), length))}
    if rng.random() < 0.15:
        start = rng.randrange(length)
        characters |= {*range(start, min(start + rng.randint(1, 3), length))}
    return rng.choice(labels), frozenset(characters)


def random_project(rng, labels, most_spans=5):
    """Return texts by document and rows of (document, annotator, label, characters, status)."""
    texts, rows = {}, []
    for document in range(rng.randint(1, 4)):
        name, length = f"d{document}", rng.choice([1, 6, 14, 20])
        texts[name] = random_text(rng, length) if rng.random() < 0.8 else ""
        length = len(texts[name]) or length
        marked = []
        for who in ANNOTATORS[: rng.randint(2, 4)]:
            status = rng.choices(["done", "empty", "skipped", "draft", None], [16, 2, 1, 1, 2])[0]
            if status is None:
                continue
            if status == "empty":
                rows.append((name, who, "", frozenset(), "empty"))
                continue
            spans = [random_span(rng, labels, length, marked) for _ in range(rng.randint(1, most_spans))]
            spans += rng.choices(spans, k=rng.random() < 0.2)
            marked += spans
            rows += [(name, who, *span, status) for span in spans]
    rng.shuffle(rows)
    return texts, rows


def pieces_of(characters):
    starts = [at for at in sorted(characters) if at - 1 not in characters]
    return [(at, next(end for end in range(at, at + 99) if end not in characters)) for at in starts]


def frame_of(rows):
    written = []
    for name, who, label, characters, status in rows:
        pieces = pieces_of(characters) or [(-1, -1)]
        fragments = ";".join(f"{start}-{end}" for start, end in pieces) if len(pieces) > 1 else ""
        written.append((name, who, label, pieces[0][0], pieces[-1][1], fragments, status))
    return pd.DataFrame(written, columns=["item", "annotator", "label", "start", "end", "fragments", "status"])


def annotations_of(rows, texts):
    items = pd.DataFrame({"text": list(texts.values())}, index=pd.Index(list(texts), name="item"))
    reading = Reading(rows_read=len(rows))
    records = Records(rows=frame_of(rows), reading=reading, items=items, layers={"label": Layer("label", "spans")})
    return assemble(records, Settings())


def answers_of(rows):
    """Return {annotator: {document: spans}} of what counts: answers that are done or empty."""
    answers = {who: {} for _, who, *_ in rows}
    for name, who, label, characters, status in rows:
        if status in ("done", "empty"):
            spans = answers[who].get(name, ())
            answers[who][name] = (*spans, (label, characters)) if label else spans
    return answers


@pytest.mark.parametrize("seed", range(3))
def test_spans(seed):
    rng, done = random.Random(seed), 0
    while done < PROJECTS:
        texts, rows = random_project(rng, ["x", "y", "z", "w"][: rng.randint(1, 4)])
        answers = answers_of(rows)
        if len(answers) > 1:
            least = rng.choice([0.3, 0.5, 0.6, 0.75, 1])
            settings = Settings.from_mapping({"measures": {"iou": least}})
            scores = compare_spans(annotations_of(rows, texts), "label", settings).scores
            check_spans(scores, answers, texts, Fraction(str(least)))
            done += 1


def test_hundreds_of_labels():
    texts, rows = random_project(random.Random(5), [f"label {number:03}" for number in range(400)], most_spans=6)
    rows += [("d9", "Ana", f"label {number:03}", frozenset({0, 1}), "done") for number in range(400)]
    rows += [("d9", "Ben", f"label {number:03}", frozenset({0, 1}), "done") for number in range(0, 400, 2)]
    texts["d9"] = "ab cd"
    # With all of the one's labels on one place, the second has a partner for each of its own: matched by hand.
    found = score_rows(compare_spans(annotations_of(rows[-600:], {"d9": "ab cd"}), "label", Settings()).scores)
    assert found["span_f1.strict", None, "Ana", "Ben"][:2] == (pytest.approx(2 * 200 / 600), 400)
    assert found["span_f1_macro.strict", None, "Ana", "Ben"][0] == pytest.approx(200 / 400)
    assert found["token_f1", "label 001", "Ana", "Ben"][:2] == (0, 1)
    assert found["token_f1", "label 002", "Ana", "Ben"][:2] == (1, 1)
    rows = [row for row in rows if row[0] != "d9"] + [("d9", "Ana", row[2], row[3], "done") for row in rows[-200:]]
    scores = compare_spans(annotations_of(rows, texts), "label", Settings()).scores
    check_spans(scores, answers_of(rows), texts, Fraction(1, 2))


X, Y, LONG = ("x", frozenset({0})), ("y", frozenset({0})), ("x", frozenset({0, 1}))


@pytest.mark.parametrize("mine", [(), (X,), (X, X), (LONG, Y)])
@pytest.mark.parametrize("theirs", [None, (), (X,), (Y, LONG), (X, Y)])
def test_none_one_and_two_spans(mine, theirs):
    """Nothing marked, one document, one label, a document that the other never saw."""
    rows = []
    for name, who, spans in (("d", "Ana", mine), ("d" if theirs is not None else "elsewhere", "Ben", theirs or ())):
        rows += [(name, who, *span, "done") for span in spans] or [(name, who, "", frozenset(), "empty")]
    texts = {"d": "a b", "elsewhere": "c"}
    scores = compare_spans(annotations_of(rows, texts), "label", Settings()).scores
    check_spans(scores, answers_of(rows), texts, Fraction(1, 2))


def test_the_table_of_an_audit_has_the_same_rows():
    rng, done = random.Random(8), 0
    while done < 2:
        texts, rows = random_project(rng, ["x", "y", "z"])
        answers = answers_of(rows)
        if len(answers) > 2 and all(set(a) & set(b) for a, b in combinations(answers.values(), 2)):
            table = audit(annotations_of(rows, texts)).scores_table()
            levels = table["level"].isin(["span", "token", "character"]) & table["layer"].eq("label")
            check_spans(table.loc[levels], answers, texts, Fraction(1, 2))
            done += 1


def test_the_label_left_over_is_the_one_that_serves_the_rest():
    """Ana marks x and y on the same characters, Ben z there and x a little further: y meets z, x meets x."""
    there, further = frozenset(range(5)), frozenset(range(1, 6))
    rows = [("d", "Ana", "x", there, "done"), ("d", "Ana", "y", there, "done")]
    rows += [("d", "Ben", "z", there, "done"), ("d", "Ben", "x", further, "done")]
    texts = {"d": "a b c d e f g"}
    scores = compare_spans(annotations_of(rows, texts), "label", Settings()).scores
    check_spans(scores, answers_of(rows), texts, Fraction(1, 2))
    assert score_rows(scores)["span_f1.type", "x", "Ana", "Ben"][:2] == (1, 1)


def test_equally_good_matchings_and_crowds_are_among_the_projects():
    rng, seen = random.Random(0), Counter()
    for _ in range(5 * PROJECTS):
        answers = answers_of(random_project(rng, ["x", "y"])[1])
        for one, other in combinations(answers.values(), 2):
            for name in set(one) & set(other):
                both = [tuple(dict.fromkeys(spans)) for spans in (one[name], other[name])]
                seen["several outcomes"] += len(outcomes(*both, Fraction(1, 2))) > 1
                seen["crowd"] += any(sum(bool(x[1] & y[1]) for y in both[1]) > 1 for x in both[0])
                seen["pieces"] += any(len(pieces_of(x[1])) > 1 for x in both[0])
                seen["empty"] += not all(both)
    assert min(seen[name] for name in ("several outcomes", "crowd", "pieces", "empty")) > 1, seen


def normalised(text):
    """Return the words of the official SQuAD reading: lower case, no ASCII punctuation, no articles."""
    return [word for word in "".join(c for c in text.lower() if c not in PUNCTUATION).split() if word not in ARTICLES]


def expected_answers(pairs):
    """Return the means over items of one pair's (reference, other) texts, and n; two empty texts are not compared."""
    values = {name: [] for name in ("f1", "precision", "recall", "exact_match")}
    common, total, alike = 0, 0, []
    for mine, theirs in pairs:
        if not (mine or theirs):
            continue
        one, other = normalised(mine), normalised(theirs)
        shared = (Counter(one) & Counter(other)).total()
        nothing = Fraction(not (one or other))
        values["f1"].append(Fraction(2 * shared, len(one) + len(other)) if one or other else Fraction(1))
        values["precision"].append(Fraction(shared, len(other)) if other else nothing)
        values["recall"].append(Fraction(shared, len(one)) if one else nothing)
        values["exact_match"].append(Fraction(one == other))
        alike.append(chrf(mine, theirs))
        common += shared
        total += len(one) + len(other)
    n = len(values["f1"])
    means = {f"squad_{name}": (mean(one), n) for name, one in values.items()}
    return means | {"squad_f1_micro": (ratio(2 * common, total), n), "chrf": (mean(alike), n)}


def grams(text, order):
    plain = "".join(text.split())
    return Counter(plain[at : at + order] for at in range(len(plain) - order + 1))


def chrf(mine, theirs):
    """Return the F of character n-grams of theirs against mine, recall counting twice, orders that both have."""
    orders = [(one, other) for one, other in ((grams(mine, n), grams(theirs, n)) for n in range(1, 7)) if one and other]
    common = [(one & other).total() for one, other in orders]
    precision = mean([Fraction(n, other.total()) for n, (_, other) in zip(common, orders, strict=True)]) or Fraction(0)
    recall = mean([Fraction(n, one.total()) for n, (one, _) in zip(common, orders, strict=True)]) or Fraction(0)
    return ratio(5 * precision * recall, 4 * precision + recall) or Fraction(0)


def best_with_others(answers, who):
    """Return the mean of an annotator's best F1 and match with anybody's answer to the same item, and n."""
    best = {"squad_f1": [], "squad_exact_match": []}
    for name, mine in answers[who].items():
        others = [answers[other][name] for other in answers if other != who and name in answers[other]]
        if others and (mine or all(others)):
            scored = [expected_answers([(text, mine)]) for text in others]
            for measure, values in best.items():
                values.append(max(one[measure][0] for one in scored))
    return {f"{name}_references": (mean(values), len(values)) for name, values in best.items()}


WORDS = ("the", "The", "a", "An", "cat", "Cat!", "(dog)", "u.s.", "US", "don't", "--", "theory", "2")


def random_answers(rng):
    """Return {annotator: {item: text}} of at least two annotators who answered anything."""
    answers = {}
    while len(answers) < 2:
        for who in ANNOTATORS[: rng.randint(2, 4)]:
            items = [f"i{number}" for number in range(rng.randint(1, 6)) if rng.random() < 0.8]
            answers[who] = {
                item: rng.choice([" ", "  ", "\t"]).join(rng.choices(WORDS, k=rng.choice([0, 1, 1, 2, 3, 5])))
                for item in items
            }
        answers = {who: texts for who, texts in answers.items() if texts}
    return answers


def check_answers(scores, answers):
    check, directed = Check(scores), ("squad_precision", "squad_recall", "chrf")
    everything = []
    for pair in combinations(sorted(answers), 2):
        shared = sorted(set(answers[pair[0]]) & set(answers[pair[1]]))
        both = [(answers[pair[0]][item], answers[pair[1]][item]) for item in shared]
        forth, back = expected_answers(both), expected_answers([texts[::-1] for texts in both])
        expected = {(name, None, *pair): one for name, one in forth.items()}
        expected |= {(name, None, *pair[::-1]): back[name] for name in directed}
        assert check.wrong(expected) == [], both
        everything += both
    pooled = expected_answers(everything)
    assert check.wrong({(name, None, None, None): pooled[name] for name in pooled if name not in directed}) == []
    for who in answers:
        best = best_with_others(answers, who)
        assert check.wrong({(name, None, None, who): one for name, one in best.items()}) == [], answers
    assert set(check.found) == check.checked


@pytest.mark.parametrize("seed", range(2))
def test_answers(seed):
    rng = random.Random(100 + seed)
    for _ in range(2 * PROJECTS):
        answers = random_answers(rng)
        rows = [(item, who, text) for who, texts in answers.items() for item, text in texts.items()]
        frame = pd.DataFrame(rows, columns=["item", "annotator", "label"])
        frame["status"] = ["done" if text else "empty" for text in frame["label"]]
        records = Records(rows=frame, reading=Reading(rows_read=len(rows)), layers={"label": Layer("label", "answer")})
        scores = compare_answers(assemble(records, Settings()), "label", Settings()).scores
        check_answers(scores, answers)
