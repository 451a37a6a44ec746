"""What comes back from the engine, counted: the only way back for rows."""

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    import ibis.expr.types as ir

LOG = logging.getLogger("agreement.warehouse")


@dataclass(slots=True)
class Traffic:
    """How many rows came back from the engine."""

    rows: int = 0

    def fetch(self, table: "ir.Table | ir.Value", *, patterns: bool = False) -> pd.DataFrame:
        """Return the rows of *table*, counted; with *patterns*, lists stay as compact as they came."""
        came = table.as_table().to_pyarrow()
        found: pd.DataFrame = came.to_pandas(types_mapper=_compact if patterns else None)
        self.rows += len(found)
        return found


def _compact(kind: Any) -> pd.ArrowDtype | None:  # noqa: ANN401 - a type of pyarrow, which has no stubs
    """Return the type that holds lists without an object for each; None for all that pandas has a type for."""
    return pd.ArrowDtype(kind) if hasattr(kind, "value_type") else None


def known(table: "ir.Table", ours: "ir.Table") -> None:
    """Make the engine of *table* know a table of *ours*; Spark does only after a query of its own has read it."""
    table.get_backend().to_pyarrow(ours.count())


def forget(table: "ir.Table", ours: "ir.Table") -> None:
    """Give back the memory of a table of *ours* that the engine of *table* knows, and is asked of no more.

    DuckDB would keep it until the connection closes; others have a copy of their own.
    """
    unregister = getattr(getattr(table.get_backend(), "con", None), "unregister", None)
    if unregister is not None:
        unregister(ours.op().name)
