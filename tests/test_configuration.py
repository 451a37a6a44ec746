"""docs/configuration.md names every key of agreement.toml with its default and meaning, and no other."""

from pathlib import Path

import pytest
from pydantic import BaseModel

from agreement.errors import SettingsError
from agreement.settings import Settings

DOCUMENT = Path(__file__).parent.parent / "docs" / "configuration.md"
SECTIONS = {
    name: field.annotation
    for name, field in Settings.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
}


def rows(section, model):
    for key, field in model.model_fields.items():
        default = field.get_default(call_default_factory=True)
        shown = "" if default in (None, (), {}) else str(default).lower() if isinstance(default, bool) else str(default)
        yield f"| `{section}.{key}` | {shown} | {field.description} |"


def test_every_key_is_documented_with_its_default():
    text = DOCUMENT.read_text(encoding="utf-8")
    assert [row for name, model in SECTIONS.items() for row in rows(name, model) if row not in text] == []


def test_no_key_is_documented_that_does_not_exist():
    known = {f"`{name}.{key}`" for name, model in SECTIONS.items() for key in model.model_fields}
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    documented = {line.split("|")[1].strip() for line in lines if line.startswith("| `")}
    assert {key for key in documented if key.split(".")[0].strip("`") in SECTIONS} - known == set()


@pytest.mark.parametrize("section", [*SECTIONS, "nonsense"])
def test_an_unknown_key_is_an_error_that_names_it(section):
    with pytest.raises(SettingsError, match=r"nonsense"):
        Settings.from_mapping({section: {"nonsense": 1}})


def test_all_problems_are_named_at_once():
    with pytest.raises(SettingsError) as caught:
        Settings.from_mapping({"gate": {"kappa": 7, "f1_item": "much"}, "measures": {"iou": 0}})
    assert len(caught.value.problems) == 3


def test_the_signature_names_what_every_number_rests_on_and_what_differs_from_the_default():
    plain = Settings().signature().split("|")
    signature = Settings.from_mapping({"measures": {"iou": 0.4}, "labels": {"order": ["low", "high"]}}).signature()
    assert signature.split("|") == [*plain[:3], "iou:0.4", *plain[4:], "labels.order:low,high"]
    assert {part.split(":")[0] for part in plain} >= {"agreement", "confidence", "min_pair_items", "duplicates"}


@pytest.mark.parametrize("file", ["/home/eve/gold.csv", "..\\eve\\gold.csv", "gold.csv"])
@pytest.mark.parametrize(
    ("section", "key"), [("columns", "gold"), ("sections", "file"), ("ranking", "source"), ("measures", "similarity")]
)
def test_the_signature_names_files_without_their_folders(section, key, file):
    named = Settings.from_mapping({section: {key: file}}).signature().split("|")[-1]
    assert named == f"{section}.{key}:gold.csv"


@pytest.mark.parametrize("level", [0.9999999999999999, 1, 0.5])
def test_levels_next_to_one_or_of_a_coin_are_refused(level):
    with pytest.raises(SettingsError, match=r"measures\.confidence"):
        Settings.from_mapping({"measures": {"confidence": level}})
