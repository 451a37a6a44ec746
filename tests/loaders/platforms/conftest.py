import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from agreement.annotations import Annotations
from agreement.loaders import load
from agreement.settings import Settings


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Annotations]:
    """Write files, given as name = content, and load them; several files as their folder."""

    def read(files: dict[str, str | bytes], **settings: dict[str, Any]) -> Annotations:
        for name, content in files.items():
            path = tmp_path / "export" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        place = tmp_path / "export"
        return load(place / next(iter(files)) if len(files) == 1 else place, Settings.from_mapping(settings))

    return read


@pytest.fixture
def lines() -> Callable[[Iterable[Any]], str]:
    """Return records as JSON lines."""
    return lambda records: "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


@pytest.fixture
def spans() -> Callable[..., list[tuple[str, str, str, int, int]]]:
    """Return the spans of a layer as (item, annotator, label, start, end)."""

    def spans(annotations: Annotations, layer: str = "spans") -> list[tuple[str, str, str, int, int]]:
        mine = annotations.table.loc[annotations.table["layer"] == layer]
        columns = [mine[name].tolist() for name in ("item", "annotator", "label", "start", "end")]
        return sorted(zip(*columns, strict=True))

    return spans


@pytest.fixture
def labels() -> Callable[..., dict[tuple[str, str], list[str]]]:
    """Return the labels of a layer by item and annotator."""

    def labels(annotations: Annotations, layer: str = "label") -> dict[tuple[str, str], list[str]]:
        mine = annotations.table.loc[annotations.table["layer"] == layer]
        found: dict[tuple[str, str], list[str]] = {}
        for item, annotator, label in zip(mine["item"], mine["annotator"], mine["label"], strict=True):
            found.setdefault((item, annotator), []).append(label)
        return found

    return labels


@pytest.fixture
def statuses() -> Callable[..., dict[tuple[str, str], str]]:
    """Return the status by item and annotator in one layer."""

    def statuses(annotations: Annotations, layer: str = "spans") -> dict[tuple[str, str], str]:
        mine = annotations.assignments.loc[annotations.assignments["layer"] == layer]
        return dict(zip(zip(mine["item"], mine["annotator"], strict=True), mine["status"], strict=True))

    return statuses
