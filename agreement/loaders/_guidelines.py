"""Guidelines from a sheet, a CSV or a Markdown file whose headings are sections."""

import re

from agreement.guidelines import Guidelines, Section
from agreement.loaders._cells import split_cell
from agreement.loaders._grids import Grid
from agreement.loaders._vocabulary import GUIDELINE_SHEET, words

NAMES = {
    "id": ("section", "section_id", "id", "nr", "no", "number", "rule", "rule_id", "guideline", "guideline_id", "code"),
    "title": ("title", "heading", "name", "section_title", "topic"),
    "text": ("text", "guideline", "definition", "description", "rule", "instruction", "instructions", "content", "body",
             "wording", "rule_text", "guideline_text"),
    "labels": ("labels", "label", "classes", "class", "categories", "category", "codes", "tags"),
    "revised": ("revised", "revision", "updated", "date", "last_revised", "changed", "version"),
}  # fmt: skip
UNDERLINE = re.compile(r"^ {0,3}(?:=+|-{2,})\s*$")
HEADING = re.compile(r"^\s{0,3}#{1,6}\s+(\S.*)$")
NUMBERED = re.compile(r"(?:§|section|rule)?\s*([A-Z]?\d+(?:\.\d+)*[a-z]?|[A-Z]\.\d+)[.):]?\s+(.*)", re.IGNORECASE)
LABELS_LINE = re.compile(r"^\s*[*_]*labels?[*_]*\s*:[*_]*\s*(.+)$", re.IGNORECASE)
REVISED_LINE = re.compile(r"^\s*[*_]*revised[*_]*\s*:[*_]*\s*(.+)$", re.IGNORECASE)


def is_guideline(grid: Grid) -> bool:
    """Return whether *grid* is a guideline: called like one, with a title or text beside its sections."""
    name = words(grid.sheet or grid.file.rpartition("/")[2].rpartition(".")[0])
    columns = _columns(grid)
    return bool(GUIDELINE_SHEET.fullmatch(name)) and "id" in columns and bool({"title", "text"} & set(columns))


def _columns(grid: Grid) -> dict[str, int]:
    """Return which column holds what of a section."""
    found: dict[str, int] = {}
    for role, names in NAMES.items():
        fitting = [
            (names.index(words(name)), position)
            for position, name in enumerate(grid.names)
            if words(name) in names and position not in found.values()
        ]
        if fitting:
            found[role] = min(fitting)[1]
    return found


def _add(sections: dict[str, Section], part: Section) -> None:
    """Add *part* to *sections*; the words of a section that comes twice are joined, so that none is lost."""
    known = sections.get(part.id)
    if known:
        part = Section(
            part.id,
            known.title or part.title,
            "\n".join(filter(None, (known.text, part.text))),
            tuple(dict.fromkeys(known.labels + part.labels)),
            known.revised or part.revised,
        )
    sections[part.id] = part


def guidelines_from_grid(grid: Grid) -> Guidelines:
    """Return the guideline in *grid*, a row per section; sections are called by what items call them."""
    columns = _columns(grid)
    cells = {role: grid.texts(position) for role, position in columns.items()}
    sections: dict[str, Section] = {}
    for row in range(len(grid)):
        one = {role: str(values[row]).strip() for role, values in cells.items()}
        if one.get("id"):
            labels = tuple(split_cell(one.get("labels", "")))
            _add(
                sections,
                Section(one["id"], one.get("title", ""), one.get("text", ""), labels, one.get("revised", "")),
            )
    return Guidelines(sections, grid.source)


def guidelines_from_markdown(text: str, source: str) -> Guidelines:
    r"""Return the guideline in Markdown *text*: each heading is a section, its number (or title) is its id.

    Headings begin with ``#`` or are underlined with ``===`` or ``---``. A line ``Labels: A, B`` below a heading says
    which labels the section governs, ``Revised: …`` when it changed.

    Examples
    --------
    >>> found = guidelines_from_markdown("# Guide\n## 3.2 Complaints\nLabels: Complaint\nAnger is enough.", "g.md")
    >>> found.sections["3.2"]
    Section(id='3.2', title='Complaints', text='Anger is enough.', labels=('Complaint',), revised='')
    """
    sections: dict[str, Section] = {}
    heading = ""
    body: list[str] = []
    fenced = False

    def close() -> None:
        if not heading:
            return
        numbered = NUMBERED.fullmatch(heading)
        identity, title = (numbered[1], numbered[2].strip()) if numbered else (heading, heading)
        labels = [split_cell(found[1]) for line in body if (found := LABELS_LINE.match(line))]
        revised = [found[1].strip() for line in body if (found := REVISED_LINE.match(line))]
        words_ = [line for line in body if not LABELS_LINE.match(line) and not REVISED_LINE.match(line)]
        known = "\n".join(words_).strip()
        if known or numbered:
            _add(sections, Section(identity, title, known, tuple(labels[0]) if labels else (), "".join(revised[:1])))

    for line in text.splitlines():
        fenced ^= line.lstrip().startswith("```")
        found = None if fenced else HEADING.match(line)
        if found:
            close()
            heading, body = found[1].rstrip().rstrip("#").rstrip(), []
        elif not fenced and UNDERLINE.match(line) and body and body[-1].strip():
            above = body.pop().strip()  # the underlined line is a heading as well
            close()
            heading, body = above, []
        else:
            body.append(line)
    close()
    return Guidelines(sections, source)
