"""What templates compile to is kept beside them like compiled modules, and never used for anything else."""

import sys

import pytest
from jinja2 import Environment, FileSystemLoader

from agreement.report._compiled import CompiledBeside
from agreement.report.page import make_environment


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    (tmp_path / "maker.py").write_text("FORM = 1", encoding="utf-8")
    (tmp_path / "page.html").write_text("Hello {{ name }}", encoding="utf-8")
    return tmp_path


def rendered(folder):
    """Return the page in a new environment, and how often anything was compiled for it."""
    compiled = []

    class Counting(Environment):
        def _generate(self, *args, **options):
            compiled.append(1)
            return super()._generate(*args, **options)

    environment = Counting(loader=FileSystemLoader(folder), bytecode_cache=CompiledBeside([folder / "maker.py"]))
    return environment.get_template("page.html").render(name="Ana"), len(compiled)


def kept(folder):
    return sorted(path.name for path in folder.glob("__pycache__/*"))


def test_a_template_is_compiled_once(folder):
    assert rendered(folder) == ("Hello Ana", 1)
    assert rendered(folder) == ("Hello Ana", 0)
    assert kept(folder) == [f"page.{sys.implementation.cache_tag}.opt-jinja.pyc"]


def test_a_template_that_changed_is_compiled_again(folder):
    rendered(folder)
    (folder / "page.html").write_text("Bye {{ name }}", encoding="utf-8")
    assert rendered(folder) == ("Bye Ana", 1)
    assert rendered(folder) == ("Bye Ana", 0)


def test_templates_are_compiled_again_when_what_makes_them_changed(folder):
    rendered(folder)
    (folder / "maker.py").write_text("FORM = 2", encoding="utf-8")
    assert rendered(folder) == ("Hello Ana", 1)


@pytest.mark.parametrize("left", [0, 10, 64, 80], ids=["nothing", "part of the head", "the head", "part of the code"])
def test_a_damaged_file_is_replaced(folder, left):
    rendered(folder)
    [file] = folder.glob("__pycache__/*")
    file.write_bytes(file.read_bytes()[:left])
    assert rendered(folder) == ("Hello Ana", 1)
    assert rendered(folder) == ("Hello Ana", 0)


def test_nothing_is_written_where_python_writes_no_compiled_modules(folder, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert rendered(folder) == ("Hello Ana", 1)
    assert kept(folder) == []


def test_a_folder_that_cant_be_written_to_does_no_harm(folder):
    (folder / "__pycache__").write_text("a file where the folder would be", encoding="utf-8")
    assert rendered(folder) == ("Hello Ana", 1)


def test_templates_of_the_users_own_are_never_kept(tmp_path):
    assert make_environment(tmp_path).bytecode_cache is None
