# Two commands for a fresh clone: `make demo` and `make test`. Everything lands in .venv and .kurage.
.PHONY: demo chat test test-models chaos check docs bench format clean help
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt
KURAGE := $(BIN)/kurage
MODELS := .venv-models/bin/python

help:  ## What can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: .venv/.kurage  ## Ingest the sample handbook and ask it a few questions
	@$(KURAGE) ingest folder examples/handbook
	@for question in \
	    '有給っていつまでに申請すればいいの？' \
	    'AUTH_FAILEDって出てVPNつながらん' \
	    'How many days in advance do I have to request paid leave?' \
	    '社員食堂の今週のメニューは？'; \
	  do echo; echo "❓ $$question"; $(KURAGE) ask "$$question" || exit 1; done
	@echo
	@echo '▶ make chat                 続けて質問する / keep asking'
	@echo '▶ .venv/bin/kurage --help   コマンド一覧 / all commands'
	@echo '▶ README.ja.md, README.md   自社の資料を取り込む / use your own documents'

chat: .venv/.kurage  ## Talk to the ingested documents in the terminal
	@$(KURAGE) chat

test: .venv/.dev  ## Run the tests
	$(BIN)/python -m pytest -n auto --ignore tests/models

test-models: .venv/.dev .venv-models/.ready  ## Run the tests that ask a model, by the real vLLM
	@$(MODELS) tests/tiny_kurage.py
	$(BIN)/python -m pytest tests/models

chaos: .venv/.dev  ## Kill and hurt the bot for a quarter of an hour; KURAGE_CHAOS_SEED=… repeats a run
	KURAGE_CHAOS=long $(BIN)/python -m pytest -n 2 --durations=0 tests/chaos

check: .venv/.dev docs  ## Lint, types, the direction of imports, the containers' files, and the docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/hadolint Dockerfile
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml

docs: .venv/.dev  ## Build the pages of docs/ into build/site; a broken link fails
	$(BIN)/python docs/build.py

bench: .venv/.bench  ## Print the figures of bench/README.md
	$(BIN)/python -m bench.run

format: .venv/.dev  ## Format and sort what a machine can
	$(BIN)/ruff check --fix . || true
	$(BIN)/ruff format .

clean:  ## Remove the environments and the state of the demo
	rm -rf .venv .venv-models .kurage build

.venv/bin/python:
	@echo 'Installing into .venv (about half a minute) …'
	@$(PYTHON) -m venv .venv

.venv/.kurage: .venv/bin/python pyproject.toml constraints.txt
	@$(PIP) --editable .
	@touch $@

.venv/.dev: .venv/.kurage
	$(PIP) --editable '.[dev,docs]'
	@touch $@

.venv/.bench: .venv/.dev
	$(PIP) --editable '.[bench]'
	@touch $@

# --no-deps: the list is whole, and says what is left out of it, and why.
.venv-models/.ready: tests/models/requirements.txt
	@echo 'Installing vLLM and torch into .venv-models (some minutes) …'
	@test -x $(MODELS) || $(PYTHON) -m venv .venv-models
	$(MODELS) -m pip --disable-pip-version-check install --quiet --no-deps --requirement $<
	@$(MODELS) -c 'import torch, sys; sys.exit(torch.version.cuda and "torch has to be the CPU build")'
	@touch $@
