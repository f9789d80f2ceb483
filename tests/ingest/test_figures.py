"""Labels of figures are no text; sentences, headings and what stands in forms and slides are."""

from __future__ import annotations

from ingest.page.figures import find_figures, without_labels
from ingest.page.reading_order import Line
from ingest.page.text_layer import TextLayer


def line(x: float, y: float, text: str, size: float = 8.0, bold: bool = False) -> Line:
    return Line(x, y, x + 4.0 * len(text), y + size, text, size, bold)


CAPTION = line(100, 320, "Figure 1. Bands of the proteins in a gel, in order of their weight.")
TEXT = [line(100, 380 + 11 * i, "a line of running text that fills the column of it") for i in range(4)]


def labels(images: list[tuple[float, float, float, float]], lines: list[Line]) -> list[str]:
    layer = TextLayer(lines=lines, images=images)
    rest, left_out = without_labels(lines, find_figures(layer, 600, 800), 9.0, 800)
    kept = {id(line) for line in rest}
    assert [id(line) for line in left_out] == [id(line) for line in lines if id(line) not in kept]
    return [line.text for line in left_out]


def test_labels_on_and_around_an_image_with_a_caption_are_left_out() -> None:
    around = [line(105, 140, "kDa"), line(108, 170, "175"), line(200, 108, "days after birth"), line(200, 200, "Li Li")]
    assert labels([(130, 120, 400, 300)], [*around, CAPTION, *TEXT]) == [part.text for part in around]


def test_panels_above_one_another_share_the_caption() -> None:
    upper, lower = line(200, 130, "reduced"), line(200, 250, "not reduced")
    assert labels([(130, 100, 400, 190), (130, 215, 400, 300)], [upper, lower, CAPTION, *TEXT]) == [
        "reduced",
        "not reduced",
    ]


def test_on_a_picture_without_a_caption_only_numbers_and_single_letters_are_labels() -> None:
    lines = [line(200, 150, "Risk factors"), line(200, 180, "No"), line(200, 210, "0.5"), line(200, 240, "A"), *TEXT]
    assert labels([(130, 100, 400, 300)], lines) == ["0.5", "A"]


def test_headings_and_headers_near_a_figure_stay() -> None:
    heading, section = line(140, 100, "Gel bands", bold=True), line(140, 108, "Results")
    head = line(140, 30, "Smith et al.")
    assert labels([(130, 60, 400, 90), (130, 120, 400, 300)], [head, heading, section, CAPTION, *TEXT]) == []


def test_text_in_a_frame_is_text() -> None:
    inside = [line(140, 130 + 10 * i, "many words of running text in a frame that is an image") for i in range(12)]
    assert labels([(130, 120, 400, 300)], [line(150, 270, "a b c"), *inside, CAPTION]) == []


def test_a_table_drawn_with_rectangles_is_no_figure() -> None:
    cells = [(100.0 + 60 * i, 100.0 + 14 * j, 158.0 + 60 * i, 112.0 + 14 * j) for i in range(5) for j in range(8)]
    assert find_figures(TextLayer(shapes=cells), 600, 800) == []
    assert [figure.box for figure in find_figures(TextLayer(shapes=cells, curves=cells), 600, 800)] == [
        (96, 96, 420, 228)
    ]
