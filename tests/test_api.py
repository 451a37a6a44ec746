"""The public names exist, are documented, and a star import works."""

import subprocess
import sys

import agreement


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
