# make demo · make test · make recipe · make lint · make test-paddle
# Everything lives in .venv, which is made when it is not there. Needs python3 (3.11 or newer) and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test test-paddle recipe lint clean

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25,<26.2"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[train,scispacy,dev]"
	touch $(STAMP)

demo: $(STAMP)
	PATH="$(CURDIR)/$(BIN):$$PATH" bash demo.sh

recipe: $(STAMP)
	PATH="$(CURDIR)/$(BIN):$$PATH" bash recipe.sh

test: $(STAMP)
	$(BIN)/python -m pytest

# The PaddleOCR engine has an environment of its own: its dependencies are large, bring a second OpenCV, and want numpy 2.
test-paddle:
	test -x .venv-paddle/bin/python || $(PYTHON) -m venv .venv-paddle
	.venv-paddle/bin/python -m pip install --quiet --upgrade "pip>=25,<26.2"
	.venv-paddle/bin/python -m pip install --quiet --editable ".[paddle]" paddleocr==3.7.0 paddlex==3.7.2 pytest hypothesis
	.venv-paddle/bin/python -m pytest tests/ingest/test_ocr_paddle.py

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

clean:
	rm -rf demo recipe .pytest_cache .mypy_cache .ruff_cache
