"""Bytes become the text that was written, whatever the declaration says."""

from __future__ import annotations

import codecs
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medpress.encoding import codec_of, declared_in_markup, decode, decode_markup

DATA = Path(os.environ.get("MEDPRESS_DATA", "../shared/data"))

WRITINGS = {
    "gb18030": "患者因发热、咳嗽三天入院。",
    "big5": "患者因發燒、咳嗽三天入院，經醫師診斷為肺炎。",
    "shift_jis": "患者は三日前から発熱と咳があり、入院した。",
    "euc_jp": "患者は三日前から発熱と咳があり、入院した。",
    "euc_kr": "환자는 삼일 전부터 발열과 기침이 있어 입원하였다.",
    "cp1250": "Pacjent został przyjęty do szpitala z powodu gorączki i kaszlu, żółtaczki i bólu.",
    "cp1251": "Пациент поступил с жалобами на кашель и лихорадку.",
    "cp1252": "Le patient a été hospitalisé à cause d’une fièvre élevée.",
    "cp1253": "Ο ασθενής εισήχθη στο νοσοκομείο με πυρετό και βήχα.",
    "cp1254": "Hasta ateş ve öksürük şikayetiyle hastaneye yatırıldı, ağrısı yoğun.",
    "cp1255": "החולה אושפז בבית החולים עקב חום גבוה ושיעול",
    "cp1256": "أدخل المريض إلى المستشفى بسبب الحمى والسعال",
    "cp1257": "Pacientas paguldytas į ligoninę dėl karščiavimo ir kosulio, šlapimas rausvas",
    "koi8-r": "Пациент поступил с жалобами на кашель и лихорадку.",
}


@pytest.mark.parametrize("encoding", WRITINGS)
@pytest.mark.parametrize("declared", ["", "utf-8", "iso-8859-1", "gb2312"])
def test_text_survives_a_missing_or_wrong_declaration(encoding: str, declared: str) -> None:
    text = WRITINGS[encoding]
    decoded = decode(text.encode(encoding), declared)
    assert decoded.text == text
    assert decoded.replaced == 0


@pytest.mark.parametrize("encoding", WRITINGS)
def test_a_right_declaration_is_followed(encoding: str) -> None:
    text = WRITINGS[encoding]
    decoded = decode(text.encode(encoding), encoding)
    assert decoded.text == text
    assert decoded.declared == codec_of(encoding)


def test_a_declaration_the_tables_do_not_know_is_followed() -> None:
    text = "Vēnas, mākslīgā ventilācija"
    assert decode(text.encode("mac_latin2", "ignore"), "mac_latin2").encoding == "mac-latin2"


@given(st.text(min_size=1))
@settings(max_examples=200, deadline=None)
def test_utf8_is_never_changed(text: str) -> None:
    assert decode(codecs.BOM_UTF8 + text.encode("utf-8"), "gb2312").text == text


@given(st.binary(max_size=400), st.sampled_from(["", "gb2312", "utf-16", "nonsense", "base64", "windows-1251"]))
@settings(max_examples=300, deadline=None)
def test_any_bytes_give_text(raw: bytes, declared: str) -> None:
    decoded = decode(raw, declared)
    assert isinstance(decoded.text, str)
    assert 0 <= decoded.replaced <= decoded.text.count("\ufffd")


def test_damaged_utf8_stays_utf8() -> None:
    raw = ("糖尿病的诊断标准是空腹血糖升高。" * 5).encode("utf-8")[:-1]
    decoded = decode(raw)
    assert decoded.encoding == "utf-8"
    assert decoded.replaced == 1


def test_utf16_is_found_by_mark_and_by_its_zeros() -> None:
    text = "Aspirin 100 mg once daily"
    assert decode(text.encode("utf-16")).text == text
    assert decode(text.encode("utf-16-le")).text == text
    assert decode(text.encode("utf-16-be")).text == text


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("gb2312", "gb18030"),
        ("GBK", "gb18030"),
        ("ISO-8859-1", "cp1252"),
        ("Shift_JIS", "cp932"),
        ("utf8", "utf-8"),
        ("x", ""),
    ],
)
def test_labels_mean_what_browsers_take_them_for(label: str, codec: str) -> None:
    assert codec_of(label) == codec


def test_declarations_are_read_where_browsers_read_them() -> None:
    assert declared_in_markup(b'<?xml version="1.0" encoding="GBK"?><a/>') == "GBK"
    assert declared_in_markup(b'<head><meta http-equiv="Content-Type" content="text/html; charset=gb2312">') == "gb2312"
    assert declared_in_markup(b"<!-- <meta charset=big5> --><meta charset=utf-8>") == "utf-8"
    assert declared_in_markup(b"<p>charset=gb2312</p>") == ""


def test_header_beats_meta() -> None:
    raw = '<meta charset="windows-1252"><p>Пациент поступил с кашлем</p>'.encode("cp1251")
    assert "Пациент поступил с кашлем" in decode_markup(raw, "windows-1251").text


@pytest.mark.skipif(not (DATA / "textbook/tcm_classics").is_dir(), reason=f"no Chinese classics under {DATA}")
def test_chinese_classics_are_gb18030_without_a_lost_character() -> None:
    files = sorted((DATA / "textbook/tcm_classics").glob("*.txt"))
    assert files
    for file in files:
        decoded = decode(file.read_bytes())
        assert (decoded.encoding, decoded.replaced) == ("gb18030", 0), file.name


@pytest.mark.skipif(
    not (DATA / "noisy/html5lib/encoding_chardet_test_big5.txt").is_file(), reason=f"no html5lib under {DATA}"
)
def test_big5_sample_of_html5lib() -> None:
    decoded = decode_markup((DATA / "noisy/html5lib/encoding_chardet_test_big5.txt").read_bytes())
    assert decoded.encoding == "big5hkscs"
