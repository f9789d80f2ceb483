"""Classifiers: features, the file format, training, the shipped models, the commands."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from cyclopts import App
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.classifier_commands import register
from nlp.classify import MODELS, classify, load_classifier
from nlp.classify.features import FeatureConfig, excerpt, hash_texts
from nlp.classify.material import chunks
from nlp.classify.model import LinearClassifier
from nlp.classify.phrases import KINDS, SPECIALTIES, LabelledText, write_documents
from nlp.classify.tensors import read_tensors, write_tensors
from nlp.classify.training import ClassifierConfig, read_labelled, score_classifier, train_classifier
from nlp.classify.worth import margins, page_likeness, worth


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=5))
def test_features_of_a_text_do_not_depend_on_its_neighbours(texts: list[str]) -> None:
    config = FeatureConfig(longest=3, bits=12)
    together = hash_texts(texts, config)
    assert together.shape == (len(texts), 4096)
    for row, text in enumerate(texts):
        alone = hash_texts([text], config)
        assert abs(alone - together[row]).max() < 1e-6 if alone.nnz else together[row].nnz == 0
        assert alone.nnz == 0 or float(alone.multiply(alone).sum()) == pytest.approx(1.0, abs=1e-4)


def test_same_features_for_other_case_spacing_and_numbers() -> None:
    matrix = hash_texts(["Take 25 mg  of\nAspirin", "take 50 mg of aspirin"], FeatureConfig())
    assert abs(matrix[0] - matrix[1]).max() < 1e-6


def test_excerpt_takes_head_middle_and_end() -> None:
    text = "a" * 1000 + "b" * 1000 + "c" * 1000
    short = excerpt(text, 300)
    assert len(short) <= 302 and set("abc") <= set(short)
    assert excerpt(text, 0) == text


def test_tensors_are_real_safetensors(tmp_path: Path) -> None:
    arrays = {"weights": np.arange(-6, 6, dtype=np.int8).reshape(4, 3), "bias": np.array([0.5, -1], np.float32)}
    write_tensors(tmp_path / "a.safetensors", arrays)
    safetensors = pytest.importorskip("safetensors.numpy")
    for loaded in (read_tensors(tmp_path / "a.safetensors"), safetensors.load_file(tmp_path / "a.safetensors")):
        assert all(np.array_equal(loaded[name], array) for name, array in arrays.items())
    raw = (tmp_path / "a.safetensors").read_bytes()
    for broken in (raw[:-3], raw[:6], b"", b"\xff" * 64):
        (tmp_path / "b.safetensors").write_bytes(broken)
        with pytest.raises(ValueError, match=r"safetensors file|cut off"):
            read_tensors(tmp_path / "b.safetensors")


def test_a_trained_model_survives_the_disk_and_tells_classes_apart(tmp_path: Path) -> None:
    texts = write_documents("kind", 40, seed=3)
    assert {text.label for text in texts} == set(KINDS)
    model = train_classifier(texts, "kind", ClassifierConfig(bits=14))
    model.save(tmp_path, {"texts": len(texts)})
    again = LinearClassifier.load(tmp_path)
    fresh = write_documents("kind", 20, seed=4)
    assert again.predict([text.text for text in fresh]) == model.predict([text.text for text in fresh])
    assert score_classifier(again, fresh).macro_f1 > 0.8
    probabilities = again.probabilities([text.text for text in fresh])
    assert np.allclose(probabilities.sum(axis=1), 1, atol=1e-5)


def test_training_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    texts = write_documents("specialty", 6)
    for name in ("a", "b"):
        train_classifier(texts, "specialty", ClassifierConfig(bits=12)).save(tmp_path / name, {})
    assert (tmp_path / "a/model.safetensors").read_bytes() == (tmp_path / "b/model.safetensors").read_bytes()


@pytest.mark.parametrize("task", ["kind", "specialty", "worth"])
def test_shipped_models_are_small_and_say_where_they_come_from(task: str) -> None:
    folder = MODELS / f"classify_{task}"
    assert (folder / "model.safetensors").stat().st_size < 2_000_000
    config = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    assert config["card"]["licence"] and config["card"]["sources"]
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "Limits" in card and "Measured" in card
    labels = {"kind": set(KINDS), "specialty": set(SPECIALTIES), "worth": {"teaches", "elsewhere", "page"}}[task]
    assert set(load_classifier(task).labels) == labels


def test_classes_of_clear_texts() -> None:
    guideline, forum, advertisement = classify(
        [
            "We recommend a beta blocker for all adults with heart failure (strong recommendation, high-quality "
            "evidence). Do not use calcium channel blockers routinely. Consider referral if symptoms persist.",
            "Hi all, my doc put me on metformin last week and I feel sick all the time. Has anyone else had this? "
            "Thanks in advance!",
            "限时特惠！全国包邮，七天无理由退换货。立即抢购，买一送一！",
        ]
    )
    assert (guideline.kind, forum.kind, advertisement.kind) == ("guideline", "forum", "advertisement")
    assert guideline.specialty == "cardiology"
    assert classify([]) == []


def test_a_document_has_one_kind() -> None:
    post = "Hi all, has anyone else felt sick on metformin? My doc put me on it last week. Thanks in advance!"
    odd = "We recommend metformin for all adults with type 2 diabetes (strong recommendation)."
    texts, documents = [post, odd, post, odd], ["thread", "thread", "thread", "guideline"]
    assert [classes.kind for classes in classify(texts, documents)] == ["forum"] * 3 + ["guideline"]
    assert [classes.kind for classes in classify(texts)] == ["forum", "guideline", "forum", "guideline"]
    assert classify([], []) == []


@pytest.mark.parametrize("text", ["", " ", "\x00\x01\u202e", "a" * 1_000_000, "\ud800", "مرحبا بالعالم"])
def test_any_text_is_survived(text: str) -> None:
    (classes,) = classify([text])
    assert 0 <= classes.kind_probability <= 1
    assert 0 <= worth(margins([text])[:, 0], np.zeros(1, np.float32), np.array([len(text)]))[0] <= 1


def test_labelled_files(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("x\tone\ny\ttwo\twith a tab\n\n", encoding="utf-8")
    assert read_labelled(tmp_path / "a.tsv") == [LabelledText("one", "x"), LabelledText("two\twith a tab", "y")]
    (tmp_path / "a.jsonl").write_text('{"text": "one", "label": "x"}\n', encoding="utf-8")
    assert read_labelled(tmp_path / "a.jsonl") == [LabelledText("one", "x")]
    (tmp_path / "b.tsv").write_text("no tab here\n", encoding="utf-8")
    with pytest.raises(ValueError, match="line 1"):
        read_labelled(tmp_path / "b.tsv")
    with pytest.raises(FileNotFoundError, match="no file"):
        read_labelled(tmp_path / "none.tsv")
    with pytest.raises(ValueError, match="at least two labels"):
        train_classifier([LabelledText("one", "x")], "custom", ClassifierConfig())


def test_chunks_lose_nothing_but_a_short_end() -> None:
    text = "\n".join(f"Paragraph {n} " + "word " * 40 for n in range(40))
    assert "".join("".join(chunks(text)).split()) == "".join(text.split())


def test_commands_train_and_measure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    app, app_train, app_eval = App(), App(name="train"), App(name="eval")
    app.command(app_train)
    app.command(app_eval)
    register(app_train, app_eval)
    rows = [f"{label}\t{label} text number {n} about {label}" for label in ("heart", "brain") for n in range(20)]
    (tmp_path / "data.tsv").write_text("\n".join(rows), encoding="utf-8")
    data = str(tmp_path / "data.tsv")
    app(["train", "classifier", data, "--out", str(tmp_path / "m"), "--bits", "12"], result_action="return_value")
    app(["eval", "classifier", data, "--model", str(tmp_path / "m")], result_action="return_value")
    assert "macro-F1 1.0000" in capsys.readouterr().out


TEACHING = (
    "Heart failure is a syndrome in which the ventricle cannot fill or eject enough blood. Patients complain of dyspnea and fatigue; "
    "examination shows edema, raised jugular venous pressure and rales. Treatment rests on diuretics and beta blockers.",
    "心力衰竭是心室充盈或射血能力受损引起的一组综合征。患者常有呼吸困难、乏力和水肿，查体可见颈静脉怒张和肺部湿啰音。治疗以利尿剂和β受体阻滞剂为主。",
    "凡妇人产后恶露不行，少腹硬痛者，血瘀也，宜生化汤加延胡索、桃仁。若兼发热恶寒，脉浮而数，乃外感风寒，当先解表，用荆防四物汤。"
    "又有产后血崩，面白气短，脉微欲绝，此气虚不能摄血，急用独参汤，继以归脾汤调之，不可妄用寒凉，恐伤脾胃。"
    "方：当归三钱，川芎二钱，桃仁十粒，炮姜五分，炙甘草五分，水煎温服，日二次。",
)
ELSE = (
    "The ferry leaves the harbour at nine and calls at two islands before noon. Tickets are sold on board; bring a coat, since the wind "
    "on deck is cold even in June, and sit on the left for a view of the cliffs.",
    "轮渡九点从码头出发，中午以前停靠两个小岛。船票可以上船再买，六月的海风也很冷，请带一件外套，坐在左边可以看到悬崖。",
    "Home\nShop all\nNew in\nBags\nBelts\nGift vouchers\nStudent discount\nTrack my parcel\nSize guide\nJoin the club\n© 2025",
)


def test_what_teaches_medicine_is_worth_more_than_all_else() -> None:
    texts = [*TEACHING, *ELSE]
    sizes = np.full(len(texts), 500)
    scores = worth(margins(texts)[:, 0], np.array([0.1] * len(TEACHING) + [0.01] * len(ELSE), np.float32), sizes)
    assert scores[: len(TEACHING)].min() > 0.5 > scores[len(TEACHING) :].max()
    more = worth(margins(texts)[:, 0], np.full(len(texts), 0.3, np.float32), sizes)
    assert (more > scores).all()  # more terms of medicine, at the same style
    assert margins([]).shape == (0, 2)
    likeness = page_likeness(margins(texts)[:, 1])
    assert likeness[-1] > 0.5 > likeness[:-1].max()
