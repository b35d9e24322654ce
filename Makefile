# The project's commands. `make` lists them.
VENV   ?= .venv
PYTHON ?= python3
RUN    := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help setup demo serve test check format docs bench train-heads bench-quality

help: ## List the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

setup: $(VENV)/.ready ## Create .venv, install everything, fetch the encoder and the test clients where they can be reached

$(VENV)/.ready: pyproject.toml uv.lock tests/contracts/clients.txt
	@test -x $(RUN)/python || $(PYTHON) -m venv $(VENV)
	@$(RUN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.13,<0.14"
	@VIRTUAL_ENV=$(abspath $(VENV)) $(RUN)/uv sync --active --frozen --all-extras --quiet --inexact
	@$(RUN)/python tests/contracts/fetch.py
	@$(RUN)/rapport encoder install >/dev/null || echo "The sentence encoder is not installed: analysis will use its lexical methods. 'rapport encoder install' tries again."
	@touch $@

demo: setup ## Set up, then start a server on 127.0.0.1:8700 with demo data, and print its URL and a key
	@$(RUN)/rapport demo

serve: setup ## Start a server on 127.0.0.1:8700
	@$(RUN)/rapport serve

test: setup ## Run the tests
	@$(RUN)/python -m pytest -n 2

check: setup ## Lint, types and the import map
	@$(RUN)/ruff check .
	@$(RUN)/ruff format --check .
	@$(RUN)/lint-imports --no-logo 2>/dev/null || $(RUN)/lint-imports
	@$(RUN)/pyright

format: setup ## Format the code
	@$(RUN)/ruff check --fix .
	@$(RUN)/ruff format .

docs: setup ## Write the reference pages that follow from the code
	@$(RUN)/python docs/generate.py

bench: setup ## Measure, side by side in one run
	@$(RUN)/python -m bench

train-heads: setup ## Rebuild the weights in src/rapport/analysis/weights
	@PYTHONPATH=. $(RUN)/python -m training

bench-quality: setup ## Measure the analyses on the development sets; SECTIONS="safety language" chooses some
	@$(RUN)/python -m bench.quality $(SECTIONS)
