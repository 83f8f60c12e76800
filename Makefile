# Everything here is one command that also works without make; see README.md.
PYTHON ?= python3
VENV := .venv/bin

.PHONY: help run test check bench setup
help:  ## what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

run:  ## play the shipped rig on the simulated engine
	$(PYTHON) -m controld.bootstrap run

test:  ## run the whole test suite, setting up what it needs
	$(PYTHON) -m controld.bootstrap test

setup:
	$(PYTHON) -m controld.bootstrap setup dev

check: setup  ## formatting, lint and types
	$(VENV)/ruff format --check .
	$(VENV)/ruff check .
	$(VENV)/mypy

bench: setup  ## measure latency, loss, CPU and memory beside their floors (about fifteen minutes)
	$(VENV)/python -m bench
