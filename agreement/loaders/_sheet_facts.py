"""What the XML of a workbook says about its cells and a reader of values does not: formats, formulas, hidden rows.

The sheets are searched as bytes, and only for what their first look says they hold: a full parse of a large sheet
takes ten times as long as reading all its values.
"""

import io
import posixpath
import re
import zipfile
from dataclasses import dataclass, field

from defusedxml import ElementTree  # type: ignore[import-untyped]

from agreement.loaders._base import UNPACKABLE, Source
from agreement.loaders._grids import letter
from agreement.wording import reading as said

GENERAL, TEXT = 0, 49
BUILT_IN = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??",
    **dict.fromkeys(range(14, 18), said.DATE), **dict.fromkeys(range(18, 22), said.TIME), 22: said.DATE_AND_TIME,
}  # fmt: skip
# "<" ends what a tag may hold, so that tags without an end don't make the search start over and over
CELL = re.compile(rb"<(?:\w{1,20}:)?c\s([^<>]*?)(?:/>|>(.*?)</(?:\w{1,20}:)?c>)", re.DOTALL)
ROW = re.compile(rb"<(?:\w{1,20}:)?row\s([^<>]*)>")
COLUMN = re.compile(rb"<(?:\w{1,20}:)?col\s([^<>]*)>")
FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
FORMULA_TAGS = (b"<f>", b"<f ", b"<f/", b":f>", b":f ")
SHORT_TEXT = re.compile(rb"<(?:\w{1,20}:)?t(?:\s[^<>]*)?>([^<]{1,40})</")
HEADS = 1 << 22
VALUE = re.compile(rb"<(?:\w+:)?(?:v>[^<]|is>)")


@dataclass(slots=True)
class SheetFacts:
    """What one sheet hides.

    Parameters
    ----------
    hidden_rows
        Rows (from 1) that are hidden or filtered away.
    hidden_columns
        Letters of hidden columns.
    formats
        Column letter to number format to the addresses of its number cells, formats other than General and text.
    uncached
        Addresses of formulas whose value was never computed.
    """

    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: list[str] = field(default_factory=list)
    formats: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    uncached: list[str] = field(default_factory=list)


def sheet_facts(data: bytes) -> dict[str, SheetFacts]:
    """Return the facts of each sheet of an xlsx workbook by its name; empty if the workbook is of another kind."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            paths = _sheet_paths(archive)
            formats = _formats(archive)
            return {name: _facts(archive.read(path), formats) for name, path in paths.items()}
    except (*UNPACKABLE, ElementTree.ParseError, ValueError, OSError):
        return {}


def short_texts(source: Source) -> list[str] | None:
    """Return the short texts among the first of an xlsx workbook, where its headers are; None for other workbooks.

    They tell, without parsing a sheet, that a workbook has no column of some name.
    """
    if source.member is not None or not source.head.startswith(b"PK"):
        return None
    try:
        with zipfile.ZipFile(source.path) as archive:
            if "xl/workbook.xml" not in archive.namelist():
                return None
            parts = [name for name in archive.namelist() if name == "xl/sharedStrings.xml" or "worksheets/" in name]
            found = []
            for name in parts:
                with archive.open(name) as part:
                    found += SHORT_TEXT.findall(part.read(HEADS))
    except (*UNPACKABLE, ValueError, OSError):
        return None
    return list(dict.fromkeys(text.decode("utf-8", "ignore").strip() for text in found))


def _local(tag: str) -> str:
    """Return a tag without its namespace."""
    return tag.rpartition("}")[2]


def _sheet_paths(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return where each sheet is kept."""
    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {one.get("Id"): one.get("Target", "") for one in relations}
    paths = {}
    for element in ElementTree.fromstring(archive.read("xl/workbook.xml")).iter():
        if _local(element.tag) != "sheet":
            continue
        link = next((value for key, value in element.attrib.items() if _local(key) == "id"), "")
        target = targets.get(link, "")
        path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
        if path in archive.namelist() and "worksheets/" in path:
            paths[element.get("name", "")] = path
    return paths


def _formats(archive: zipfile.ZipFile) -> dict[bytes, str]:
    """Return the number format of each cell style that has one other than General and text."""
    if "xl/styles.xml" not in archive.namelist():
        return {}
    root = ElementTree.fromstring(archive.read("xl/styles.xml"))
    codes = {
        int(one.get("numFmtId", 0)): one.get("formatCode", "") for one in root.iter() if _local(one.tag) == "numFmt"
    }
    styles = next((one for one in root if _local(one.tag) == "cellXfs"), ())
    found = {}
    for position, style in enumerate(styles):
        number = int(style.get("numFmtId", 0))
        code = codes.get(number, BUILT_IN.get(number, f"format {number}"))
        if number not in (GENERAL, TEXT) and code not in ("General", "@"):
            found[str(position).encode()] = code
    return found


def _attribute(attributes: bytes, name: bytes) -> bytes:
    """Return one attribute of an XML tag."""
    found = re.search(rb"\b" + name + rb"""=["']([^"']*)["']""", attributes)
    return found[1] if found else b""


def _facts(xml: bytes, formats: dict[bytes, str]) -> SheetFacts:
    """Return the facts of the sheet in *xml*."""
    facts = SheetFacts()
    if b"hidden=" in xml:
        for found in ROW.finditer(xml):
            if _attribute(found[1], b"hidden") in (b"1", b"true"):
                facts.hidden_rows.add(int(_attribute(found[1], b"r") or 0))
        for found in COLUMN.finditer(xml[: xml.find(b"sheetData") + 1]):
            if _attribute(found[1], b"hidden") in (b"1", b"true"):
                first, last = int(_attribute(found[1], b"min") or 0), int(_attribute(found[1], b"max") or 0)
                facts.hidden_columns += [letter(number - 1) for number in range(first, min(last, first + 50) + 1)]
    styled = [style for style in formats if b's="' + style + b'"' in xml]
    if styled or any(tag in xml for tag in FORMULA_TAGS):
        _look_at_cells(xml, {style: formats[style] for style in styled}, facts)
    return facts


def _look_at_cells(xml: bytes, formats: dict[bytes, str], facts: SheetFacts) -> None:
    """Add the cells with a number format and the formulas without a value to *facts*."""
    end = max(xml.rfind(b"</c>"), xml.rfind(b":c>")) + 4  # behind it no cell with content ends
    for found in CELL.finditer(xml, 0, end):
        attributes, content = found[1], found[2] or b""
        address = _attribute(attributes, b"r").decode("ascii", "ignore")
        if FORMULA.search(content) and not VALUE.search(content):
            facts.uncached.append(address)
        code = formats.get(_attribute(attributes, b"s"))
        if code and VALUE.search(content) and _attribute(attributes, b"t") in (b"", b"n"):
            column = address.rstrip("0123456789")
            facts.formats.setdefault(column, {}).setdefault(code, []).append(address)
