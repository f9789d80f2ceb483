"""What is asked of a model, and what is read from its replies."""

from __future__ import annotations

import pytest

from corpus.augment.checks import check
from corpus.augment.model import MODEL_METHODS, read, requests
from corpus.augment.model.prompt import PASSAGE_CHARACTERS, passages
from corpus.augment.model.reply import CUT, ELSEWHERE, MALFORMED, RESIDUE
from corpus.augment.parent import Parent
from medpress.generation.request import Reply
from nlp.relations import load_extractor
from nlp.tagging import load_tagger

ENGLISH = (
    "Warfarin is given to patients with atrial fibrillation to prevent stroke. It must be stopped 5 days before surgery, "
    "because bleeding is otherwise likely. Amoxicillin 500 mg three times daily is used for otitis media and may raise "
    "the effect of warfarin, so the INR is checked after 4 days."
)
CHINESE = (
    "华法林用于心房颤动患者，以预防脑卒中。手术前5天必须停用，否则容易出血。阿莫西林每次500毫克，一日三次，用于中耳炎，"
    "可能增强华法林的作用，因此4天后应复查凝血指标。糖尿病患者服用二甲双胍时，如出现乳酸酸中毒，应立即停药。"
)


@pytest.fixture(scope="module")
def tag():
    return load_tagger("lexicon").tag


def parent(text: str, tag, lang: str = "en", id: str = "a" * 24) -> Parent:
    entities = tuple(tag([text])[0])
    return Parent(
        id, lang, "A title", ("Dosage",), text, entities, tuple(load_extractor("rules").extract(text, entities))
    )


def texts(
    source: Parent, method: str, reply: str, tag, finish: str = "stop", number: int = 0
) -> list[tuple[str, str | None]]:
    """(text, fault) of the reply to one call, as the build sees them."""

    def fault(augmented) -> str | None:
        found = check(augmented, source, tag)
        return found.reason if found else None

    replies = {(method, number): Reply(reply, finish, 1, 1)}
    return [(made.text, fault(made)) for _, _, made in read(source, [method], 9, replies, lambda a: fault(a) is None)]


@pytest.mark.parametrize(("text", "lang"), [(ENGLISH, "en"), (CHINESE, "zh")])
@pytest.mark.parametrize("method", MODEL_METHODS)
def test_every_method_asks_about_the_passage_in_its_language(tag, method, text, lang):
    source = parent(text, tag, lang)
    calls = [request for _, _, request in requests(source, [method], 6)]
    assert calls
    assert len({call.key("m") for call in calls}) == len(calls)
    for call in calls:
        assert f"<text>\n{text}\n</text>" in call.messages[-1][1]
        assert ("数字" in call.messages[0][1]) == (lang == "zh")
    assert [c.key("m") for _, _, c in requests(source, [method], 6)] == [c.key("m") for c in calls]


def test_records_differ_in_the_register_they_begin_with(tag):
    firsts = {next(MODEL_METHODS["rephrase"].ask(parent(ENGLISH, tag, id=f"{n:024x}"))).template for n in range(40)}
    assert len(firsts) >= 4


def test_a_long_record_is_asked_about_in_passages_of_whole_blocks(tag):
    text = "\n\n".join(f"## Part {n}\n\n{ENGLISH}" for n in range(30)) + "\n\n" + ENGLISH * 20
    source = parent(text, tag)
    found = passages(source)
    assert all(end - start <= PASSAGE_CHARACTERS["en"] for start, end in found)
    assert sum(end - start for start, end in found) > 0.95 * len(text)
    assert [s for s, _ in found] == sorted(s for s, _ in found)
    assert not passages(parent("Too short to ask about.", tag))
    assert not passages(parent(ENGLISH, tag, lang="de"))


def test_the_graph_names_pairs_first_that_the_text_relates(tag):
    prompts = list(MODEL_METHODS["entity_graph"].ask(parent(ENGLISH, tag)))
    assert {len(prompt.about) for prompt in prompts} == {2, 3}
    assert {"Warfarin", "atrial fibrillation"} & set(prompts[0].about)
    assert len({prompt.about for prompt in prompts}) == len(prompts)
    for prompt in prompts:
        assert all(name in ENGLISH and name in prompt.request.messages[-1][1] for name in prompt.about)


