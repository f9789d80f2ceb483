"""The rooms as a library: what a person finds who types `import nlp`, and that it is what the commands give."""

from __future__ import annotations

import ast
import importlib
import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pymupdf
import pytest

import corpus
import ingest
import nlp
import training
from medpress.errors import UserError

ROOT = Path(__file__).parents[1]
ROOMS = ("ingest", "nlp", "corpus", "training")


def python(code: str, *arguments: str, path: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run code in a process that finds packages in `path` first."""
    environment = {**os.environ, "PYTHONPATH": f"{path}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment, cwd=path)


@pytest.mark.parametrize("room", ROOMS)
def test_a_door_offers_what_it_says_with_types(room: str) -> None:
    module = importlib.import_module(room)
    source = (ROOT / room / "__init__.py").read_text(encoding="utf-8")
    typed = {
        alias.asname
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname
    }
    assert typed == set(module.__all__) == set(dir(module))
    assert all(getattr(module, name).__doc__ for name in module.__all__)
    assert (ROOT / room / "py.typed").exists()
    with pytest.raises(AttributeError, match=room):
        getattr(module, "no_such_name")  # noqa: B009


def test_what_a_door_offers_is_there_whatever_was_imported_before() -> None:
    imports = "import corpus.duplicates.passes, corpus.steps.exact, nlp.phi.redaction, ingest.readers, training.config"
    calls = "print(corpus.dedup([]).kept, corpus.open, nlp.tag, nlp.redact, nlp.phi.find, ingest.read, training.train)"
    done = python(f"{imports}\n{calls}")
    assert done.returncode == 0, done.stderr
    assert "module" not in done.stdout


class TestTag:
    @pytest.mark.parametrize(
        ("text", "mention", "flag"),
        [
            ("Patient denies chest pain.", "chest pain", "negated"),
            ("Her mother had breast cancer.", "breast cancer", "family"),
            ("Possible pneumonia on the film.", "pneumonia", "uncertain"),
            ("患者无发热。", "发热", "negated"),
            ("其父患糖尿病。", "糖尿病", "family"),
        ],
    )
    def test_entities_have_their_context(self, text: str, mention: str, flag: str) -> None:
        said = nlp.tag(text)
        (entity,) = [entity for entity in said.entities if said.mention(entity) == mention]
        assert getattr(entity, flag)

    def test_relations_are_told(self) -> None:
        said = nlp.tag("Metformin treats type 2 diabetes.")
        (relation,) = said.relations
        head, tail = (said.mention(said.entities[place]) for place in (relation.head, relation.tail))
        assert (head, relation.label, tail) == ("Metformin", "treats", "type 2 diabetes")
        assert not nlp.tag("Metformin treats type 2 diabetes.", relations="none").relations

    def test_many_texts_are_tagged_as_each_alone(self) -> None:
        texts = ["No fever.", "", "考虑肺炎。", "Aspirin causes bleeding."]
        assert list(nlp.tag_texts(texts)) == [nlp.tag(text) for text in texts]

    def test_a_wrong_name_is_told(self) -> None:
        with pytest.raises(ValueError, match="unknown tagger"):
            nlp.tag("Fever.", tagger="magic")


class TestRedact:
    def test_a_name_that_is_given_away_once_goes_everywhere(self) -> None:
        redaction = nlp.redact("Brzezicki denies chest pain.\n\nPatient name: Halina Brzezicki")
        assert "Brzezicki" not in redaction.text
        for kind, start, end in redaction.actions:
            assert redaction.text[start:end].startswith(f"[{kind}-")

    def test_the_policy_decides(self) -> None:
        text = "Reported by Dr. Alice Morgan on 2021-03-04."
        assert "Morgan" not in nlp.redact(text, "thorough").text
        assert nlp.redact(text, "precise").text == text

    def test_the_language_is_detected_or_given(self) -> None:
        text = "患者姓名：王小明，住院号：20210345。"
        assert nlp.redact(text) == nlp.redact(text, lang="zh")
        assert "王小明" not in nlp.redact(text).text

    def test_find_says_where(self) -> None:
        text = "Seen by Dr. Smith."
        (span,) = nlp.phi.find(text, "en", "thorough")
        assert (text[span.start : span.end], span.type) == ("Smith", "NAME")


LEAFLET = (
    "Metformin is the usual first drug for type 2 diabetes in adults. The starting dose is 500 mg twice daily with"
    " meals, and it is raised slowly so that the stomach can bear it. Kidney function is checked before the first dose"
    " and once a year afterwards. Patients who cannot drink are told to pause the drug until they eat again."
)


class TestDedup:
    def test_what_says_the_same_goes_and_says_why(self) -> None:
        result = corpus.dedup([LEAFLET, LEAFLET.upper(), f"{LEAFLET} Ask your pharmacist.", "Something else."])
        assert result.kept == (2, 3)
        assert [(text.place, text.duplicate_of) for text in result.dropped] == [(0, 2), (1, 2)]
        assert all(text.reason for text in result.dropped) and (result.dropped[0].jaccard or 0) > 0.8

    def test_another_dose_is_no_duplicate(self) -> None:
        result = corpus.dedup([LEAFLET, LEAFLET.replace("500 mg", "850 mg")])
        assert result.kept == (0, 1) and not result.dropped
        assert len(result.guarded) == 1

    def test_a_drug_by_another_name_is_no_duplicate(self) -> None:
        assert len(corpus.dedup([LEAFLET, LEAFLET.replace("Metformin", "Gliclazide")]).kept) == 2

    def test_every_text_is_accounted_for_in_whatever_order(self) -> None:
        texts = [LEAFLET, "", "x", "x", f"{LEAFLET} More.", "短文本。", LEAFLET.replace("500", "850"), "短文本"]
        for order in (texts, texts[::-1], sorted(texts)):
            result = corpus.dedup(order)
            dropped = [text.place for text in result.dropped]
            assert sorted([*result.kept, *dropped]) == list(range(len(order)))
            assert {text.duplicate_of for text in result.dropped} <= set(result.kept)
            assert len(result.kept) == 5

    def test_the_threshold_can_be_set(self) -> None:
        other = f"{LEAFLET} Ask your pharmacist about whatever you want to understand better, and keep this leaflet."
        assert len(corpus.dedup([LEAFLET, other]).kept) == 1
        assert len(corpus.dedup([LEAFLET, other], corpus.DedupConfig(threshold=0.9)).kept) == 2

    def test_no_texts_are_no_error(self) -> None:
        assert corpus.dedup([]) == corpus.Deduplicated((), (), ())


class TestOpen:
    def test_another_folder_is_told_in_a_sentence(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match="is no data folder"):
            corpus.open(tmp_path)


@pytest.fixture(scope="module")
def long_pdf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty pages: read in ranges."""
    document = pymupdf.open()
    for number in range(1, 41):
        page = document.new_page()
        page.insert_text((72, 72), f"Chapter {number}", fontsize=20)
        page.insert_text((72, 120), f"On day {number} the patient received {number * 5} mg of prednisolone.")
    path = tmp_path_factory.mktemp("long") / "course.pdf"
    document.save(path)
    return path


class TestRead:
    def test_a_long_document_is_that_of_a_run(self, long_pdf: Path, tmp_path: Path) -> None:
        run = "from ingest.cli import main; main()"
        for words in (["pdf", str(long_pdf)], ["export", "--out", str(tmp_path / "markdown")]):
            done = python(run, *words, "--data", str(tmp_path / "data"))
            assert done.returncode == 0, done.stderr
        (exported,) = (tmp_path / "markdown").glob("*.md")
        document = ingest.read(long_pdf)
        assert document.markdown.encode() == exported.read_bytes()
        assert [page.page for page in document.pages] == list(range(1, 41)) and not document.failed_pages
        assert exported.stem.endswith(document.doc_id[:8])
        assert ingest.read(long_pdf.read_bytes()) == document

    def test_bytes_are_recognised_by_themselves_or_by_their_name(self) -> None:
        page = b"<!doctype html><html><body><h1>Asthma</h1><p>Asthma narrows the airways of the lung.</p></body></html>"
        assert ingest.read(page).format == "web"
        assert ingest.read(b"# Asthma\n\nA disease of the airways.", name="asthma.md").blocks[0].kind == "heading"

    def test_what_cannot_be_read_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError, match="no file"):
            ingest.read(tmp_path / "missing.pdf")
        with pytest.raises(ingest.UnreadableError) as told:
            ingest.read(b"")
        assert told.value.kind == "empty"
        with pytest.raises(ingest.UnreadableError) as told:
            ingest.read(b"%PDF-1.7 and nothing else", name="broken.pdf")
        assert told.value.kind
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("a.txt", "Text.")
        with pytest.raises(ingest.UnreadableError, match="ingest auto"):
            ingest.read(archive.getvalue(), name="a.zip")

    def test_nothing_is_left_behind(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        ingest.read(b"A note about asthma.", name="../../note.txt")
        assert list(tmp_path.iterdir()) == []

    def test_the_options_are_those_of_the_command(self, long_pdf: Path) -> None:
        routes = {page.route for page in ingest.read(long_pdf, options=ingest.ReadOptions(ocr="never")).pages}
        assert routes == {"native"}


def test_training_tells_what_is_wrong_by_its_own_error(tmp_path: Path) -> None:
    with pytest.raises((training.InputError, UserError, FileNotFoundError)):
        training.train(training.CptConfig(shards=tmp_path / "none", out=tmp_path / "run"))


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A folder with packages of our names by somebody else."""
    for name in ("nlp", "training"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise RuntimeError('imported')\n")
    return tmp_path


class TestForeignPackage:
    @pytest.mark.parametrize("room", ["ingest", "corpus"])
    def test_a_room_that_needs_it_says_so(self, room: str, foreign: Path) -> None:
        done = python(f"import {room}", path=foreign)
        (sentence,) = [line for line in done.stderr.splitlines() if line.startswith("ImportError")]
        assert str(foreign / "nlp") in sentence and "uninstall" in sentence

    @pytest.mark.parametrize(
        ("script", "culprit"), [("ingest", "nlp"), ("nlp", "nlp"), ("corpus", "nlp"), ("train", "training")]
    )
    def test_a_command_says_so_in_one_sentence(self, script: str, culprit: str, foreign: Path) -> None:
        done = python(f"from medpress.script import {script}; {script}()", "--help", path=foreign)
        assert done.returncode == 2
        assert (
            done.stderr.startswith(f"{script}: the package {culprit} that Python finds")
            and done.stderr.count("\n") == 1
        )

    def test_a_folder_without_init_is_no_package(self, tmp_path: Path) -> None:
        (tmp_path / "training").mkdir()
        done = python("from medpress.script import train; train()", "--help", path=tmp_path)
        assert done.returncode == 0 and "Usage" in done.stdout, done.stderr

    def test_every_console_script_begins_there(self) -> None:
        scripts = (ROOT / "pyproject.toml").read_text(encoding="utf-8").partition("[project.scripts]")[2]
        for script in ("ingest", "nlp", "corpus", "train"):
            assert f'{script} = "medpress.script:{script}"' in scripts
