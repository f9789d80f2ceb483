"""The console script: tag a file, train and measure, errors in one sentence."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

import nlp
from nlp.cli import main


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
        raise SystemExit(0)
    return int(ended.value.code or 0)


def test_tag_a_text_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("Metformin is used for type 2 diabetes.\n\n否认发热。\n", encoding="utf-8")
    out = tmp_path / "out.jsonl"
    assert run("tag", str(file), "--tagger", "lexicon", "--out", str(out)) == 0
    first, second = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [first["text"][e["start"] : e["end"]] for e in first["entities"]] == ["Metformin", "type 2 diabetes"]
    assert [(r["head"], r["tail"], r["label"]) for r in first["relations"]] == [(0, 1, "treats")]
    assert second["entities"][0]["negated"] is True
    assert first["density"] > 0.5
    assert "2 texts, 3 entities, 1 relations" in capsys.readouterr().err


def test_tag_json_lines_and_train_and_eval(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        {
            "text": f"We gave {drug}ol for {place} fever.",
            "entities": [{"start": 8, "end": 10 + len(drug), "label": "drug"}],
        }
        for drug in ("fen", "bar", "dal", "mor")
        for place in ("red", "blue", "old")
    ]
    data = tmp_path / "train.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    model = tmp_path / "model"
    assert run("train", "ner", "--data", str(data), "--out", str(model), "--iterations", "30", "--folds", "2") == 0
    assert run("eval", "ner", "--data", str(data), "--tagger", f"crf:{model}") == 0
    table = capsys.readouterr().out
    assert "drug" in table and "words" in table
    assert float(table.split("micro")[1].split()[2]) > 0.9


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("tag", "/nowhere.txt"), "no file at /nowhere.txt"),
        (("tag", __file__, "--tagger", "magic"), "unknown tagger 'magic'"),
        (("eval", "ner", "--data", "/nowhere.tsv"), "no annotated text"),
    ],
)
def test_mistakes_end_in_one_sentence(
    arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments) == 2
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error


LETTER = "Dear Dr. Margaret Holloway,\r\nThank you for seeing Thomas Brennan, tel. 020 7946 0958. He takes 5 mg of ramipril.\n"


def test_redact_is_the_function_of_the_same_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, out = tmp_path / "letter.txt", tmp_path / "redacted.txt"
    file.write_bytes(LETTER.encode())
    assert run("redact", str(file), "--out", str(out)) == 0
    text = out.read_bytes().decode()
    assert text == nlp.redact(LETTER).text
    assert "Brennan" not in text and "7946" not in text and "\r\n" in text and "5 mg of ramipril" in text
    said = capsys.readouterr()
    assert said.out == "" and "NAME" in said.err and "Brennan" not in said.err
    assert run("redact", str(file), "--policy", "precise", "--lang", "en") == 0
    assert capsys.readouterr().out == nlp.redact(LETTER, "precise", lang="en").text


def test_redact_reads_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(LETTER.encode())))
    assert run("redact", "-") == 0
    assert capsys.readouterr().out == nlp.redact(LETTER).text


def test_tag_reads_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("He denies fever.\n"))
    assert run("tag", "-", "--tagger", "lexicon") == 0
    assert json.loads(capsys.readouterr().out)["text"] == "He denies fever."


def test_redact_of_bytes_that_are_no_text_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "letter.txt").write_bytes(LETTER.encode("utf-16"))
    assert run("redact", str(tmp_path / "letter.txt")) == 2
    assert "not in UTF-8" in capsys.readouterr().err
