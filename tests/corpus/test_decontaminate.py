from __future__ import annotations

import json
import os
import random
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.decontaminate import HITS, Item, build_index, count_grams, find, hits, load_items, without_common

DATA = Path(os.environ.get("MEDPRESS_DATA", "../shared/data"))

QUESTION = (
    "A 23-year-old woman at 22 weeks of gestation presents with burning on urination that began yesterday. She drinks "
    "more water and takes cranberry extract without relief. Which drug treats her best?"
)
SHORT = "Which structure passes through the foramen ovale?"
CHINESE = "患者为26岁男性，刚才发现右手拇指弯曲时不自觉地抖动，伸直拇指时无痛感，最有可能的诊断是什么？"
CONTEXT = "Programmed cell death is the regulated death of cells within an organism. The lace plant makes holes in its leaves."
ITEMS = [
    Item("medqa", "1", "question", QUESTION, "Nitrofurantoin"),
    Item("medqa", "2", "question", SHORT, "Mandibular nerve"),
    Item("jmed", "3", "question", CHINESE, "腱鞘炎"),
    Item("pubmedqa", "4", "context", CONTEXT, ""),
    *(
        Item("other", str(i), "question", f"Which of the following is the most common cause of disorder{i}?", "")
        for i in range(9)
    ),
]
INDEX = build_index(ITEMS)
PROSE = "The ward round began at eight. Every patient was seen by two doctors and one nurse before noon. "


def found(text: str) -> set[str]:
    return {hit.item.id for hit in find([text], INDEX)[0]}


@pytest.mark.parametrize("item", ITEMS[:4])
def test_verbatim_leaks_are_found_with_their_place(item: Item) -> None:
    text = PROSE * 5 + item.text + " " + PROSE * 5
    (hit,) = [hit for hit in find([text], INDEX)[0] if hit.item == item]
    assert hit.coverage > 0.99
    words = [re.sub(r"\W", "", t) for t in (text[hit.start : hit.end], item.text)]
    assert words[0] == words[1]


def test_case_and_punctuation_do_not_count() -> None:
    assert found(PROSE + QUESTION.upper().replace(",", " ").replace(".", " – ")) == {"1"}
    assert found("题：" + CHINESE.replace("，", " , ").replace("26", "２６")) == {"3"}


def test_every_tenth_word_changed() -> None:
    words = QUESTION.split()
    words[4::10] = ["other"] * len(words[4::10])
    assert found(PROSE + " ".join(words)) == {"1"}
    characters = list(CHINESE)
    characters[5::10] = ["某"] * len(characters[5::10])
    assert found("".join(characters)) == {"3"}


def test_a_short_question_needs_its_question_mark_or_answer() -> None:
    assert found(PROSE + SHORT) == {"2"}
    stem = "It shows which structure passes through the foramen ovale"
    assert found(f"{PROSE}{stem} and what does not. {PROSE}") == set()
    assert found(f"{PROSE}{stem}: the mandibular nerve. {PROSE}") == {"2"}


BARE = Item(
    "care", "9", "question", "Cardiolipin is a:", "Phosphoglyceride.", ("Sphingolipid.", "Phosphoglyceride.", "Sterol.")
)
QUOTED = Item(
    "tcm",
    "8",
    "question",
    "不属于谷食精气输布运行过程的是",
    "",
    ("上归于肺通调水道下输膀胱", "浊气归心淫精于脉脉气流经"),
)


@pytest.mark.parametrize("marks", [("", "", ""), ("A. ", "B. ", "C. "), ("(A) ", "(B) ", "(C) ")])
def test_a_bare_stem_is_found_with_its_options_however_they_are_marked(marks: tuple[str, ...]) -> None:
    index = build_index([*ITEMS, BARE])
    leak = "\n".join([BARE.text, *(mark + option for mark, option in zip(marks, BARE.options, strict=True))])
    assert [hit.item for hit in find([PROSE + leak + "\n" + PROSE], index)[0]] == [BARE]
    assert [hit.item for hit in find([PROSE + leak.lower().replace(".", "")], index)[0]] == [BARE]


def test_options_that_a_book_says_in_its_own_words_are_no_leak_without_the_question() -> None:
    index = build_index([*ITEMS, QUOTED])
    options = "，".join(QUOTED.options)
    assert find(["饮入于胃，" + options + "。"], index) == [[]]
    assert [hit.item for hit in find([QUOTED.text + "：" + options], index)[0]] == [QUOTED]


@pytest.mark.parametrize(
    "text",
    [
        "Infection is the most common cause of disorder in these patients.",
        "Which of the following is the most common cause of something else?",
        "A 40-year-old woman presents with burning on exertion. She drinks more water than before.",
        "患者为30岁女性，刚才发现左手麻木，请问应当做何检查？",
        "",
    ],
)
def test_shared_phrases_are_no_leak(text: str) -> None:
    assert found(PROSE + text) == set()


def test_contexts_are_reported_apart_and_tables_hold_the_overlap() -> None:
    table = hits(pa.table({"id": ["a", "b"], "text": [PROSE + CONTEXT, PROSE]}), INDEX)
    assert table.schema == HITS
    (row,) = table.to_pylist()
    assert (row["id"], row["benchmark"], row["item"], row["part"]) == ("a", "pubmedqa", "4", "context")
    assert row["overlap"] == CONTEXT.rstrip(".")


