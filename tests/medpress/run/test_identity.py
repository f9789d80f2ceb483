"""The identity of a step follows its code: what it reaches changes it, what it does not reach or say does not."""

from __future__ import annotations

import ast
import io
import random
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

import corpus.build
import corpus.instruct.run
from medpress.run import identity
from medpress.run.step import Step

ROOT = Path(__file__).parents[3]
MOST_MODULES = 40


def declared() -> dict[str, Step]:
    """Every step that is declared anywhere in the project, by module and name."""
    found = {}
    for room in identity.ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if "Step(" in path.read_text(encoding="utf-8") and room != "medpress":
                name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
                module = __import__(name, fromlist=["x"])
                found |= {f"{name}:{key}": it for key, it in vars(module).items() if isinstance(it, Step)}
    return found


STEPS = {f"{step.function.__module__}:{step.name}": step for step in declared().values()}


@pytest.fixture
def changed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[object]:
    """A function that puts other source in the place of a module's, for the identities only."""
    source = identity._source

    def put(module: str, text: str | None) -> None:
        monkeypatch.setattr(identity, "_source", source)
        identity.forget()
        if text is not None:
            (tmp_path / "changed.py").write_text(text, encoding="utf-8")
            place = lambda name: tmp_path / "changed.py" if name == module else source(name)  # noqa: E731
            monkeypatch.setattr(identity, "_source", place)

    yield put
    put("", None)


def digests() -> dict[str, str]:
    return {name: step.code.digest for name, step in STEPS.items()}


def importers() -> dict[str, set[str]]:
    """Module to the steps whose module imports it, by a graph that another program makes."""
    graph = grimp.build_graph(*identity.ROOMS, cache_dir=None, exclude_type_checking_imports=True)
    for module in sorted(graph.modules):
        if module.startswith(identity.MACHINERY):
            graph.remove_module(module)
    reached: dict[str, set[str]] = {}
    for name in STEPS:
        module = name.partition(":")[0]
        for other in {module, *graph.find_upstream_modules(module)}:
            reached.setdefault(other, set()).add(name)
    return reached


def one_token_changed(text: str) -> str:
    """The source with one number, name of a parameter's default, or word in a string that is no docstring, changed."""
    silent = {
        node.value.lineno
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    }
    lines = text.splitlines(keepends=True)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        row, column = token.start
        if token.type == tokenize.NUMBER and token.string.isdigit():
            new = str(int(token.string) + 1)
        elif token.type == tokenize.STRING and row not in silent and token.string[0] in "\"'" and len(token.string) > 3:
            new = token.string[0] + "z" + token.string[1:]
        else:
            continue
        line = lines[row - 1]
        changed_line = line[:column] + new + line[column + len(token.string.split("\n")[0]) :]
        if token.start[0] == token.end[0]:
            lines[row - 1] = changed_line
            return "".join(lines)
    return text + "\nADDED = 1\n"


def test_every_step_is_found_and_reaches_few_modules():
    assert {"sections", "annotate", "write_shard", "read_files", "read_pages"} <= {s.name for s in STEPS.values()}
    listed = {f"{step.function.__module__}:{step.name}" for step in (*corpus.build.STEPS, *corpus.instruct.run.STEPS)}
    assert listed <= STEPS.keys()
    sizes = {name: len(step.code.modules) for name, step in STEPS.items()}
    assert max(sizes.values()) <= MOST_MODULES, sizes


def test_one_token_changes_the_steps_that_import_its_module_and_no_other(changed):
    reached = importers()
    modules = sorted(name for name in reached if not name.startswith(identity.MACHINERY))
    before = digests()
    for module in random.Random(1).sample(modules, 30):
        path = identity._source(module)
        changed(module, one_token_changed(path.read_text(encoding="utf-8")))
        after = digests()
        assert {name for name in STEPS if after[name] != before[name]} == reached[module], module
        changed(module, None)
    assert digests() == before


def test_docstrings_comments_and_layout_change_nothing(changed):
    before = digests()
    for module in ("corpus.sections", "nlp.normalise", "corpus.steps.annotate"):
        text = identity._source(module).read_text(encoding="utf-8")
        said = text.replace('"""', '"""Said otherwise. ', 1).replace("\n\n\ndef ", "\n\n\n\n# Why.\ndef ")
        assert said != text
        changed(module, said)
        assert digests() == before
        changed(module, None)


def test_a_data_file_that_a_step_opens_counts(tmp_path, monkeypatch):
    (step,) = [step for step in STEPS.values() if step.name == "score"]
    assert any(file.endswith("vocabulary.parquet") for file in step.code.files)
    before = step.code.digest
    whole = identity._file_digest
    identity.forget()
    monkeypatch.setattr(identity, "_file_digest", lambda place: whole(place) + "x")
    assert step.code.digest != before
    monkeypatch.undo()
    identity.forget()


def test_every_library_of_a_step_is_counted_or_known_to_decide_nothing():
    imported = {
        library
        for step in STEPS.values()
        for module in step.code.modules
        for library in identity._module(module).libraries
    }
    unknown = imported - set(sys.stdlib_module_names) - identity.LIBRARIES.keys() - identity.NEUTRAL
    assert not unknown


def test_models_and_lists_are_named_in_manifests():
    from medpress.run.step import identities

    told = identities(list(corpus.build.STEPS))
    assert told["steps"].keys() >= {"sections", "annotate"}
    assert "nlp/vocabulary/vocabulary.parquet" in told["models"]
    assert told["libraries"].keys() >= {"pyarrow", "numpy", "ftfy"}
