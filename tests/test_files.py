"""Outputs are whole or not there, and an input is never overwritten."""

import os
import stat

import pytest

from agreement import _files
from agreement.errors import OutputError

IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_an_output_replaces_what_was_there_and_leaves_nothing_else(tmp_path):
    target = tmp_path / "out.json"
    target.write_text("old")
    assert _files.write_text(target, "new\n") == target
    assert target.read_bytes() == b"new\n"
    assert names(tmp_path) == ["out.json"]


def test_an_interrupted_output_leaves_the_old_one(tmp_path):
    target = tmp_path / "out.json"
    target.write_text("old")

    def interrupted():
        with _files.replacing(target) as file:
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert target.read_text() == "old"
    assert names(tmp_path) == ["out.json"]


def test_a_new_file_follows_the_mask_and_an_old_one_keeps_its_rights(tmp_path):
    before = os.umask(0o027)
    try:
        new = _files.write_text(tmp_path / "new", "x")
    finally:
        os.umask(before)
    assert stat.S_IMODE(new.stat().st_mode) == 0o640
    new.chmod(0o604)
    _files.write_text(new, "y")
    assert stat.S_IMODE(new.stat().st_mode) == 0o604


def test_a_link_is_followed_and_stays(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    link.symlink_to(target)
    _files.write_text(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_a_device_is_written_directly():
    _files.write_text(os.devnull, "gone")


def test_half_a_surrogate_pair_does_not_stop_an_output(tmp_path):
    assert _files.write_text(tmp_path / "x", "a\ud800b").read_text() == "a?b"


@pytest.mark.parametrize("kind", ["missing folder", "folder"])
def test_an_impossible_place_is_refused_before_anything_is_computed(tmp_path, kind):
    path = tmp_path / "none" / "out.html" if kind == "missing folder" else tmp_path
    with pytest.raises(OutputError, match="folder"):
        _files.checked(path, [])


def test_an_impossible_place_is_refused_when_writing(tmp_path):
    with pytest.raises(OutputError, match="can't be written: No such file"):
        _files.write_text(tmp_path / "none" / "out", "x")


@pytest.mark.skipif(IS_ROOT, reason="root may write everywhere")
def test_a_write_protected_file_is_left_alone(tmp_path):
    target = tmp_path / "out"
    target.write_text("old")
    target.chmod(0o444)
    with pytest.raises(OutputError, match="write-protected"):
        _files.write_text(target, "new")
    assert target.read_text() == "old"


@pytest.mark.parametrize("given", ["labels.csv", "*.csv", "link.csv"])
def test_an_input_is_never_overwritten(tmp_path, given):
    labels = tmp_path / "labels.csv"
    labels.write_text("item,annotator,label\n")
    (tmp_path / "link.csv").symlink_to(labels)
    with pytest.raises(OutputError, match="is an input"):
        _files.checked(labels, [tmp_path / given])


def test_a_file_in_a_folder_that_was_read_is_not_overwritten(tmp_path):
    (tmp_path / "labels.json").write_text("{}")
    (tmp_path / "report.html").write_text("")
    with pytest.raises(OutputError, match="read as input"):
        _files.checked(tmp_path / "labels.json", [tmp_path])
    assert _files.checked(tmp_path / "new.json", [tmp_path]) == tmp_path / "new.json"
    assert _files.checked(tmp_path / "report.html", [tmp_path]) == tmp_path / "report.html"


def test_a_folder_is_made_where_it_is_missing(tmp_path):
    assert _files.made_folder(tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="can't be used as a folder"):
        _files.made_folder(tmp_path / "file")
