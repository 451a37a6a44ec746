"""English has one home: `agreement/wording/` and the templates; a translator has to look nowhere else."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import agreement
from agreement.loaders import loaders
from agreement.measures import measures
from agreement.wording.definitions import DEFINITIONS
from agreement.wording.formats import FORMATS

PACKAGE = Path(agreement.__file__).parent
HOME = PACKAGE / "wording"
# every folder and module beside it
CHECKED = sorted(
    path.name
    for path in PACKAGE.iterdir()
    if path.name != HOME.name and (path.suffix == ".py" or (path / "__init__.py").is_file())
)
# calls whose words are for whoever runs the program: what is wrong with the input, and what to do about it
ERRORS = ("Problem", "InputError", "OutputError", "SettingsError", "refuse", "_refuse", "wrong", "_listed")
# options are explained where they are declared, and literature is cited where its formula stands
OPTIONS, EXPLAINED = ("option", "argument", "OPTIONS"), ("citation", "description")
CITED = re.compile(r"[^.]* (1[89]|20)\d\d, ")
LOG = "LOG"
# values of the JSON: names that outputs are compared by, though they read like words
VALUES = (
    "slip in the gold", "section that confuses everybody", "labels that people confuse", "characters with CRLF as one",
    "code points with the end included",
    "can't tell yet", "no clear change", "no clear difference", "looks like gold", "how to decide",
)  # fmt: skip
# what inputs say, and is recognised
RECOGNISED = ("NO_ANSWER", "SCALES")
MOST_WORDS = 2
PLAIN_WORD = re.compile(r"[(\u201c]?[A-Za-z][a-z'\u2019]*[.,;:!?)\u201d\u2019]*")


def passes_over(node: ast.AST) -> bool:
    """Return True for an error message, a line of the log, the help of an option and a citation."""
    if isinstance(node, ast.Call):
        before, _, name = ast.unparse(node.func).rpartition(".")
        return name in (*ERRORS, *OPTIONS) or before == LOG
    if isinstance(node, ast.keyword):
        return node.arg in EXPLAINED
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        names = node.targets if isinstance(node, ast.Assign) else [node.target]
        return any(ast.unparse(name).endswith((*OPTIONS, *RECOGNISED)) for name in names)
    return isinstance(node, ast.Raise)


def named_in(node: ast.AST) -> set[str]:
    """Return the names that occur in *node*."""
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def parts_of_errors(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield what is assigned, in a function or its module, to names that error messages are put together from."""
    for scope in ast.walk(tree):
        if not isinstance(scope, (ast.FunctionDef, ast.Module)):
            continue
        inside = list(ast.walk(scope))
        used = {
            name
            for node in inside
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in ERRORS
            for name in named_in(node)
        }
        given = [node for node in inside if isinstance(node, ast.Assign)]
        for node in reversed(given):  # a remedy is put together from what was offered before
            if used & {ast.unparse(name) for name in node.targets}:
                used |= named_in(node.value)
        own = scope.body if isinstance(scope, ast.Module) else inside
        for node in own:
            if isinstance(node, ast.Assign) and used & {ast.unparse(name) for name in node.targets}:
                yield node
            if isinstance(node, ast.For) and used & named_in(node.target):
                yield node.iter


def sentences(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of every string of more than three English words but those passed over."""
    tree = ast.parse(source)
    outside = [*filter(passes_over, ast.walk(tree)), *parts_of_errors(tree)]
    passed_over = {id(part) for node in outside for part in ast.walk(node)}
    for node in ast.walk(tree):
        # a docstring, or a string that stands alone behind a field
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            passed_over.add(id(node.value))
    for node in ast.walk(tree):
        if id(node) in passed_over:
            continue
        if isinstance(node, ast.JoinedStr):
            parts = [part for part in node.values if isinstance(part, ast.Constant)]
            passed_over |= {id(part) for part in parts}
            text = " ".join(str(part.value) for part in parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        if text in VALUES or CITED.match(text) or text.startswith("\nimport "):  # a program in a string is no prose
            continue
        if sum(PLAIN_WORD.fullmatch(word) is not None for word in text.split()) > MOST_WORDS:
            yield node.lineno, text


@pytest.mark.parametrize("place", CHECKED)
def test_no_sentence_lives_outside_the_home_of_words(place):
    paths = sorted((PACKAGE / place).rglob("*.py")) or [PACKAGE / place]
    found = [
        f"{path.relative_to(PACKAGE)}:{line}: {text}"
        for path in paths
        for line, text in sentences(path.read_text(encoding="utf-8"))
    ]
    assert found == [], "move these to agreement/wording/ as a constant or a function"


def test_every_measure_and_format_is_called_as_the_words_say():
    own_weights = {name for name in DEFINITIONS if name.endswith(".custom")}  # made of a layer's settings
    assert {name: (one.title, one.summary) for name, one in measures().items()} == {
        name: said for name, said in DEFINITIONS.items() if name not in own_weights
    }
    assert {name: (one.title, one.export) for name, one in loaders().items()} == FORMATS


def test_the_home_knows_nothing_of_labels():
    imported = {
        node.module
        for path in HOME.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("agreement")
    }
    assert {name for name in imported if not name.startswith("agreement.wording")} == set()


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ('def f(n):\n    "A docstring of many words is fine."\n    return f"{n} items are in dispute here"', True),
        ('x = "These two labels are mixed up."', True),
        ('raise InputError("Name the column that holds the label.")', False),
        ('x = Problem("a.csv", "can\'t be read by anybody at all.")', False),
        ('def f():\n    what = "holds no label at all."\n    return Problem("a.csv", what)', False),
        ('def f():\n    what = "holds no label at all."\n    return what', True),
        ('x = click.option("--item", help="Column that names the item.")', False),
        ('Measure("a", citation="Fleiss one of the big men")', False),
        ('x = "Jaccard 1912, or how the flora of the Alps is spread"', False),
        ('HELP = "Export the project once again."\nx = into.refuse("a.csv", "is no text", HELP)', False),
        ('HELP = "Export the project once again."\nx = into.warn("a.csv", HELP)', True),
        ('for what, n in (("holds no label at all", 1),):\n    x = Problem("a.csv", what)', False),
        ('LOG.info("%s rows came back from there", n)', False),
        ('x = "span_label_given_boundary data:image/png;base64, n {}"', False),
    ],
)
def test_what_counts_as_a_sentence(source, sentence):
    assert bool(list(sentences(source))) is sentence
