import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from agreement.loaders._offsets import UNITS, Corpus

TEXTS = st.lists(st.text(alphabet="aé字😀 \r\n\u00a0"), min_size=1, max_size=4)


def units_before(text, at, unit):
    head = text[:at]
    if unit == "UTF-16 units":
        return len(head.encode("utf-16-le")) // 2
    if unit == "UTF-8 bytes":
        return len(head.encode())
    if unit == "characters with CRLF as one":
        return len(head) - sum(text[i : i + 2] == "\r\n" for i in range(at))
    return at


@given(TEXTS)
def test_every_boundary_comes_back_from_every_unit(texts):
    corpus = Corpus.of(texts)
    for unit in UNITS:
        for number, text in enumerate(texts):
            offsets = [units_before(text, at, unit) for at in range(len(text) + 1)]
            found = corpus.code_points(np.full(len(offsets), number), np.array(offsets), unit).tolist()
            if unit == "characters with CRLF as one":
                assert [units_before(text, at, unit) for at in found] == offsets
            else:
                assert found == list(range(len(text) + 1))


@given(TEXTS, st.integers(1, 5))
def test_beyond_the_text_is_no_place(texts, more):
    corpus = Corpus.of(texts)
    for number, text in enumerate(texts):
        beyond = np.array([len(text) + more, -more])
        assert corpus.code_points(np.full(2, number), beyond, "code points").tolist() == [-1, -1]


@given(TEXTS, st.data())
def test_trimming_is_what_strip_does(texts, data):
    corpus = Corpus.of(texts)
    number = data.draw(st.integers(0, len(texts) - 1))
    text = texts[number]
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    begin, stop = corpus.trimmed(np.array([number]), np.array([start]), np.array([end]))
    covered = text[start:end]
    assert text[begin[0] : stop[0]] == (covered.strip() or covered)


@given(TEXTS, st.data())
def test_covered_texts_are_compared_sign_by_sign(texts, data):
    corpus = Corpus.of(texts)
    number = data.draw(st.integers(0, len(texts) - 1))
    text = texts[number]
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    claim = data.draw(st.one_of(st.just(text[start:end]), st.text(alphabet="aé字😀 ")))
    fits = corpus.covers(np.array([number]), np.array([start]), np.array([end]), [claim])
    assert fits.tolist() == [text[start:end] == claim]
