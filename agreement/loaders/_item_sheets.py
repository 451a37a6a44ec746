"""Sheets and files that hold no labels but tell about items: text, section, document."""

from collections.abc import Sequence

import pandas as pd

from agreement.annotations import Reading
from agreement.loaders._grids import Grid
from agreement.loaders._parts import stem
from agreement.loaders._roles import Roles
from agreement.loaders._vocabulary import ITEMS_SHEET, names_a_person, words
from agreement.loaders._workbooks import some
from agreement.wording import reading as said


def is_items_sheet(grid: Grid, roles: Roles) -> bool:
    """Return whether a grid only tells about items: called so, no annotator, no label."""
    name = words(grid.sheet or stem(grid))
    named = ITEMS_SHEET.fullmatch(name) is not None
    tells = {"text", "section", "document"} & set(roles.single)
    no_labels = "annotator" not in roles.single and not roles.label and not roles.gold
    people = any(names_a_person(grid.names[position]) for position in roles.free)
    return bool(roles.item) and no_labels and not people and (named or (bool(tells) and not roles.free))


def tells_of_items(roles: Roles) -> bool:
    """Return whether a grid without labels tells something about items."""
    return bool(roles.item) and bool({"text", "section", "document"} & set(roles.single))


def items_of(grid: Grid, roles: Roles) -> pd.DataFrame:
    """Return what a sheet of items says about them."""
    names = {"text": "text", "section": "section", "document": "cluster", "round": "batch"}
    columns = {names[role]: position for role, position in roles.single.items() if role in names}
    columns |= {grid.names[position]: position for position in roles.free}
    index = pd.Index([str(name).strip() for name in grid.texts(roles.item[0])], name="item", dtype="str")
    return pd.DataFrame({name: grid.texts(position) for name, position in columns.items()}, index=index)


def merged_items(frames: Sequence[pd.DataFrame], reading: Reading) -> pd.DataFrame:
    """Return what all grids say about items; the first filled cell counts, contradictions are reported."""
    told = [frame for frame in frames if frame.columns.size]
    if not told:
        return pd.DataFrame(index=pd.Index([], name="item"))
    everything = pd.concat(told)
    if len(told) > 1 or everything.index.has_duplicates:
        filled = everything.where(everything != "")
        for name in ("text", "section", "cluster"):
            if name in everything:
                clashes = filled[name].str.strip().groupby(level=0, sort=False).nunique().gt(1)
                if clashes.any():
                    shown = some([str(item) for item in clashes.index[clashes]])
                    reading.warnings.append(said.contradicting(int(clashes.sum()), name, shown))
        everything = filled.groupby(level=0, sort=False).first()
    everything.index.name = "item"
    return everything.fillna("").astype("str")
