"""Make the sentiment story: ``sample_data/sentiment``, comments on a five-point scale by three annotators.

Run ``python benchmarks/make_sentiment.py``; the same bytes come out every time. The words are in
``stories/sentiment.toml``. Neighbouring levels are confused most, mixed comments more than plain ones; some cells are
blank, and 240 of the 300 comments have a gold label.
"""

import csv
import random
import tomllib
from pathlib import Path
from typing import Any

STORY = Path(__file__).parents[1] / "sample_data" / "sentiment"
ANNOTATORS = ("Leonie", "Tomasz", "Yusuf")
SHIFT = {"Leonie": 0.0, "Tomasz": -0.25, "Yusuf": 0.15}  # how many levels an annotator reads higher than the text
SPREAD = {"plain": 0.38, "mixed": 0.75, "ironic": 0.95}
BLANK = {"Leonie": 0.03, "Tomasz": 0.09, "Yusuf": 0.06}
N_COMMENTS, N_GOLD = 300, 240
LEVEL_SHARES = (0.13, 0.22, 0.18, 0.27, 0.20)
SEED = 20_260_302
SETTINGS = """\
# How sentiment.csv is to be read; found by `agreement audit` with --config.
[columns]
item = ["id"]
text = "comment"
annotators = ["Leonie", "Tomasz", "Yusuf"]
gold = "gold"

[labels]
order = ["very negative", "negative", "neutral", "positive", "very positive"]
"""


def lowered(sentence: str) -> str:
    """Return *sentence* as it goes on after a colon; I and names of things stay as they are."""
    return sentence if sentence.startswith(("I ", "Bus ")) else sentence[0].lower() + sentence[1:]


def comment(words: dict[str, Any], level: int, rng: random.Random) -> tuple[str, str]:
    """Return a comment at *level*, and whether it is plain, mixed or ironic."""
    first, second, third = rng.sample(list(words["aspects"]), 3)

    def sentence(aspect: str, at: int) -> str:
        return str(rng.choice(words["aspects"][aspect][min(max(at, 0), 4)]))

    opening = rng.choice(words["opening"]).format(
        day=rng.choice(words["days"]),
        party=rng.choice(words["parties"]),
        nth=rng.choice(words["nths"]),
        hours=rng.choice(words["hours"]),
    )
    kind = rng.choices(("plain", "mixed", "ironic"), (0.66, 0.26, 0.08 if level < 2 else 0))[0]
    if kind == "mixed":
        other = level + (2 if level < 2 else -2 if level > 2 else rng.choice((-1, 1)))
        body = f"{sentence(first, level)} {rng.choice(words['closing']['mixed'])}{lowered(sentence(second, other))}"
    elif kind == "ironic":
        body = f"{rng.choice(words['closing']['ironic'])}{lowered(sentence(first, level))} {sentence(second, 2)}"
    else:
        body = f"{sentence(first, level)} {sentence(second, level)}"
        if rng.random() < 0.3:
            body += f" {sentence(third, 2)}"
    if rng.random() < 0.4:
        body += f" {rng.choice(words['closing']['texts'][level])}"
    return opening + body, kind


def main() -> None:
    words = tomllib.loads((Path(__file__).parent / "stories" / "sentiment.toml").read_text(encoding="utf-8"))
    rng = random.Random(SEED)
    levels = words["levels"]
    seen: set[str] = set()
    rows = []
    while len(rows) < N_COMMENTS:
        truth = rng.choices(range(5), LEVEL_SHARES)[0]
        text, kind = comment(words, truth, rng)
        if text in seen:
            continue
        seen.add(text)
        answers = []
        for annotator in ANNOTATORS:
            read = round(truth + SHIFT[annotator] + rng.gauss(0, SPREAD[kind]))
            answers.append("" if rng.random() < BLANK[annotator] else levels[min(max(read, 0), 4)])
        rows.append([f"V{len(rows) + 1:03}", text, *answers, levels[truth]])
    for position in rng.sample(range(N_COMMENTS), N_COMMENTS - N_GOLD):
        rows[position][-1] = ""
    STORY.mkdir(parents=True, exist_ok=True)
    with (STORY / "sentiment.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([["id", "comment", *ANNOTATORS, "gold"], *rows])
    (STORY / "agreement.toml").write_text(SETTINGS, encoding="utf-8")


if __name__ == "__main__":
    main()
