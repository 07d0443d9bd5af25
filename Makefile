# Everything a clone needs. Each target sets up what is missing first.
.DEFAULT_GOAL := help
.PHONY: help setup run test check format clean

BIN := .venv/bin
ARGS ?=

help:  ## This list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 10

setup:  ## Virtual environment, dependencies, built screens (quick when nothing changed)
	@scripts/setup

run: setup  ## Run everything until Ctrl-C; make run ARGS="--port 9000"
	@exec $(BIN)/paidan up $(ARGS)

test:  ## All tests against real PostgreSQL, Valkey and Chromium; make test ARGS="-k name"
	@scripts/setup --browser
	@$(BIN)/python scripts/web.py run --silent test
	@$(BIN)/pytest --numprocesses 2 --dist loadfile $(ARGS)

check: setup  ## Style, types, import contracts, house rules, schema, generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/check_house_rules.py
	$(BIN)/python scripts/check_schema.py
	$(BIN)/python -m api.openapi --check
	$(BIN)/python scripts/web.py run --silent check

format:  ## Format and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## Remove what set-up and tests made; data in .data stays
	rm -rf .venv dashboards/web/node_modules dashboards/web/dist .mypy_cache .ruff_cache \
	  .pytest_cache .hypothesis .import_linter_cache test-results
