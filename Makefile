# Two commands for a fresh clone: `make demo` and `make test`. Everything lands in .venv and .kurage.
.PHONY: demo chat test chaos check docs bench format clean help
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt
KURAGE := $(BIN)/kurage

help:  ## What can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

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
	$(BIN)/python -m pytest -n auto

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

clean:  ## Remove the environment and the state of the demo
	rm -rf .venv .kurage build

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
