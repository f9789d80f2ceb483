"""The model of glyph shapes, made from font files: `python -m ingest.page.glyph_training FOLDER… --hold-out NAME…`.

Every font draws every character of `CHARACTERS` that it has, at three sizes, as `ingest.page.fonts` draws a glyph in
doubt; letters with accents, other scripts and dingbats are drawn too and are called `OTHER`. A font whose file name holds
one of the words after `--hold-out` is kept out of the making, and the accuracy on those is printed.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pymupdf

from ingest.page.glyph_shapes import BASE, CELL, EM, LEFT, MODEL, OTHER, features
from nlp.classify.tensors import write_tensors

CHARACTERS = (
    "".join(map(chr, range(33, 127)))
    + "αβγδεζηθικλνξπρσςτυφχψωϕϵϑΓΔΘΛΞΠΣΦΨΩµ"
    + "−–—×÷±∓·•°∘∙∗≤≥⩽⩾≪≫≠≈≡∼≃≅∝∞√∑∏∫∂∇∈∉∩∪⊂⊃∀∃¬∧∨→←↑↓↔⇒⇔′″†‡§¶©®™‰⟨⟩‖ℓ℃"
    + "‘’“”…«»¢£¥€¼½¾²³¹ªº"
    + "ﬀﬁﬂﬃﬄ"
    + "■□▲△▼▽●○◆◇★☆✓✔♀♂"
)
"""What medicine writes, each shape once: Greek capitals that are Latin ones are left out."""
OTHERS = (
    "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿĀāĂăĄąĆćČčĎďĐđĒēĘęĚěĞğĪīİıŁłŃńŇňŌōŐőŒœŘřŚśŞşŠšŢţŤťŪūŮůŰűŹźŻżŽž"
    "БДЖЗИЙЛПФЦЧШЩЪЫЬЭЮЯбвгджзийклмнптфцчшщъыьэюяאבגדהוזחטיابتثجحخدРњђ中国医药大小人的一是不了在有我他这★☂☎✈❀❖➔➢♠♣♥♦♪⌘⌂①②③④ℵ"
)
"""A sample of what else fonts draw."""
SIZES = (EM, 0.9 * EM, 1.12 * EM)
_COLUMNS = 16


def drawn(font: pymupdf.Font, characters: Sequence[str], size: float) -> Any:
    """Cells of some characters in a font, n × CELL × CELL, uint8."""
    rows = -(-len(characters) // _COLUMNS)
    document = pymupdf.open()
    page = document.new_page(width=_COLUMNS * CELL, height=rows * CELL)
    writer = pymupdf.TextWriter(page.rect)
    for number, character in enumerate(characters):
        place = (number % _COLUMNS * CELL + LEFT, number // _COLUMNS * CELL + BASE)
        writer.append(place, character, font=font, fontsize=size)
    writer.write_text(page)
    pixels = page.get_pixmap(colorspace=pymupdf.csGRAY, alpha=False)
    image = np.frombuffer(pixels.samples, dtype=np.uint8).reshape(rows, CELL, _COLUMNS, CELL)
    return image.transpose(0, 2, 1, 3).reshape(-1, CELL, CELL)[: len(characters)]


def samples(files: Sequence[Path]) -> Iterator[tuple[str, Any, list[str]]]:
    """(font, features, characters) of each font file, and of the fonts that the PDF library has of its own."""
    fonts: list[tuple[str, pymupdf.Font]] = [
        (name, pymupdf.Font(name))
        for name in ("helv", "heit", "hebo", "hebi", "tiro", "tiit", "tibo", "tibi", "cour", "coit", "cobo", "symb")
    ]
    for file in files:
        try:
            fonts.append((file.stem, pymupdf.Font(fontfile=str(file))))
        except (RuntimeError, ValueError):
            continue
    for name, font in fonts:
        known = [character for character in CHARACTERS if font.has_glyph(ord(character))]
        others = [character for character in OTHERS if font.has_glyph(ord(character))]
        if len(known) < 8:
            continue
        for size in SIZES:
            x, inked = features(drawn(font, known + others, size))
            names = [*known, *[OTHER] * len(others)]
            yield name, x[inked], [each for each, seen in zip(names, inked, strict=True) if seen]


def main() -> None:
    """Read the command line, make the model, write it."""
    from sklearn.neural_network import MLPClassifier

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--hold-out", nargs="*", default=[])
    given = parser.parse_args()
    files = sorted(file for folder in given.folders for file in folder.rglob("*") if file.suffix in (".ttf", ".otf"))
    made: list[tuple[Any, list[str]]] = []
    kept: list[tuple[Any, list[str]]] = []
    for name, x, names in samples(files):
        held = any(word.lower() in name.lower() for word in given.hold_out)
        (kept if held else made).append((x, names))
    characters = [*CHARACTERS, OTHER]
    number = {character: index for index, character in enumerate(characters)}
    x = np.concatenate([part for part, _ in made])
    y = np.array([number[name] for _, names in made for name in names])
    print(f"{len(made)} drawings of fonts, {len(x)} glyphs")
    network = MLPClassifier((128,), alpha=1e-4, batch_size=256, learning_rate_init=2e-3, max_iter=14, random_state=1)
    network.fit(x, y)
    output = np.zeros((128, len(characters)), np.float32)
    bias = np.full(len(characters), -50.0, np.float32)
    output[:, network.classes_], bias[network.classes_] = network.coefs_[1], network.intercepts_[1]
    MODEL.mkdir(exist_ok=True)
    tensors = {
        "hidden": network.coefs_[0].astype(np.float32),
        "hidden_bias": network.intercepts_[0].astype(np.float32),
        "output": output,
        "output_bias": bias,
    }
    write_tensors(MODEL / "model.safetensors", tensors)
    (MODEL / "characters.json").write_text(json.dumps(characters, ensure_ascii=False), encoding="utf-8")
    if kept:
        shares = network.predict_proba(np.concatenate([part for part, _ in kept]))
        truth = np.array([number[name] for _, names in kept for name in names])
        best = network.classes_[shares.argmax(axis=1)]
        sure = shares.max(axis=1) >= 0.98
        print(
            f"held out: {len(truth)} glyphs, right {np.mean(best == truth):.4f}; sure of {np.mean(sure):.4f}, ", end=""
        )
        print(f"of these right {np.mean(best[sure] == truth[sure]):.4f}")
        wrong = [(characters[t], characters[b]) for t, b, s in zip(truth, best, sure, strict=True) if s and t != b]
        print("sure and wrong:", " ".join(f"{t}>{b}" for t, b in sorted(set(wrong))))


if __name__ == "__main__":
    main()
