"""Text without quotes is read by numbers; whatever it holds, that gives what pandas' parser gives."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agreement.loaders import _plain_text, _text_tables

CELLS = st.text(st.characters(exclude_characters=',"\r\n\0', exclude_categories=("Cs",)), max_size=20)


def same(columns, others):
    assert [list(column.categories) for column in columns] == [list(column.categories) for column in others]
    assert [column.codes.tolist() for column in columns] == [column.codes.tolist() for column in others]


@settings(deadline=None)
@given(
    st.integers(2, 4).flatmap(
        lambda width: st.lists(st.lists(CELLS | st.sampled_from("ab "), min_size=width, max_size=width), min_size=1)
    ),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.sampled_from([1 << 23, 100, 230]),
)
def test_plain_text_is_read_as_pandas_reads_it(rows, line_end, closed, piece):
    rows[-1][-1] = rows[-1][-1] or "x"
    text = line_end.join(map(",".join, [["a"] * len(rows[0]), *rows])) + line_end * closed
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_plain_text, "PIECE", piece)
        found = _text_tables._plain(text.encode(), ",", 1)
    if found is None:  # a line longer than a piece, or a cell longer than 64 bytes
        assert piece < 1 << 23 or max(len(cell.encode()) for row in rows for cell in row) > 64
    else:
        same(found, _text_tables._fast(text.encode(), ",", 1))


@settings(deadline=None)
@given(
    st.lists(st.tuples(CELLS | st.sampled_from("ab "), CELLS), min_size=1, max_size=30), st.sampled_from([1 << 23, 100])
)
def test_many_different_cells_are_the_same_in_order_of_their_text(rows, piece):
    text = "".join(f"{item},{label or 'x'}\n" for item, label in rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_plain_text, "PIECE", piece)
        patch.setattr(_plain_text, "MANY", 0)
        found = _text_tables._plain(text.encode(), ",", 0)
    if found is None:
        assert piece < 1 << 23 or max(len(cell.encode()) for row in rows for cell in row) > 64
        return
    for column, other in zip(found, _text_tables._fast(text.encode(), ",", 0), strict=True):
        names = list(column.categories)
        assert names == ["", *sorted(names[1:])]
        assert list(column) == list(other)


@pytest.mark.parametrize(
    "text", ['a,"b"\n', "a,b\nc\n", "a,b\nc,d,e\n", "a,b\n\nc,d\n", "a\rb,c\n", "a\nb\n", f"a,{'b' * 65}\n", ""]
)
def test_text_that_is_not_plain_is_left_to_the_parsers(text):
    assert _plain_text.plain_cells(text.encode(), ",", 0) is None
