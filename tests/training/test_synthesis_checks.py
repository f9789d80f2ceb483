"""What synthesis checks in code: verdicts, leaks, closed questions, the form of an answer, equal answers."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.evaluation.questions import Question, read_questions
from training.synthesis.answer_format import MAX_CHARACTERS, Parts, in_language, misfit, parts_of, stray_script
from training.synthesis.dual_expert import same_answer
from training.synthesis.leaks import closed, contains, names_answer, spoiled
from training.synthesis.verdicts import (
    BrokenReplyError,
    boolean,
    one_of,
    parse_object,
    whole,
    without_reasoning,
    words,
)

DRUG = Question(
    id="1",
    question="A 23-year-old pregnant woman has dysuria, 37.2 °C and 10,000 leukocytes. Which of the following is best?",
    options={"A": "Ampicillin", "B": "Ceftriaxone", "C": "Doxycycline", "D": "Nitrofurantoin"},
    answer="D",
    lang="en",
)
SENTENCE = Question(
    id="2",
    question="A resident cut a tendon by accident. What should he do?",
    options={
        "A": "Tell nobody",
        "B": "Disclose the error to the patient and put it in the operative report",
        "C": "Tell the attending that the error must not be dictated",
    },
    answer="B",
    lang="en",
)
VALUE = Question(
    id="3", question="It is reduced at", options={"A": "60% or less", "B": "40% or less"}, answer="B", lang="en"
)
PLAIN = Question(id="4", question="Do they help?", options={"A": "yes", "B": "no", "C": "maybe"}, answer="B", lang="en")
COUNT = Question(id="6", question="What is the score?", options={"A": "3", "B": "4"}, answer="B", lang="en")
INFARCT = Question(
    id="5",
    question="患者男，65岁，胸痛3小时，心电图ST段抬高，下列哪项诊断最可能？",
    options={"A": "主动脉夹层", "B": "急性心肌梗死", "C": "肺栓塞", "D": "心包炎"},
    answer="B",
    lang="zh",
)


@pytest.mark.parametrize(
    "reply",
    [
        '{"rating": 1, "feedback": " go on "}',
        '<think>{"rating": 0}</think>\n{"feedback": "go on", "rating": 1}',
        'it is fine</think> {"rating": 1, "feedback": "go on"}',
        '```json\n{"rating": 1, "feedback": "go on"}\n```',
    ],
)
def test_a_verdict_is_read(reply):
    assert parse_object(reply, {"rating": whole(0, 1), "feedback": words}) == {"rating": 1, "feedback": "go on"}


@pytest.mark.parametrize(
    ("reply", "words_of_error"),
    [
        ("", "not one JSON object"),
        ("rating: 1", "not one JSON object"),
        ('Here it is: {"rating": 1, "feedback": "x"}', "not one JSON object"),
        ('{"rating": 1, "feedback": "x"} {"rating": 0, "feedback": "y"}', "not one JSON object"),
        ('[{"rating": 1, "feedback": "x"}]', "not one JSON object"),
        ("[" * 100_000, "not one JSON object"),
        ('{"rating": 1}', "exactly the keys rating, feedback"),
        ('{"rating": 1, "feedback": "x", "answer": "D"}', "exactly the keys"),
        ('{"rating": 1, "rating": 0, "feedback": "x"}', "twice"),
        ('{"rating": "1", "feedback": "x"}', "a whole number from 0 to 1"),
        ('{"rating": true, "feedback": "x"}', "a whole number from 0 to 1"),
        ('{"rating": 0.5, "feedback": "x"}', "a whole number from 0 to 1"),
        ('{"rating": 2, "feedback": "x"}', "a whole number from 0 to 1"),
        ('{"rating": 1, "feedback": null}', "a text"),
    ],
)
def test_anything_else_is_broken_and_says_how(reply, words_of_error):
    with pytest.raises(BrokenReplyError, match=words_of_error):
        parse_object(reply, {"rating": whole(0, 1), "feedback": words})


@given(st.text())
def test_no_text_is_read_as_a_verdict_by_chance(text):
    try:
        value = parse_object(text, {"complete": boolean})
    except BrokenReplyError:
        return
    assert json.loads(without_reasoning(text).removeprefix("```json").strip("`\n ")) == value


def test_choices_are_exact():
    letter = one_of("A", "B", None)
    assert [letter("A"), letter(None)] == ["A", None]
    for value in ("a", "C", 1, True, ["A"]):
        with pytest.raises(ValueError, match="A, B, null"):
            letter(value)


@pytest.mark.parametrize(
    ("feedback", "question", "kind"),
    [
        ("Think about option D.", DRUG, "letter"),
        ("The answer is (D).", DRUG, "letter"),
        ("(D) deserves a second look", DRUG, "letter"),
        ("Think of NITROFURANTOIN.", DRUG, "text"),
        ("Think of nitrofurantion.", DRUG, "fragment"),
        ("What about a nitrofuran?", DRUG, "fragment"),
        ("Tell the patient about the error and document it in the operative report.", SENTENCE, "fragment"),
        ("Consider disclosing the mistake, also in the operation report", SENTENCE, "fragment"),
        ("Think of 40 % or less", VALUE, "text"),
        ("Is it forty, that is 40%?", VALUE, "fragment"),
        ("The answer should be: no.", PLAIN, "text"),
        ("So the answer is 4.", COUNT, "text"),
        ("注意急性心梗的表现", INFARCT, "fragment"),
        ("是急性 心肌 梗死 吗？", INFARCT, "text"),
        ("选项B更合适", INFARCT, "letter"),
        ("答案是B。", INFARCT, "letter"),
    ],
)
def test_leaks_are_found(feedback, question, kind):
    assert names_answer(feedback, question) == kind


@pytest.mark.parametrize(
    ("feedback", "question"),
    [
        ("Which drugs are safe in pregnancy? Vitamin D is not the point, nor hepatitis D.", DRUG),
        ("Option A has been ruled out; think about ceftriaxone again.", DRUG),
        ("Think about the duty to be honest with those we treat.", SENTENCE),
        ("Recall the threshold that separates the two forms.", VALUE),
        ("There are 4 steps to take.", COUNT),
        ("There is no reason to stop here; note the control group.", PLAIN),
        ("请结合心电图定位受累血管，并排除其他胸痛原因", INFARCT),
        ("考虑维生素B缺乏与乙型肝炎B抗原", INFARCT),
    ],
)
def test_guidance_is_no_leak(feedback, question):
    assert names_answer(feedback, question) is None


def test_questions_that_are_not_open_are_found():
    asked = "A 23-year-old pregnant woman has dysuria, 37.2 °C and 10000 leukocytes. What is the best drug?"
    assert closed(asked, DRUG) is None
    assert "option" in closed(DRUG.question, DRUG)
    assert "text of an option" in closed(asked + " Maybe ampicillin?", DRUG)
    assert "37.2" in closed(asked.replace("37.2", "some"), DRUG)
    assert "lists" in closed(asked + "\nA. one\nB. two", DRUG)
    assert closed("患者男，65岁，胸痛3小时，心电图ST段抬高，最可能的诊断是什么？", INFARCT) is None
    assert "options" in closed(INFARCT.question, INFARCT)
    assert closed("Do they help or not? There is no doubt.", PLAIN) is None


def test_thoughts_of_someone_who_knew_are_found():
    assert (
        spoiled("She is pregnant. Negative feedback of hormones plays no part. Nitrofurantoin is safe.", DRUG) is None
    )
    assert "known answer" in spoiled("She is pregnant. The reference answer says so.", DRUG)
    assert "known answer" in spoiled("患者胸痛。根据标准答案，这是心梗。", INFARCT)
    assert "option" in spoiled("She is pregnant. As option B says, wait.", DRUG)
    assert "opens" in spoiled("The diagnosis is clear, the answer must be nitrofurantoin. Now to the reasons.", DRUG)
    assert "opens" in spoiled("答案是急性心肌梗死。下面说明理由。", INFARCT)


def test_containment_minds_words_and_not_spelling():
    assert contains("a NITRO-furantoin, 100 mg", "100mg")
    assert contains("提示急性 心肌梗死。", "急性心肌梗死")
    assert not contains("noradrenaline", "adrenaline")
    assert not contains("vitamin A", "A")
    assert not contains("1.25 mg", "25 mg")


def test_an_answer_has_two_parts():
    assert parts_of("<think> a </think>\n<answer> b </answer>\n") == Parts("a", "b")
    assert parts_of("a</think><answer>b</answer>") == Parts("a", "b")
    assert parts_of("<answer>b</answer>") == Parts("", "b")
    for text in (
        "b",
        "<think>a</think>b",
        "<think>a</think><answer></answer>",
        "<think>a</think><answer>b",
        "<think>a</think><answer>b</answer> and more",
        "<think>a<think>c</think><answer>b</answer>",
        "<think>a</think><answer>b</answer><answer>c</answer>",
        "<answer>b</answer><think>a</think>",
    ):
        assert parts_of(text) is None, text


@given(st.text(alphabet=st.characters(exclude_characters="<")), st.text(alphabet=st.characters(exclude_characters="<")))
def test_the_form_survives_a_round_trip(think, answer):
    parts = Parts(think.strip(), answer.strip())
    if parts.answer:
        assert parts_of(parts.text) == parts


LONG = "The fever and the rigors point to the bile ducts; the stone has moved. "


@pytest.mark.parametrize(
    ("think", "answer", "lang", "error"),
    [
        (LONG, "Cholangitis (p<0.05, a < b > c, x<y and z>w), β-lactam, 37 °C, H<sub>2</sub>O, 5 µg", "en", None),
        (LONG, "B", "en", None),
        ("体温升高并有寒战，提示胆管炎，查CRP、ERCP。", "急性胆管炎", "zh", None),
        ("体温升高并有寒战，提示胆管炎。", "B", "zh", None),
        ("short", "B", "en", "reasoning too short"),
        (LONG * 200, "B", "en", "too long"),
        (LONG + "<|im_start|>", "B", "en", "template tags"),
        (LONG + "<｜Assistant｜>", "B", "en", "template tags"),
        (LONG + "[INST]", "B", "en", "template tags"),
        (LONG + "</tool_call>", "B", "en", "template tags"),
        (LONG + '<span class="x">', "B", "en", "template tags"),
        (LONG + "\n### Response:\nmore", "B", "en", "template tags"),
        (LONG + "{question}", "B", "en", "template tags"),
        (LONG + "$question", "B", "en", "template tags"),
        (LONG + "これは", "B", "en", "stray script"),
        (LONG + "\ufffd", "B", "en", "stray script"),
        (LONG, "胆管炎", "en", "wrong language"),
        (LONG, "胆管炎", "zh", "wrong language"),
    ],
)
def test_what_cannot_be_trained_on(think, answer, lang, error):
    assert misfit(Parts(think.strip(), answer), lang, least_think=10) == error


def test_the_length_limit_counts_the_tags():
    rest = len(Parts("x", "B").text) - 1
    assert misfit(Parts("x" * (MAX_CHARACTERS - rest), "B"), "en") is None
    assert misfit(Parts("x" * (MAX_CHARACTERS - rest + 1), "B"), "en") == "too long"


def test_the_share_of_chinese():
    assert in_language("中" * 7 + "abc", "zh") and not in_language("中" * 6 + "abcd", "zh")
    assert in_language("α-blocker, 5 mg", "en") and not in_language("a 中", "en")
    assert stray_script("naïve, µg, β, 中文，（①）℃ ½") is None


@pytest.mark.parametrize(
    ("answer", "question", "same"),
    [
        ("Nitrofurantoin", DRUG, True),
        ("D", DRUG, True),
        ("The best treatment is nitrofurantoin, for five days.", DRUG, True),
        ("Ampicillin.", DRUG, False),
        ("Give ampicillin", DRUG, False),
        ("Not nitrofurantoin", DRUG, None),
        ("Nitrofurantoin rather than ceftriaxone", DRUG, None),
        ("A nitrofuran", DRUG, None),
        ("急性心肌梗死", INFARCT, True),
        ("最可能的诊断是急性心肌梗死。", INFARCT, True),
        ("肺栓塞", INFARCT, False),
        ("可以排除急性心肌梗死", INFARCT, None),
    ],
)
def test_words_decide_only_where_they_can(answer, question, same):
    assert same_answer(answer, question) is same


@pytest.mark.parametrize(
    "name", ["citrus/care_qa_care_qa.jsonl", "citrus/mmlu-pro_mmlu-pro_health.jsonl", "xmedbench/dev_zh.json"]
)
def test_leaks_on_real_questions(real_data, name):
    """Said as it is, the answer is found; another question's text is hardly ever taken for it."""
    questions = [q for q in read_questions(real_data / "qa" / name)[0] if not q.several][:300]
    telling = [q for q in questions if len(q.options[q.answer].strip()) > 2]
    found = [names_answer(f"Consider {q.options[q.answer]} here.", q) is not None for q in telling]
    alarms = [names_answer(other.question, q) is not None for q, other in pairwise(telling)]
    assert sum(found) >= 0.99 * len(found)
    assert sum(alarms) <= 0.02 * len(alarms)
    for q in questions:
        others = (text for letter, text in q.options.items() if letter != q.answer and text != q.options[q.answer])
        assert same_answer(next(others), q) is not True
