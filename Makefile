# Everything starts with `make`. What is missing is set up first; a second run finds it done.
.DEFAULT_GOAL := help
.PHONY: help setup setup-with-broker demo up down status test check bench soak test-stack test-demo test-faults test-compose test-browser test-clients clean
MAKEFLAGS += --no-print-directory
ARGS ?=
BIN := .venv/bin

help: ## Laat zien wat je hier kunt doen
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | while IFS='|' read -r name what; do printf '%-20s %s\n' "$$name" "$$what"; done

setup: ## Zet de virtuele omgeving klaar (gaat bij elk doel vanzelf)
	@sh deploy/local/bootstrap.sh

setup-with-broker:
	@sh deploy/local/bootstrap.sh rabbitmq-server

demo: setup-with-broker ## Laat alles zien, van bericht tot rapport (ARGS=--keep houdt het draaiend)
	@$(BIN)/burenbus demo $(ARGS)

up: setup-with-broker ## Start het platform op deze machine
	@$(BIN)/burenbus up $(ARGS)

down: setup ## Stop het platform op deze machine
	@$(BIN)/burenbus down $(ARGS)

status: setup ## Laat zien wat er draait
	@$(BIN)/burenbus status $(ARGS)

test: setup-with-broker ## Draai de tests, met echte servers, op twee kernen tegelijk (ARGS="-n 0": op één)
	$(BIN)/pytest -n auto --maxprocesses 2 --dist loadfile -m "not compose and not journey and not browser and not node and not faults and not stack" $(ARGS)

test-stack: setup-with-broker ## Draai de tests die het platform zelf starten: opdrachten, partners, gids
	$(BIN)/pytest -m stack $(ARGS)

test-demo: setup-with-broker ## Draai de hele demo als test
	$(BIN)/pytest -m journey $(ARGS)

test-faults: setup-with-broker ## Laat misgaan wat mis kan gaan, en vergelijk (minuten; ARGS="-k broker")
	$(BIN)/pytest -m faults $(ARGS)

test-compose: setup ## Draai de reis door het platform in containers (vraagt Docker)
	$(BIN)/pytest -m compose $(ARGS)

test-browser: setup-with-broker ## Draai de tests in een browser (vraagt Chromium)
	$(BIN)/pytest -m browser $(ARGS)

test-clients: setup-with-broker ## Draai de tests met programma's in Node (vraagt npm)
	$(BIN)/pytest -m node $(ARGS)

check: setup ## Controleer stijl, typen, lagen, lockbestand en schema's
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	var/uv/bin/uv lock --check
	$(BIN)/burenbus schemas --check

bench: setup-with-broker ## Meet wat het platform belooft, op deze machine (ARGS="--only responses")
	@$(BIN)/python -m deploy.bench $(ARGS)

soak: setup-with-broker ## Laat alles een kwartier op halve kracht draaien, en kijk naar het geheugen (ARGS="--minutes 2")
	@$(BIN)/python -m deploy.bench.soak $(ARGS)

clean: ## Stop het platform en ruim alles op wat hier is gemaakt
	@if [ -x $(BIN)/burenbus ]; then $(BIN)/burenbus down --wipe --yes; fi
	rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find deploy services shared tests -name __pycache__ -type d -prune -exec rm -rf {} +
