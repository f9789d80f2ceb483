"""Instruction files of the usual shapes become one dataset; what is left out says why."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import zipfile
from pathlib import Path

import pytest
from small_build import story

import corpus.instruct.run
from corpus.duplicates.config import DedupConfig
from corpus.instruct import containers, take_in
from corpus.instruct.containers import ContainerError, read_rows
from corpus.instruct.conversation import fault, suggest_stage
from corpus.instruct.formats import conversation
from corpus.instruct.run import InstructConfig, instruct
from corpus.instruct.take_in import DROPPED_INSTRUCTION, TAKE_IN
from medpress.command import UserError
from medpress.lookup import look_up
from medpress.schema import INSTRUCTION, by_name
from medpress.store import check_manifest, file_sha256, publish_tables, read_dataset, table_of, write_manifest

ASKED = [{"role": "user", "content": "What lowers potassium?"}, {"role": "assistant", "content": "Furosemide."}]


@pytest.mark.parametrize(
    ("form", "row"),
    [
        ("openai", {"messages": ASKED}),
        ("sharegpt", {"conversations": [{"from": "human", "value": ASKED[0]["content"]}, {"from": "gpt", "value": "Furosemide."}]}),
        ("alpaca", {"instruction": ASKED[0]["content"], "input": "", "output": "Furosemide."}),
        ("citrus", {"input": ASKED[0]["content"], "output": "Furosemide."}),
        ("pair", {"question": ASKED[0]["content"], "answer": "Furosemide."}),
        ("pair", {"query": ASKED[0]["content"], "model_output": "Furosemide."}),
    ],
)  # fmt: skip
def test_every_shape_gives_the_same_messages(form, row):
    assert conversation(row) == (form, ASKED)


def test_turns_written_into_one_text_are_taken_apart():
    row = {
        "instruction": " <user>: Is it safe? <bot>: Mostly. <user>: For whom not?",
        "input": "",
        "output": "Children.",
    }
    found = conversation({**row, "instruction": row["instruction"].strip()})
    assert found is not None
    assert [m["content"] for m in found[1]] == ["Is it safe?", "Mostly.", "For whom not?", "Children."]


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        (ASKED, None),
        (ASKED[:1], "no answer at the end"),
        ([*ASKED, ASKED[1]], "turns do not alternate"),
        ([ASKED[0], {"role": "assistant", "content": ""}], "an empty message"),
        ([ASKED[0], {"role": "assistant", "content": "x<|im_end|>"}], "control tokens in the text"),
    ],
)
def test_what_cannot_be_trained_on_says_why(messages, reason):
    assert fault(messages) == reason


def test_the_stage_follows_how_demanding_a_conversation_is():
    assert suggest_stage(ASKED) == 1
    assert suggest_stage([*ASKED, *ASKED]) == 2
    assert suggest_stage([ASKED[0], {"role": "assistant", "content": "<think>So.</think><answer>A</answer>"}]) == 3


def write(path: Path, rows: list[dict]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def test_runs_add_up_and_of_copies_the_later_stage_is_kept(tmp_path):
    config = InstructConfig(data=tmp_path / "data", workers=1)
    first = write(tmp_path / "a.jsonl", [{"messages": ASKED}, {"messages": ASKED[:1]}, {"nothing": 1}])
    second = write(tmp_path / "b.jsonl", [{"messages": ASKED}])
    one = instruct([str(first)], InstructConfig(data=tmp_path / "data", workers=1, stage=1))
    assert (one.rows, dict(one.kept)) == (3, {1: 1})
    both = instruct([str(second)], InstructConfig(data=tmp_path / "data", workers=1, stage=2))
    assert (both.rows, dict(both.kept)) == (4, {2: 1})
    assert dict(both.dropped) == {"no answer at the end": 1, "no known shape": 1, "same conversation": 1}
    kept = read_dataset(config.data / "instructions", INSTRUCTION).to_pylist()
    dropped = read_dataset(config.data / "instructions_dropped", DROPPED_INSTRUCTION).to_pylist()
    assert by_name(kept[0]["provenance"])["doc_id"] == file_sha256(second)[:24]
    assert [row["duplicate_of"] for row in dropped if row["duplicate_of"]] == [kept[0]["id"]]
    assert check_manifest(config.data / "instructions") == []


def spoken(asked: str, answered: str) -> dict:
    return {"messages": [{"role": "user", "content": asked}, {"role": "assistant", "content": answered}]}


def taken(data: Path) -> tuple[list[dict], list[dict]]:
    """Kept and dropped rows."""
    kept = read_dataset(data / "instructions", INSTRUCTION).to_pylist()
    return kept, read_dataset(data / "instructions_dropped", DROPPED_INSTRUCTION).to_pylist()


ANSWER = story(1, 20) + " The usual dose is 20 mg once a day. " + story(2, 20)
QUESTION = "My father is seventy and takes water tablets for his heart. " + story(3, 20) + " What should he take?"


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (spoken(QUESTION, ANSWER), spoken(QUESTION, ANSWER + " Ask again next week."), True),
        (spoken("What does he take?", ANSWER), spoken("What does he take?", "Well. " + ANSWER), True),
        (spoken(QUESTION, ANSWER), spoken(QUESTION, ANSWER.replace("20 mg", "40 mg")), False),  # another dose
        (spoken(QUESTION, ANSWER), spoken(QUESTION, ANSWER.replace("The usual", "Not the usual")), False),
        (
            spoken("What does he take?", ANSWER),
            spoken("Which tablets are right for him?", ANSWER),
            False,
        ),  # paraphrased
        (spoken(QUESTION, "A mild one."), spoken(QUESTION, "A common one."), False),  # nearly all is the same question
        (spoken(QUESTION, "A mild one."), spoken("So. " + QUESTION, "a mild one"), True),
    ],
)
def test_a_near_duplicate_repeats_question_answer_and_facts(tmp_path, one, other, alike):
    file = write(tmp_path / "a.jsonl", [one, {"messages": ASKED}, other])
    result = instruct([str(file)], InstructConfig(data=tmp_path / "data", workers=1, stage=1))
    assert result.kept.total() == (2 if alike else 3)
    assert dict(result.dropped) == ({"nearly the same conversation": 1} if alike else {})
    kept, dropped = taken(tmp_path / "data")
    for row in dropped:
        assert row["duplicate_of"] in {other["id"] for other in kept}
        assert 0.8 <= row["jaccard"] < 1


def test_of_near_duplicates_the_later_stage_is_kept_and_memory_holds_a_few_rows(tmp_path, monkeypatch):
    rows = [spoken(f"What is {story(n, 1)}", story(100 + n)) for n in range(9)]
    edited = [spoken(row["messages"][0]["content"], row["messages"][1]["content"] + " So it is.") for row in rows[:4]]
    first = write(tmp_path / "a.jsonl", [*rows, rows[8]])
    second = write(tmp_path / "b.jsonl", edited)
    for data, at_once in (("whole", 50_000), ("pieces", 2)):
        monkeypatch.setattr(corpus.instruct.run, "ROWS_AT_ONCE", at_once)
        instruct([str(first)], InstructConfig(data=tmp_path / data, workers=1, stage=1))
        result = instruct([str(second)], InstructConfig(data=tmp_path / data, workers=1, stage=2))
        assert dict(result.kept) == {1: 5, 2: 4}
        assert dict(result.dropped) == {"nearly the same conversation": 4, "same conversation": 1}
    assert taken(tmp_path / "whole") == taken(tmp_path / "pieces")
    kept, dropped = taken(tmp_path / "whole")
    stage = {row["id"]: row["stage"] for row in kept}
    assert [stage[row["duplicate_of"]] for row in dropped if row["jaccard"]] == [2] * 4
    strict = InstructConfig(data=tmp_path / "whole", workers=1, stage=2, dedup=DedupConfig(threshold=0.999))
    assert instruct([str(second)], strict).kept.total() == 13


def test_a_file_without_a_row_is_none(tmp_path):
    (tmp_path / "a.csv").write_text("question,answer\n")
    result = instruct([str(tmp_path / "a.csv")], InstructConfig(data=tmp_path / "data", workers=1))
    assert (result.rows, result.failures) == (0, [])
    assert check_manifest(tmp_path / "data" / "instructions") == []


def test_of_a_dataset_folder_its_rows_are_taken_in_and_of_an_empty_one_none(tmp_path):
    made = [{"id": "1", "messages": ASKED, "stage": 3, "lang": "en", "source": "x", "license": "", "n_tokens": 9}]
    for name, rows in (("full", made), ("empty", [])):
        publish_tables(tmp_path / name, "0.parquet", [table_of(rows, INSTRUCTION)], INSTRUCTION)
        write_manifest(tmp_path / name, kind="instructions", config={}, versions={})
    config = InstructConfig(data=tmp_path / "data", workers=1, stage=3)
    none = instruct([str(tmp_path / "empty")], config)
    assert (none.rows, none.failures) == (0, []) and check_manifest(config.data / "instructions") == []
    assert dict(instruct([str(tmp_path / name) for name in ("empty", "full")], config).kept) == {3: 1}
    (tmp_path / "nothing").mkdir()
    with pytest.raises(UserError, match="file below"):
        instruct([str(tmp_path / "nothing")], config)


def test_a_row_that_is_given_again_is_one_conversation(tmp_path):
    for folder, licence in (("x", "CC0"), ("y", "MIT"), ("z", "MIT")):
        (tmp_path / folder).mkdir()
        file = write(tmp_path / folder / "a.jsonl", [{"messages": ASKED}])
        instruct([str(file)], InstructConfig(data=tmp_path / "data", workers=1, license=licence))
    kept, dropped = taken(tmp_path / "data")
    assert len(kept) == 1 and [row["reason"] for row in dropped] == ["same conversation"]
    assert dropped[0]["id"] != kept[0]["id"]


def test_identities_are_removed(tmp_path):
    note = [
        {"role": "user", "content": "Patient name: Harriet Quillfeather, MRN: 88123407, phone (555) 010-8888. Dose?"},
        {"role": "assistant", "content": "Give Harriet Quillfeather 5 mg."},
    ]
    instruct(
        [str(write(tmp_path / "a.jsonl", [{"messages": note}]))], InstructConfig(data=tmp_path / "data", workers=1)
    )
    text = str(read_dataset(tmp_path / "data/instructions", INSTRUCTION).to_pylist())
    assert "Quillfeather" not in text
    assert "88123407" not in text


def test_conversations_that_hold_a_benchmark_question_are_dropped_and_say_which(tmp_path):
    question = (
        "A 58-year-old gardener has had numbness of both hands at night for three months, worse on the right. Tapping "
        "over the wrist causes tingling in the thumb and the index finger. Which nerve is most likely compressed?"
    )
    item = {"id": "wrist-7", "question": question, "options": {"A": "Median nerve", "B": "Ulnar nerve"}, "answer": "A"}
    bench = write(tmp_path / "bench.jsonl", [item])
    leak = [{"role": "user", "content": question.upper()}, {"role": "assistant", "content": "The median nerve."}]
    folder = tmp_path / "in"
    folder.mkdir()
    write(folder / "a.jsonl", [{"messages": ASKED}])
    write(folder / "b.jsonl", [{"messages": leak}])
    result = instruct([str(folder)], InstructConfig(data=tmp_path / "data", workers=1, decontaminate=(bench,)))
    assert result.kept.total() == 1
    assert dict(result.dropped) == {"holds a question of bench": 1}
    (dropped,) = read_dataset(tmp_path / "data/instructions_dropped", DROPPED_INSTRUCTION).to_pylist()
    assert by_name(dropped["provenance"])["benchmark_question"] == "bench wrist-7"
    again = instruct([str(folder)], InstructConfig(data=tmp_path / "data", workers=1))
    assert again.kept.total() == 2  # no benchmark is named now
    with pytest.raises(UserError, match="does not exist"):
        instruct([str(folder)], InstructConfig(data=tmp_path / "data", decontaminate=(tmp_path / "no.jsonl",)))


def test_csv_in_gb18030_and_a_zip_are_read(tmp_path):
    table = "department,title,ask,answer\n心内科,高血压能吃党参吗？,我有高血压，可以吃党参吗？,可以少量服用，注意监测血压。\n"
    (tmp_path / "a.csv").write_bytes(table.encode("gb18030"))
    ((_, row),) = read_rows(tmp_path / "a.csv")
    assert row["answer"].startswith("可以少量")
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr(
            "x/1.xml", "<D><QAPairs><QAPair pid='1'><Question>Q?</Question><Answer>A.</Answer></QAPair></QAPairs></D>"
        )
    assert [row for _, row in read_rows(tmp_path / "b.zip")] == [{"question": "Q?", "answer": "A."}]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_is_read_with_its_mark_and_told_without(tmp_path, encoding):
    answer = "可以少量服用，注意监测血压，每周复查一次，并按医嘱继续服药。"
    (tmp_path / "a.csv").write_bytes(("\ufeff" + f"ask,answer\n能吃党参吗？,{answer}\n").encode(encoding))
    rows = "".join(json.dumps({"问": answer, "答": answer}, ensure_ascii=False) + "\n" for _ in range(9))
    (tmp_path / "b.jsonl").write_bytes(("\ufeff" + rows).encode(encoding))
    assert [row["answer"] for _, row in read_rows(tmp_path / "a.csv")] == [answer]
    assert [row for _, row in read_rows(tmp_path / "b.jsonl")] == [{"问": answer, "答": answer}] * 9
    (tmp_path / "b.jsonl").write_bytes(rows.encode(encoding))
    with pytest.raises(ContainerError, match="UTF-16 without a byte order mark does; save it as UTF-8"):
        list(read_rows(tmp_path / "b.jsonl"))


ROWS = [
    {
        "问": f"第{n}问：能吃党参吗？",
        "答": '可以少量服用，"注意"监测血压，\n每周复查一次，并按医嘱继续服药。',
        "n": n,
        "list": [n, [1.5], {}],
    }
    for n in range(40)
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("form", ["array", "lines", "objects", "csv"])
@pytest.mark.parametrize("piece", [1, 7, 64, 1000])
def test_a_large_file_is_read_as_a_stream(tmp_path, monkeypatch, encoding, form, piece):
    path = tmp_path / f"a.{'csv' if form == 'csv' else 'json'}"
    if form == "csv":
        out = io.StringIO()
        writer = csv.DictWriter(out, ROWS[0], lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(ROWS)
        text = out.getvalue()
    elif form == "array":
        text = json.dumps(ROWS, ensure_ascii=False, indent=2) + "\n"
    else:
        text = ("\n" if form == "lines" else " , ").join(json.dumps(row, ensure_ascii=False) for row in ROWS)
    path.write_bytes(text.encode(encoding))
    whole = list(read_rows(path))
    assert [row["答"] for _, row in whole] == [row["答"] for row in ROWS]
    assert form == "csv" or [row for _, row in whole] == ROWS
    monkeypatch.setattr(containers, "WHOLE_BYTES", 0)
    monkeypatch.setattr(containers, "PIECE_CHARACTERS", piece)
    monkeypatch.setattr(containers, "CODEC_BYTES", 2000)
    assert list(read_rows(path)) == whole


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("[]", 0),
        ("", 0),
        ("  [ ] ", 0),
        ("[1, 2.5, [3], {}, null, -1e5]", 1),
        ("{} 12", 1),
        ('{"a": 1}', 1),
        ("[{}", None),
        ("[{}]]", None),
        ("[{}] x", None),
        ('{"a": 1} {"a"', None),
        ("{}]", None),
        ("[" * 100_000, None),
    ],
)
@pytest.mark.parametrize("large", [False, True])
def test_json_is_read_to_its_end(tmp_path, monkeypatch, text, rows, large):
    (tmp_path / "a.json").write_text(text)
    if large:
        monkeypatch.setattr(containers, "WHOLE_BYTES", -1)
        monkeypatch.setattr(containers, "PIECE_CHARACTERS", 2)
    if rows is None:
        with pytest.raises(ContainerError, match="not valid JSON"):
            list(read_rows(tmp_path / "a.json"))
    else:
        assert len(list(read_rows(tmp_path / "a.json"))) == rows


def test_a_large_broken_file_is_told_without_reading_all_of_it(tmp_path, monkeypatch):
    monkeypatch.setattr(containers, "WHOLE_BYTES", 0)
    monkeypatch.setattr(containers, "PIECE_CHARACTERS", 64)
    monkeypatch.setattr(containers, "LONGEST_VALUE", 1000)
    (tmp_path / "a.json").write_text('[{"a": 1}, {"b": nothing}' + ', {"c": 2}' * 5000 + "]")
    pieces = containers._pieces(tmp_path / "a.json")
    with pytest.raises(ContainerError, match="not valid JSON \\(after 1 objects"):
        list(containers._json(pieces))
    assert sum(map(len, pieces)) > 40_000  # left unread
    (tmp_path / "b.jsonl").write_bytes(b"".join(json.dumps({"a": "b"}).encode("utf-16-le") for _ in range(100)))
    with pytest.raises(ContainerError, match="save it as UTF-8"):
        list(read_rows(tmp_path / "b.jsonl"))


def test_a_member_that_is_too_large_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(containers, "MAX_MEMBER_BYTES", 10)
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("x/1.json", json.dumps(ROWS))
    with pytest.raises(ContainerError, match=r"Member 1 of it is larger"):
        list(read_rows(tmp_path / "b.zip"))


def test_rows_are_taken_in_some_at_a_time(tmp_path, monkeypatch):
    (tmp_path / "a.json").write_text(
        json.dumps([{"question": f"How often is drug {n} given?", "answer": f"{n} times."} for n in range(30)])
    )
    settings = {"tokenizer": "deepseek", "phi": "off", "stage": 1, "source": "x", "license": ""}
    task = TAKE_IN.task(tmp_path, path=str(tmp_path / "a.json"), told=[], doc_id="d", **settings)
    for name, rows in (("whole", 5_000), ("parts", 7)):
        monkeypatch.setattr(take_in, "ROWS_TAKEN_AT_ONCE", rows)
        take_in.take_in(dataclasses.replace(task, output=str(tmp_path / name)), lambda step: None)
    assert (tmp_path / "whole").read_bytes() == (tmp_path / "parts").read_bytes()


def test_broken_files_are_one_sentence(tmp_path):
    (tmp_path / "a.json").write_text("[{")
    with pytest.raises(ContainerError, match="not valid JSON"):
        list(read_rows(tmp_path / "a.json"))
    result = instruct([str(tmp_path)], InstructConfig(data=tmp_path / "data", workers=1))
    assert result.failures[0][1].startswith("It is not valid JSON")
    with pytest.raises(UserError, match="does not exist"):
        instruct([str(tmp_path / "missing")], InstructConfig(data=tmp_path / "data"))


def test_real_files_are_all_read(real_data, tmp_path):
    sft = real_data / "qa" / "sft"
    if not sft.is_dir():
        pytest.skip("no instruction files in the real data")
    result = instruct([str(sft), str(real_data / "qa/medquad_sample.zip")], InstructConfig(data=tmp_path / "data"))
    assert result.failures == []
    kept = read_dataset(tmp_path / "data/instructions", INSTRUCTION, ["provenance"]).to_pylist()
    files = {by_name(row["provenance"])["doc_id"] for row in kept}
    given = [*sft.iterdir(), real_data / "qa/medquad_sample.zip"]
    assert files == {file_sha256(path)[:24] for path in given}
    assert result.kept.total() > 0.8 * result.rows - result.dropped["an empty message"]


def test_two_data_folders_hold_the_same_rows_of_a_file_and_each_finds_it_by_its_name(tmp_path):
    file = write(tmp_path / "talks.jsonl", [spoken(QUESTION, ANSWER)])
    (other := tmp_path / "elsewhere").mkdir()
    moved = write(other / "renamed.jsonl", [spoken(QUESTION, ANSWER)])
    for number, given in enumerate((file, moved)):
        instruct([str(given)], InstructConfig(data=tmp_path / str(number), workers=1, source="talks"))
    assert taken(tmp_path / "0") == taken(tmp_path / "1")
    for query in ("talks.jsonl", str(file), str(moved), file_sha256(file)[:8]):
        assert look_up(tmp_path / "0", query).documents == {file_sha256(file)[:24]: ("talks.jsonl",)}
    with pytest.raises(UserError):
        look_up(tmp_path / "1", "talks.jsonl")
    assert not list(tmp_path.rglob("names.key"))