def test_ngrams_that_are_common_in_the_corpus_are_ignored() -> None:
    corpus = [PROSE + QUESTION + f" copy {i}" for i in range(20)]
    counts = count_grams(corpus[:10], INDEX) + count_grams(corpus[10:], INDEX)
    assert counts.max() == 20
    quiet = without_common(INDEX, counts, limit=10)
    assert [hit for text in find(corpus, quiet) for hit in text] == []
    assert {hit.item.id for hit in find([CHINESE], quiet)[0]} == {"3"}


def test_an_index_of_nothing() -> None:
    assert find([PROSE, ""], build_index([])) == [[], []]
    assert [i.text for i in build_index([Item("x", "1", "question", "Saliva", "")]).unsearchable] == ["Saliva"]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([PROSE, QUESTION, SHORT, CHINESE, "", "\n", "糖尿病 "]), max_size=6), st.integers(1, 4))
def test_a_batch_is_its_texts_one_by_one(parts: list[str], copies: int) -> None:
    text = " ".join(parts)
    alone = find([text], INDEX)[0]
    assert find([PROSE, text] * copies, INDEX) == [[], alone] * copies
    assert ("1" in {hit.item.id for hit in alone}) == (QUESTION in parts)


ROW = {"id": "q1", "question": QUESTION, "options": {"A": "Ampicillin", "B": "Nitrofurantoin"}, "answer": "B"}
CONTEXTS = {"QUESTION": QUESTION, "CONTEXTS": [CONTEXT, CONTEXT + " More."], "final_decision": "Nitrofurantoin"}
TURNS = [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": "Nitrofurantoin"}]
UNIFIED = {"Q": QUESTION, "A": "B", "OP": [{"op_value": "Ampicillin"}, {"op_value": "Nitrofurantoin"}]}
LINES = {"question": QUESTION, "options": "(A) Ampicillin.\n(B) Nitrofurantoin.", "answer": "(B)"}
NUMBERED = {"question": QUESTION, "op1": "Ampicillin", "op2": "Nitrofurantoin", "cop": 2.0}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", json.dumps(ROW) + "\n"),
        ("a.json", json.dumps([ROW])),
        ("b.json", json.dumps({"question": {"0": QUESTION}, "answer": {"0": "Nitrofurantoin"}})),
        ("c.json", json.dumps({"q1": CONTEXTS})),
        ("a.csv", f'id,Question,A,B,Answer\nq1,"{QUESTION}",Ampicillin,Nitrofurantoin,B\n'),
        ("d.jsonl", json.dumps({"messages": TURNS})),
        ("e.jsonl", json.dumps(UNIFIED)),
        ("f.json", json.dumps([LINES])),
        ("g.jsonl", json.dumps(NUMBERED)),
    ],
)
def test_benchmark_files_are_understood(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    items = load_items(tmp_path / name)
    questions = [item for item in items if item.part == "question"]
    assert [(item.text, item.answer) for item in questions] == [(QUESTION, "Nitrofurantoin")]
    assert len(items) == (3 if name == "c.json" else 1)


def test_parquet_named_fields_and_encodings(tmp_path: Path) -> None:
    pq.write_table(pa.table({"stem_text": [QUESTION], "gold": ["Nitrofurantoin"]}), tmp_path / "x.parquet")
    items = load_items(tmp_path / "x.parquet", {"question": "stem_text", "answer": "gold"})
    assert items == [Item("x", "0", "question", QUESTION, "Nitrofurantoin")]
    with pytest.raises(ValueError, match="no column that holds questions"):
        load_items(tmp_path / "x.parquet")
    (tmp_path / "y.csv").write_bytes(f"题目,答案\n{CHINESE},腱鞘炎\n".encode("gb18030"))
    assert load_items(tmp_path / "y.csv")[0][3:5] == (CHINESE, "腱鞘炎")
    (tmp_path / "z.json").write_text("{broken")
    with pytest.raises(ValueError, match="not readable"):
        load_items(tmp_path / "z.json")


@pytest.mark.skipif(not (DATA / "qa" / "citrus").exists(), reason="MEDPRESS_DATA/qa is absent")
def test_real_benchmarks_in_real_text() -> None:
    items = [item for path in sorted((DATA / "qa" / "citrus").glob("*.json*")) for item in load_items(path)]
    index = build_index(items)
    texts = [
        re.sub("<[^>]+>", " ", p.read_text(encoding="utf-8")) for p in sorted((DATA / "textbook").glob("*/*.cnxml"))
    ]
    texts += [p.read_bytes().decode("gb18030", errors="ignore") for p in sorted((DATA / "textbook").glob("*/*.txt"))]
    texts += [
        re.sub("<[^>]+>", " ", p.read_text(encoding="utf-8"))
        for p in sorted((DATA / "jats").rglob("*xml"))
        if p.is_file()
    ]
    assert [hit for text in find(texts, index) for hit in text] == []
    rng = random.Random(7)
    planted = rng.sample(
        [item for item in index.items if item.part == "question" and item.benchmark != "dpo_data"], 200
    )
    hosts = [
        rng.choice(texts)[:3000] + f"\n\n{item.text} {item.answer}\n\n" + rng.choice(texts)[:2000] for item in planted
    ]
    met = [any(hit.item == item for hit in held) for item, held in zip(planted, find(hosts, index), strict=True)]
    assert all(met)
