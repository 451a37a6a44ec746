"""The public names exist, are documented, and a star import works."""

import subprocess
import sys

import pandas as pd
import pytest

import agreement
from agreement.cli._options import READING_OPTIONS
from agreement.settings import OPTIONS


def test_star_import_gives_the_public_names():
    names = {}
    exec("from agreement import *", names)
    assert set(agreement.__all__) <= set(names)


def test_public_names_are_documented():
    assert [name for name in agreement.__all__ if not getattr(agreement, name).__doc__] == []


def test_audit_is_the_function_whatever_was_imported_before():
    code = "import agreement.pipeline, agreement.loaders, agreement; assert callable(agreement.audit)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_unknown_names_are_attribute_errors():
    assert not hasattr(agreement, "no_such_name")


def test_options_are_those_of_the_command_line():
    flags = {option.flag.removeprefix("--").replace("-", "_"): option.key for option in READING_OPTIONS}
    renamed = {"no_trim"}  # a switch that is off needs no name in Python: settings.reading.trim_spans
    assert {name: key for name, key in flags.items() if name not in renamed}.items() <= OPTIONS.items()


def test_options_win_over_settings(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("ticket,who,grade\n1,ana,low\n1,ben,high\n2,ana,low\n2,ben,low\n", encoding="utf-8")
    annotations = agreement.load(path, item="ticket", annotator="who", label="grade", order=["low", "high"])
    assert annotations.layers["label"].kind == "ordinal"
    assert annotations.layers["label"].labels == ("low", "high")


def test_an_unknown_option_names_the_known_ones():
    with pytest.raises(agreement.SettingsError, match=r"colour.*Known: "):
        agreement.load("x.csv", colour="red")


def test_how_to_read_cannot_be_said_of_what_was_read():
    frame = pd.DataFrame({"item": [1, 1], "annotator": ["a", "b"], "label": ["x", "y"]})
    annotations = agreement.audit(frame).annotations
    with pytest.raises(agreement.SettingsError, match="load"):
        agreement.audit(annotations, order=["x", "y"])
