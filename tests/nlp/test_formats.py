"""Annotated text in four formats."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nlp.formats import AnnotatedText, detect_format, read_annotated


def spans(document: AnnotatedText) -> list[tuple[str, str]]:
    return [(document.text[e.start : e.end], e.label) for e in document.entities]


def test_pubtator(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text(
        "7|t|Aspirin and ulcers.\n7|a|Aspirin causes 😀 ulcers.\n7\t0\t7\tAspirin\tChemical\tD001241\n"
        "7\t12\t18\tulcers\tDisease\tD014456|D000001\n7\tCID\tD001241\tD014456\n\n8|t|No title\n8|a|Nothing.\n",
        encoding="utf-8",
    )
    first, second = read_annotated(file)
    assert spans(first) == [("Aspirin", "drug"), ("ulcers", "disease")]
    assert [e.concept_id for e in first.entities] == ["MESH:D001241", "MESH:D014456|MESH:D000001"]
    assert first.concept_relations == {("MESH:D001241", "MESH:D014456", "causes")}
    assert second.entities == ()


def test_pubtator_says_where_an_offset_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("7|t|Aspirin.\n7|a|x\n7\t1\t8\tAspirin\tChemical\tD1\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"document 7: 'Aspirin' is not at 1:8"):
        list(read_annotated(file))


def test_conll_words_and_characters(tmp_path: Path) -> None:
    file = tmp_path / "a.tsv"
    file.write_text("Lung\tB-Disease\ncancer\tI-Disease\n.\tO\n\n头 B_body\n痛 B_symptom\n了 O\n", encoding="utf-8")
    english, chinese = read_annotated(file)
    assert english.text == "Lung cancer ."
    assert spans(english) == [("Lung cancer", "disease")]
    assert chinese.text == "头痛了"
    assert spans(chinese) == [("头", "anatomy"), ("痛", "symptom")]


def test_brat(tmp_path: Path) -> None:
    (tmp_path / "n1.txt").write_text("No fever. Aspirin for headache.", encoding="utf-8")
    (tmp_path / "n1.ann").write_text(
        "T1\tsymptom 3 8\tfever\nT2\tdrug 10 17\tAspirin\nT3\tsymptom 22 30\theadache\nA1\tNegation T1\n"
        "R1\ttreats Arg1:T2 Arg2:T3\nN1\tReference T2 MESH:D001241\tAspirin\n",
        encoding="utf-8",
    )
    [document] = read_annotated(tmp_path)
    assert document.entities[0].negated
    assert document.entities[1].concept_id == "MESH:D001241"
    assert [(r.head, r.tail, r.label) for r in document.relations] == [(1, 2, "treats")]


def test_chinese_json_lines_and_our_own(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    rows = [
        {"text": "便秘两月，头痛", "mention_data": [{"mention": "便秘", "type": "disease", "offset": "0"},
                                            {"mention": "头痛", "type": "symptom", "offset": "4"}]},
        {"text": "胸痛", "mention_data": [{"mention": "胸痛", "label": "症状", "offset": "0"}]},
        {"text": "aspirin", "entities": [{"start": 0, "end": 7, "label": "drug"}]},
    ]  # fmt: skip
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    first, second, third = read_annotated(file)
    # The second mention does not stand at its offset, so it is left out.
    assert spans(first) == [("便秘", "disease")]
    assert spans(second) == [("胸痛", "symptom")]
    assert spans(third) == [("aspirin", "drug")]


def test_overlaps_keep_the_longer(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("1|t|Lung cancer cell\n1|a|x\n1\t0\t4\tLung\tDisease\t-1\n1\t0\t11\tLung cancer\tDisease\t-1\n")
    [document] = read_annotated(file)
    assert spans(document) == [("Lung cancer", "disease")]


def test_errors(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(read_annotated(tmp_path / "none.txt"))
    broken = tmp_path / "b.jsonl"
    broken.write_text("{}\n")
    with pytest.raises(ValueError, match="line 1"):
        list(read_annotated(broken))
    odd = tmp_path / "c.tsv"
    odd.write_text("x\tB-Wombat\n")
    assert detect_format(odd) == "conll"
    with pytest.raises(ValueError, match="Wombat"):
        list(read_annotated(odd))
