"""Make the entity story: ``sample_data/entities/entities.jsonl``, spans in short news texts by four annotators.

Run ``python benchmarks/make_entities.py``; the same bytes come out every time. The words are in
``stories/entities.toml``. Two annotators take titles ("Dr") into the person and two leave them out; towns that act
("Portsea has voted") are LOC for some and ORG for others; the rest are slips.
"""

import json
import random
import re
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
ANNOTATORS = ("aylin", "bruno", "chiara", "dov")
TAKES_TITLE = {"aylin": 0.94, "bruno": 0.05, "chiara": 0.90, "dov": 0.07}
TAKES_ARTICLE = {"aylin": 0.05, "bruno": 0.06, "chiara": 0.12, "dov": 0.05}
TOWN_IS_ORG = 0.38
MISSED, WRONG_LABEL, CUT_SHORT, EXTRA = 0.03, 0.01, 0.012, 0.04
LABELS = ("EVENT", "LOC", "ORG", "PER")
N_DOCUMENTS = 120
SEED = 20_260_303
SLOT = re.compile(r"\{(\w+?)2?\}")
Span = tuple[int, int, int, str, bool]  # where a title or an article starts, start, end, label, a town that acts


def document(words: dict[str, Any], rng: random.Random) -> tuple[str, list[Span]]:
    """Return a text of three or four sentences and the entities in it."""
    sentences = [rng.choice(words["lead"]), *rng.sample(words["middle"], rng.choice((1, 2))), rng.choice(words["end"])]
    pattern = " ".join(sentence for sentence in sentences if sentence)
    used: dict[str, list[str]] = {}
    people: dict[str, str] = {}
    text, spans, position = "", [], 0
    for slot in SLOT.finditer(pattern):
        text += pattern[position : slot.start()]
        position, kind = slot.end(), slot[1]
        list_name = "PER" if kind == "TITLED" else kind
        fresh = [word for word in words[list_name] if word not in used.get(list_name, [])] or words[list_name]
        known = used.get(list_name, [])
        # a text speaks of the same town and firm again, but within a sentence a "2" is another one
        again = known and kind in ("CITY", "ORG") and not slot[0].endswith("2}") and rng.random() < 0.7
        word = known[0] if again else rng.choice(fresh)
        used.setdefault(list_name, []).append(word)
        lead = f"{people.setdefault(word, rng.choice(words['TITLE']))} " if kind == "TITLED" else ""
        before = len(text)
        if kind == "THEORG":
            before -= len("the ")
        start = len(text) + len(lead)
        if word.startswith("the "):
            start += len("the ")
        sentence_start = not text.rstrip() or text.rstrip()[-1] in '."'
        shown = word[0].upper() + word[1:] if sentence_start else word
        text += lead + shown
        label = {"TITLED": "PER", "THEORG": "ORG", "CITY": "LOC"}.get(kind, kind)
        if label in LABELS:
            after = pattern[position:]
            acts = kind == "CITY" and re.match(
                r" (has|had|wants|refused|says|and \{CITY2\} are|are at odds|agrees)", after
            )
            spans.append((before, start, len(text), label, bool(acts)))
    return text + pattern[position:], spans


def answer(text: str, spans: list[Span], annotator: str, rng: random.Random) -> list[dict[str, object]]:
    """Return the spans that *annotator* marks."""
    marked: list[tuple[int, int, str]] = []
    for before, start, end, label, acts in spans:
        if rng.random() < MISSED:
            continue
        taken = TAKES_TITLE if label == "PER" else TAKES_ARTICLE
        left = before if before < start and rng.random() < taken[annotator] else start
        right = end
        if " " in text[start:end] and rng.random() < CUT_SHORT:
            right = text.rindex(" ", start, end)
        given = "ORG" if acts and rng.random() < TOWN_IS_ORG else label
        if rng.random() < WRONG_LABEL:
            given = rng.choice([other for other in LABELS if other != given])
        marked.append((left, right, given))
    if rng.random() < EXTRA:
        words = [*re.finditer(r"[A-Z][a-z]+day\b|\b(?:Police|court|newspaper|autumn|spring|Residents)\b", text)]
        word = rng.choice(words or [*re.finditer(r"\b[a-z]{6,}\b", text)])
        if all(word.end() <= start or word.start() >= end for start, end, _ in marked):
            marked.append((word.start(), word.end(), rng.choice(LABELS)))
    return [{"start": start, "end": end, "label": label} for start, end, label in sorted(marked)]


def main() -> None:
    words = tomllib.loads((Path(__file__).parent / "stories" / "entities.toml").read_text(encoding="utf-8"))
    rng = random.Random(SEED)
    lines = []
    for number in range(1, N_DOCUMENTS + 1):
        text, spans = document(words, rng)
        for annotator in ANNOTATORS:
            marked = answer(text, spans, annotator, rng)
            lines.append({"id": f"news-{number:03}", "annotator": annotator, "text": text, "spans": marked})
    path = ROOT / "sample_data" / "entities" / "entities.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    main()
