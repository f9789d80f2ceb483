"""Which pages are read natively and which by OCR."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pymupdf
import pytest

from ingest.document import ReadOptions
from ingest.page.routing import PageFacts, is_garbled, letter_similarity, route, word_share
from ingest.readers.pdf import PdfReader

ENGLISH = (
    "The patients in the treatment group were followed for a year after the end of the trial, and the rate of the "
    "primary outcome was lower than in the control group, although the difference was not significant at the level "
    "that had been planned. Adverse events were mild and their number was similar in both groups of the study. "
)
GERMAN = (
    "Die Patienten der Behandlungsgruppe wurden nach dem Ende der Studie ein Jahr lang beobachtet, und die Rate des "
    "primären Endpunkts war niedriger als in der Kontrollgruppe, obwohl der Unterschied nicht signifikant war. "
)
CHINESE = (
    "高血压是最常见的慢性病之一，也是心脑血管病最主要的危险因素。患者应在医生的指导下服用药物，并定期检查血压的变化。"
    * 3
)
CODES = " ".join(f"rs{n} {a}>{b} 0.{n % 100:02d}" for n in range(1000, 1200) for a, b in ("AG",))


def facts(text: str, **more: object) -> PageFacts:
    values: dict[str, object] = {"text": text, "by_font": {"F": text}, "characters": len(text.replace(" ", ""))}
    return PageFacts(**(values | more))  # type: ignore[arg-type]


def shifted(text: str) -> str:
    return "".join(chr((ord(c) - ord("a") - 1) % 26 + ord("a")) if "a" <= c <= "z" else c for c in text.lower())


@pytest.mark.parametrize(
    "text", [ENGLISH, GERMAN, CHINESE, CODES, ENGLISH.upper()], ids=["en", "de", "zh", "codes", "capitals"]
)
def test_text_in_a_language_is_read_as_it_is(text: str) -> None:
    assert route(facts(text)).name == "native"


def test_letters_that_are_shifted_are_garbage() -> None:
    found = route(facts(shifted(ENGLISH)))
    assert found.name == "ocr"
    assert "garbled" in found.reason


def test_any_substitution_of_the_letters_is_garbage() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    missed = 0
    for seed in range(40):
        mixed = list(letters)
        random.Random(seed).shuffle(mixed)
        missed += not is_garbled((ENGLISH * 2).lower().translate(str.maketrans(letters, "".join(mixed))))
    assert missed <= 2


def test_scripts_mixed_within_words_are_garbage() -> None:
    rng = random.Random(1)
    alphabet = "abcде жзкΩאבगघกขღ中"
    text = " ".join("".join(rng.choice(alphabet) for _ in range(6)) for _ in range(100))
    assert is_garbled(text)


def test_characters_that_no_one_knows_are_garbage() -> None:
    assert route(facts("\ufffd" * 200 + ENGLISH)).name == "ocr"
    assert route(facts("".join(chr(0xE000 + i % 100) for i in range(300)))).name == "ocr"


def test_one_garbled_font_beside_a_sound_heading_is_enough() -> None:
    bad = shifted(ENGLISH)
    assert route(facts(ENGLISH[:100] + bad, by_font={"Heading": ENGLISH[:100], "Body": bad})).name == "ocr"


def test_a_word_in_a_garbled_font_is_not() -> None:
    assert route(facts(ENGLISH * 3, by_font={"Body": ENGLISH * 3, "Odd": shifted(ENGLISH)[:60]})).name == "native"


def test_scans() -> None:
    assert route(facts("", image_share=0.98)).name == "ocr"
    assert route(facts("Downloaded 2020", image_share=0.99)).name == "ocr"
    assert route(facts("", n_shapes=5000)).name == "ocr"


def test_a_slide_with_a_picture_and_an_empty_page_are_no_scans() -> None:
    assert route(facts("Labeling: Section 5", image_share=0.7)).name == "native"
    assert route(facts("", image_share=0.05)).name == "native"


def test_the_invisible_layer_of_an_earlier_ocr_is_judged_by_its_words() -> None:
    count = len(ENGLISH.replace(" ", ""))
    assert route(facts(ENGLISH, invisible=count, image_share=1.0)).name == "native"
    noise = " ".join(["tl1e", "p@t~", "n|s", "!n", "t#e", "tr3atm^nt", "gr0vp", "w3re", "f()llow"] * 8) + " the of and"
    assert route(facts(noise, invisible=len(noise.replace(" ", "")), image_share=1.0)).name == "ocr"


def test_measures() -> None:
    assert letter_similarity(ENGLISH) > 0.95 > 0.7 > letter_similarity(shifted(ENGLISH))
    assert word_share(ENGLISH) > 0.98


DATA = Path(os.environ.get("MEDPRESS_DATA", Path(__file__).parents[2] / "../shared/data")) / "pdf_native"


@pytest.mark.skipif(not DATA.is_dir(), reason="MEDPRESS_DATA is not here: real PDFs with their text layers")
def test_real_pdfs_go_where_they_should() -> None:
    from ingest.document import ReadOptions
    from ingest.readers.pdf import PdfReader

    reader = PdfReader()
    wrong = []
    for path in sorted(DATA.glob("*.pdf")):
        if "garbled" in path.name:
            continue
        options = ReadOptions(ocr="never")
        pages = reader.read(path, 1, reader.probe(path, options).n_pages, options, lambda _: None)
        wrong += [(path.name, page.page, page.reason) for page in pages if "OCR is off" in page.reason]
    assert not wrong
    for name in ("dolma", "olmo"):
        page = next(
            reader.read(DATA / f"olmocr_garbled_font_{name}.pdf", 1, 1, ReadOptions(ocr="never"), lambda _: None)
        )
        assert "garbled" in page.reason


@pytest.mark.parametrize(("share", "way"), [(0.0, "native"), (0.05, "native"), (0.13, "ocr"), (0.9, "ocr")])
def test_a_picture_on_a_page_without_text_is_looked_at(share: float, way: str) -> None:
    assert route(facts("", image_share=share)).name == way


def scanned(layer: str) -> pymupdf.Document:
    """A page that is an image of `ENGLISH`, with `layer` as the invisible text of an earlier OCR."""
    sheet = pymupdf.open().new_page(width=420, height=300)
    sheet.insert_textbox((40, 40, 380, 260), ENGLISH, fontsize=12)
    document = pymupdf.open()
    page = document.new_page(width=420, height=300)
    page.insert_image(page.rect, pixmap=sheet.get_pixmap(dpi=150))
    page.insert_textbox((40, 40, 380, 260), layer, fontsize=12, render_mode=3)
    return document


def test_a_poor_invisible_layer_is_read_anew_and_a_good_one_is_kept(tmp_path: Path) -> None:
    rng = random.Random(2)
    garbage = " ".join("".join(rng.choice("tlijfr1|!;:'wvmkx") for _ in range(rng.randint(2, 9))) for _ in range(60))
    pages = {}
    for name, layer in (("good", ENGLISH), ("poor", garbage)):
        scanned(layer).save(tmp_path / f"{name}.pdf")
        [pages[name]] = PdfReader().read(tmp_path / f"{name}.pdf", 1, 1, ReadOptions(), lambda word: None)
    assert (pages["good"].route, pages["poor"].route) == ("native", "ocr")
    assert "invisible text layer of an earlier OCR, reads well" in pages["good"].reason
    assert "invisible text layer" in pages["poor"].reason or "no language" in pages["poor"].reason
    for page in pages.values():
        assert "primary outcome was lower than in the control group" in " ".join(block.text for block in page.blocks)
