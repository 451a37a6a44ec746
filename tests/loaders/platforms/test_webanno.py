import io
import json
import zipfile

import pytest

from agreement.errors import InputError

HEAD = "#FORMAT=WebAnno TSV 3.3\n#T_SP=webanno.custom.NE|value\n\n\n"
ANA = HEAD + (
    "#Text=😀 Champions League in Oslo\n"
    "1-1\t0-2\t😀\t_\t\n1-2\t3-12\tChampions\tORG[1]|PART[2]\t\n1-3\t13-19\tLeague\tORG[1]\t\n1-4\t20-22\tin\t_\t\n"
    "1-5\t23-27\tOslo\tLOC\t\n\n#Text=So.\n2-1\t28-30\tSo\t*\t\n2-1.1\t28-29\tS\tA\\|B\t\n2-2\t30-31\t.\t_\t\n"
)
BEN = (
    ANA.replace("ORG[1]|PART[2]", "_")
    .replace("ORG[1]", "_")
    .replace("LOC", "_")
    .replace("A\\|B", "_")
    .replace("*", "_")
)


def test_stacked_long_and_escaped_spans_in_code_points(read, spans, statuses):
    found = read({"doc/ana.tsv": ANA, "doc/ben.tsv": BEN})
    assert found.items.loc["doc", "text"] == "😀 Champions League in Oslo\nSo."
    assert spans(found, "NE") == [
        ("doc", "ana", "*", 27, 29), ("doc", "ana", "A|B", 27, 28), ("doc", "ana", "LOC", 22, 26),
        ("doc", "ana", "ORG", 2, 18), ("doc", "ana", "PART", 2, 11),
    ]  # fmt: skip
    assert statuses(found, "NE")["doc", "ben"] == "empty"
    assert found.tokens["doc"][:2] == ((0, 1), (2, 11))


def test_curators_are_no_annotators(read):
    found = read({"doc/ana.tsv": ANA, "doc/ben.tsv": BEN, "doc/CURATION_USER.tsv": ANA})
    assert found.compared == ("ana", "ben")
    assert found.of_kind("curator") == ("CURATION_USER",)


def test_a_folder_per_user_is_told_by_the_texts(read, statuses):
    other = ANA.replace("Oslo", "Rome")
    found = read({"ana/1.tsv": ANA, "ana/2.tsv": other, "ben/1.tsv": ANA, "ben/2.tsv": other})
    assert set(statuses(found, "NE")) == {("1", "ana"), ("2", "ana"), ("1", "ben"), ("2", "ben")}


def test_features_with_values_are_layers_and_relations_are_counted(read):
    head = "#FORMAT=WebAnno TSV 3.3\n#T_SP=a.POS|fine|coarse\n#T_RL=a.Dep|type|BT_a.POS\n\n#Text=It is\n"
    body = "1-1\t0-2\tIt\tPRP\tPRON\tsubj\t1-2\t\n1-2\t3-5\tis\tVBZ\t*\t_\t_\t\n"
    found = read({"doc/ana.tsv": head + body, "doc/ben.tsv": head + body})
    assert set(found.layers) == {"POS.fine", "POS.coarse"}
    assert "relations not audited: 2." in found.reading.warnings


def project(members, state="FINISHED"):
    users = [{"name": "doc.txt", "user": user, "state": state} for user in ("ana", "ben")]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("exportedproject1.json", json.dumps({"name": "p", "annotation_documents": users}))
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


TABLES = {
    "annotation/doc.txt/ana.tsv": ANA,
    "annotation/doc.txt/ben.tsv": BEN,
    "annotation/doc.txt/INITIAL_CAS.tsv": BEN,
}


@pytest.mark.parametrize(("state", "status"), [("FINISHED", ["done", "empty"]), ("IN_PROGRESS", ["draft", "empty"])])
def test_a_project_says_who_has_finished(read, statuses, state, status):
    found = read({"project.zip": project(TABLES, state)})
    read_as = statuses(found, "NE")
    assert read_as["doc.txt", "ana"] == status[0]
    assert ("doc.txt", "INITIAL_CAS") not in read_as


def test_only_ser_says_what_to_export(read):
    members = {"annotation_ser/doc.txt/ana.ser": b"\xac\xed", "annotation/doc.txt/ana.txt": "text"}
    with pytest.raises(InputError, match=r"\.ser files \(1\), which only Java reads.*WebAnno TSV v3\.x"):
        read({"project.zip": project(members)})
