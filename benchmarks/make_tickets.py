"""Make the ticket story: ``sample_data/tickets`` and what was planted in it, ``tests/stories/tickets.json``.

Run ``python benchmarks/make_tickets.py``; the same bytes come out every time. The words are in
``stories/tickets.toml``. Planted are exactly three causes (chats read unreliably by everybody, Billing against Refund
in every section, one annotator off), then a second round after the chat section was rewritten, and gold with slips.
"""

import csv
import json
import os
import random
import re
import tomllib
import zipfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

os.environ["OPENPYXL_LXML"] = "False"  # with lxml installed, openpyxl writes the same XML in other bytes

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font

ROOT = Path(__file__).parents[1]
STORY = ROOT / "sample_data" / "tickets"
ANNOTATORS = ("Amara", "Daniel", "Ines", "Marek", "Priya")
OFF = "Daniel"
CHAT = "C3"
PAIR = ("Billing", "Refund")
N_FIRST, N_AGAIN, N_NEW, N_GOLD, N_GOLD_SLIPS = 600, 250, 150, 240, 12
SLIP, OFF_EXTRA, UNCLEAR, SECOND_READING, BLANK = 0.03, 0.17, 0.30, 0.33, 0.008
UNCLEAR_SHARE, DOUBLE_SHARE = 0.75, 0.85
SEED = 20_260_301
FIXED_TIME = (2026, 3, 1, 0, 0, 0)


@dataclass(frozen=True)
class Ticket:
    """One ticket, and why people may disagree about it."""

    item: str
    section: str
    text: str
    truth: str
    second: str | None
    unclear: bool


class Writer:
    """Writes tickets from the vocabulary, going through each list before it repeats itself."""

    def __init__(self, words: dict[str, Any], rng: random.Random) -> None:
        self.words, self.rng = words, rng
        self.decks: dict[int, list[str]] = {}

    def draw(self, phrases: list[str]) -> str:
        """Return the next phrase of a shuffled deck."""
        deck = self.decks.setdefault(id(phrases), [])
        if not deck:
            deck += self.rng.sample(phrases, len(phrases))
        return deck.pop()

    def facts(self) -> dict[str, str]:
        """Return the product, order, names and amounts of one ticket."""
        amount = self.rng.randint(29, 899)
        return {
            "product": self.draw(self.words["products"]),
            "part": self.draw(self.words["parts"]),
            "town": self.draw(self.words["towns"]),
            "person": self.draw(self.words["people"]),
            "day": self.draw(self.words["days"]),
            "date": self.draw(self.words["dates"]),
            "order": f"HH-{self.rng.randint(10_000, 99_999)}",
            "amount": f"£{amount}.{self.rng.choice(('00', '50', '90', '95'))}",
            "less": f"£{amount - amount // 9}.{self.rng.choice(('00', '50', '90', '95'))}",
            "amount2": f"£{self.rng.randint(4, 28)}.{self.rng.choice(('00', '50', '90', '99'))}",
        }

    def ticket(self, item: str, section: str, truth: str) -> Ticket:
        """Return a ticket of one section and intent."""
        intents = self.words["intents"]
        unclear = truth in PAIR and self.rng.random() < UNCLEAR_SHARE
        second = None
        if section == CHAT and self.rng.random() < DOUBLE_SHARE:
            second = self.rng.choice([name for name in intents if name != truth and name not in PAIR])
        cores = intents[truth]["unclear" if unclear else "cores"]
        text = self.chat(truth, second, self.draw(cores) if unclear else None) if section == CHAT else ""
        if not text:
            channel = self.words["channels"][section]
            body = self.draw(cores)
            extra = self.draw(intents[truth]["context"]) if self.rng.random() < 0.55 else ""
            body = f"{extra} {body}" if extra and self.rng.random() < 0.4 else f"{body} {extra}".strip()
            opening = self.draw(channel["opening"])
            text = opening + (lowered(body) if opening.endswith(", ") else body) + self.draw(channel["closing"])
        return Ticket(item, section, text.format(**self.facts()), truth, second, unclear)

    def chat(self, truth: str, second: str | None, core: str | None) -> str:
        """Return a chat in which the main wish and, if there is one, a second wish come in either order."""
        intents, agent = self.words["intents"], self.words["agent"]
        wishes = [core or self.draw(intents[truth]["chat"])]
        if second:
            wishes.insert(self.rng.randint(0, 1), self.draw(intents[second]["chat"]))
        first, middle, turn, end = (self.draw(agent[name]) for name in ("first", "middle", "turn", "end"))
        lines = [f"Agent: {first}", f"Customer: {wishes[0]}", f"Agent: {middle}"]
        if len(wishes) > 1:
            lines.append(f"Customer: {self.draw(agent['bridge'])}{lowered(wishes[1])}")
        else:
            lines.append(f"Customer: {self.draw(intents[truth]['context'])}")
        lines += [f"Agent: {turn}", f"Customer: {end}"]
        return "\n".join(lines)


def lowered(sentence: str) -> str:
    """Return *sentence* as it goes on after a comma: I, amounts and order numbers stay as they are."""
    return sentence if sentence.startswith(("I ", "I'", "{", "VAT")) else sentence[0].lower() + sentence[1:]