GOOD = (
    "Patients with atrial fibrillation take warfarin so that they have no stroke. Since bleeding is likely, it is stopped "
    "5 days before surgery."
)


@pytest.mark.parametrize(
    ("reply", "finish", "fault"),
    [
        (GOOD, "stop", None),
        (f"Sure! Here is the rewritten version:\n\n{GOOD}", "stop", None),
        (f"```\n{GOOD}\n```", "stop", None),
        (f"<think>Which register?</think>\n{GOOD}", "stop", None),
        (GOOD.replace("5 days", "**5 days**"), "stop", None),
        (GOOD, "length", CUT),
        (GOOD.replace("5 days", "7 days"), "stop", "a number that is not in its source"),
        (GOOD.replace("warfarin", "apixaban"), "stop", "a drug that is not in its source"),
        (f"As an AI language model I say this. {GOOD}", "stop", RESIDUE),
        (f"{GOOD} </text>", "stop", RESIDUE),
        (f"The text describes the following. {GOOD}", "stop", RESIDUE),
        ("Stopped before surgery.", "stop", "says too little of its source"),
        ("心房颤动患者服用华法林，以免发生脑卒中。手术前5天停用，因为容易出血。" * 4, "stop", "another language"),
        (GOOD * 12, "stop", "longer than its source allows"),
    ],
)
def test_a_rephrased_text_is_kept_or_dropped_for_a_reason(tag, reply, finish, fault):
    ((_, found),) = texts(parent(ENGLISH, tag), "rephrase", reply, tag, finish)
    assert found == fault


def test_of_a_set_of_questions_the_sound_pairs_are_kept_together(tag):
    reply = (
        "1. Q: When is warfarin stopped?\nA: 5 days before surgery.\n\n2. **Question:** What is amoxicillin used for?\n"
        "**Answer:** Otitis media, 500 mg three times daily.\n\nQ3: How long is heparin given?\nA: For 4 days.\n\n"
        "Q: And how is the INR kept?\nA: It is checked after 9 days."
    )
    made = texts(parent(ENGLISH, tag), "questions", reply, tag)
    assert made[0][1] is None
    assert "5 days before surgery" in made[0][0] and "Otitis media" in made[0][0]
    assert "heparin" not in made[0][0] and "INR" not in made[0][0]
    assert [fault for _, fault in made[1:]] == [
        "a drug that is not in its source",
        "a number that is not in its source",
    ]


def test_a_set_that_was_cut_loses_its_last_pair_and_no_other(tag):
    reply = "Q: When is warfarin stopped?\nA: 5 days before surgery.\nQ: What is amoxicillin used for?\nA: Otitis"
    ((text, fault),) = texts(parent(ENGLISH, tag), "questions", reply, tag, "length")
    assert fault is None and "amoxicillin" not in text
    assert texts(parent(ENGLISH, tag), "questions", "I like questions about warfarin.", tag)[0][1] == MALFORMED


def test_questions_in_chinese_are_read(tag):
    reply = "问题1：华法林何时停用？\n回答：手术前5天停用。\n\n问：阿莫西林的剂量是多少？\n答：每次500毫克，一日三次。"
    ((text, fault),) = texts(parent(CHINESE, tag, "zh"), "questions", reply, tag)
    assert fault is None
    assert text.count("\n\n") == 1 and "500毫克" in text


def test_a_walk_must_speak_of_its_entities(tag):
    source = parent(ENGLISH, tag)
    about = next(MODEL_METHODS["entity_graph"].ask(source)).about
    spoken = f"{about[0]} bears on {about[1]}, which is said of patients here and holds before surgery as well."
    assert texts(source, "entity_graph", spoken, tag)[0][1] is None
    assert texts(source, "entity_graph", "Otitis media is something else entirely.", tag)[0][1] == ELSEWHERE


def test_a_reply_that_comes_late_renames_no_other_text(tag):
    source = parent(ENGLISH, tag)
    late = {("rephrase", 0): Reply(GOOD, "stop", 1, 1), ("rephrase", 1): Reply(GOOD, "stop", 1, 1)}
    early = {("rephrase", 1): late["rephrase", 1]}
    ids = [{k for _, k, _ in read(source, ["rephrase"], 9, replies, lambda a: True)} for replies in (early, late)]
    assert ids[0] < ids[1]