def sections_and_intents(words: dict[str, Any], n: int, rng: random.Random) -> list[tuple[str, str]]:
    """Return n (section, intent) with the same mix of intents in every section, in random order."""
    drawn = []
    for section, channel in words["channels"].items():
        size = round(n * channel["share"])
        quota = [name for name, intent in words["intents"].items() for _ in range(round(size * intent["share"]))]
        quota += rng.choices(list(words["intents"]), k=max(0, size - len(quota)))
        drawn += [(section, name) for name in rng.sample(quota, size)]
    rng.shuffle(drawn)
    return drawn[:n]


def label(ticket: Ticket, annotator: str, rng: random.Random, intents: list[str], *, rewritten: bool) -> str | None:
    """Return what *annotator* makes of the ticket, None where the cell stays blank."""
    if rng.random() < BLANK:
        return None
    answer = ticket.truth
    if ticket.unclear and rng.random() < UNCLEAR:
        answer = PAIR[1 - PAIR.index(answer)]
    if ticket.second and rng.random() < (SLIP if rewritten else SECOND_READING):
        answer = ticket.second
    if rng.random() < SLIP + (OFF_EXTRA if annotator == OFF else 0):
        answer = rng.choice([name for name in intents if name != answer])
    return answer


def workbook(tickets: list[Ticket], words: dict[str, Any], rng: random.Random, *, rewritten: bool) -> Workbook:
    """Return the workbook of one round: a guideline sheet, then a sheet per annotator."""
    book = Workbook()
    guide = book.active
    guide.title = "guidelines"
    guide.append(["section", "title", "text", "labels", "revised"])
    for section, channel in words["channels"].items():
        new = rewritten and section == CHAT
        text = channel["rewritten"] if new else channel["text"]
        guide.append([section, channel["title"], text, "", "2026-03-30" if new else "2026-02-16"])
    for number, (name, intent) in enumerate(words["intents"].items(), start=1):
        guide.append([f"I{number}", name, intent["rule"], name, "2026-02-16"])
    for annotator in ANNOTATORS:
        sheet = book.create_sheet(annotator)
        sheet.append(["item", "section", "text", "label"])
        order = list(tickets)
        for ticket in order:
            answer = label(ticket, annotator, rng, list(words["intents"]), rewritten=rewritten)
            sheet.append([ticket.item, ticket.section, ticket.text, answer])
    for sheet in book.worksheets:
        sheet.freeze_panes = "A2"
        for cell in sheet[1]:
            cell.font = Font(bold=True)
        for column, width in zip("ABCDE", (9, 18, 90, 18, 12) if sheet is guide else (9, 9, 90, 18, 9), strict=True):
            sheet.column_dimensions[column].width = width
        for row in sheet.iter_rows(min_row=2, min_col=3, max_col=3):
            row[0].alignment = Alignment(wrap_text=True, vertical="top")
    return book


def save(book: Workbook, path: Path) -> None:
    """Write *book* with fixed times, so that the same story gives the same bytes."""
    buffer = BytesIO()
    book.save(buffer)
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(buffer) as made, zipfile.ZipFile(path, "w") as kept:
        for name in made.namelist():
            content = made.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"2026-03-01T00:00:00Z", content)
            info = zipfile.ZipInfo(name, FIXED_TIME)
            info.compress_type, info.create_system, info.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            kept.writestr(info, content)


def gold(tickets: list[Ticket], rng: random.Random, intents: list[str]) -> tuple[list[list[str]], list[str]]:
    """Return gold rows for some tickets, and the items in which the gold is a slip."""
    chosen = sorted(rng.sample(tickets, N_GOLD), key=lambda ticket: ticket.item)
    plain = [ticket.item for ticket in chosen if not ticket.unclear and ticket.section != CHAT]
    slips = sorted(rng.sample(plain, N_GOLD_SLIPS))
    rows = []
    for ticket in chosen:
        wrong = rng.choice([name for name in intents if name != ticket.truth])
        rows.append([ticket.item, wrong if ticket.item in slips else ticket.truth])
    return rows, slips


def main() -> None:
    words = tomllib.loads((Path(__file__).parent / "stories" / "tickets.toml").read_text(encoding="utf-8"))
    rng = random.Random(SEED)
    writer, intents = Writer(words, rng), list(words["intents"])
    first = [
        writer.ticket(f"T-{number:04}", section, truth)
        for number, (section, truth) in enumerate(sections_and_intents(words, N_FIRST, rng), start=1)
    ]
    save(workbook(first, words, rng, rewritten=False), STORY / "tickets.xlsx")
    rows, slips = gold(first, rng, intents)
    with (STORY / "gold.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([["item", "label"], *rows])
    new = [
        writer.ticket(f"T-{number:04}", section, truth)
        for number, (section, truth) in enumerate(sections_and_intents(words, N_NEW, rng), start=N_FIRST + 1)
    ]
    again = sorted(rng.sample(first, N_AGAIN), key=lambda ticket: ticket.item)
    save(workbook(again + new, words, rng, rewritten=True), STORY / "tickets_round2.xlsx")
    planted = {
        "causes": [
            {"kind": "section", "section": CHAT},
            {"kind": "label_pair", "labels": list(PAIR)},
            {"kind": "annotator", "annotator": OFF},
        ],
        "gold_slips": slips,
        "round_change": {"section": CHAT, "direction": "better"},
        "truth": {ticket.item: ticket.truth for ticket in first + new},
    }
    path = ROOT / "tests" / "stories" / "tickets.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(planted, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
