# `make demo` and `make test` do all the set-up themselves; setup.sh says what it does and how long it takes.

VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
.DEFAULT_GOAL := help
.PHONY: help demo test lint types imports unit format bench-store bench-readiness bench-capture faults bench-candidates bench-ingest vectors bench-decision bench-promotion

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 26

demo: $(VENV)/.ready-demo  ## everything embedded, at http://localhost:8501; ARGS="--minutes 3 --headless"
	$(BIN)/shadowjudge demo $(ARGS)

test: lint types imports  ## lint, types, import line, then every test
	$(BIN)/pytest $(ARGS)

lint: $(VENV)/.ready-demo,dev  ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.ready-demo,dev  ## mypy --strict
	$(BIN)/mypy

imports: $(VENV)/.ready-demo,dev  ## the import line of docs/decisions/001-one-line-of-imports.md
	$(BIN)/lint-imports

unit: $(VENV)/.ready-demo,dev  ## the quick tests only
	$(BIN)/pytest tests/unit $(ARGS)

faults: $(VENV)/.ready-demo,dev  ## kill, stop and rebalance mirrors; every offset once. ARGS=--short
	$(BIN)/python -m tests.faults $(ARGS)

bench-candidates: $(VENV)/.ready-demo,dev  ## throughput with a candidate of fixed latency; SHORT=1
	$(BIN)/python -m tests.bench.candidates

bench-ingest: $(VENV)/.ready-demo,dev  ## records a second against a bare consumer; ARGS="--records 20000 --rounds 1"
	$(BIN)/python -m tests.bench.ingest $(ARGS)

bench-judge-cost: $(VENV)/.ready-demo,dev  ## judge calls and USD per 1,000 recorded pairs, step by step; DATA=DIR
	$(BIN)/python -m tests.bench.judge_cost

bench-injection: $(VENV)/.ready-demo,dev  ## what 76 attacks move in the local model; short: ARGS=0.5 (minutes)
	$(BIN)/python -m tests.bench.injection $(ARGS)

bench-judge-speed: $(VENV)/.ready-demo,dev,bench  ## verdicts a second with a judge of fixed latency, beside autoevals; SHORT=1
	$(BIN)/python -m tests.bench.judge_speed

format: $(VENV)/.ready-demo,dev  ## rewrite the code as ruff wants it
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: bench-judge-speed bench-judge-cost bench-injection
.PHONY: docs screenshots bench-checks bench-checks-speed
screenshots: $(VENV)/.ready-demo,dev  ## a picture of every page into docs/
	$(BIN)/python -m tests.pages.screenshots docs

docs: $(VENV)/.ready-demo,dev  ## write what docs/checks.md says of each check, from the checks themselves
	$(BIN)/python -m judge.checking.page docs/checks.md

bench-checks: $(VENV)/.ready-demo,dev  ## the checks against recorded verdicts of others; DATA=DIR ARGS="bfcl ifeval"
	DATA="$(DATA)" $(BIN)/python -m tests.bench.checks $(ARGS)

.PHONY: bench-judge
bench-judge: $(VENV)/.ready-demo,dev  ## recorded judges through our combination and calibration; DATA=DIR ARGS="judge_llmbar"
	DATA="$(DATA)" $(BIN)/python -m tests.bench.judge $(ARGS)
bench-checks-speed: $(VENV)/.ready-demo,dev .venv-deepeval/bin/python  ## checks a second, beside DeepEval; ARGS="--pairs 5000 --rounds 1"
	$(BIN)/python -m tests.bench.checks_speed --deepeval .venv-deepeval/bin/python $(ARGS)

# DeepEval pins other versions of what we use, so it gets an environment of its own; only the benchmark needs it.
.venv-deepeval/bin/python:
	if command -v uv >/dev/null; then uv venv -q .venv-deepeval && uv pip install -q --python $@ deepeval==4.3.1; \
	else $(BIN)/python -m venv .venv-deepeval && $@ -m pip install -q deepeval==4.3.1; fi

bench-readiness: $(VENV)/.ready-demo,dev  ## a thousand cells of ten million pairs, and after one verdict; short: ARGS=300000
	$(BIN)/python -m tests.bench.readiness $(ARGS)

bench-store: $(VENV)/.ready-demo,dev  ## queries on ten million pairs, written and read meanwhile; short: ARGS="100000 5"
	$(BIN)/python -m tests.bench.store $(ARGS)

.PHONY: bench-labelling bench-pages
bench-pages: $(VENV)/.ready-demo,dev  ## the wait for each page and each click on ten million pairs, in Chromium; short: ARGS="100000 1"
	$(BIN)/python -m tests.bench.pages $(ARGS)

bench-labelling: $(VENV)/.ready-demo,dev  ## labels a minute by keyboard in Chromium, and the wait for the next pair; ARGS=30
	$(BIN)/python -m tests.bench.labelling $(ARGS)

bench-capture: $(VENV)/.ready-demo,dev  ## what the capture adds to a production call; short: ARGS=800
	$(BIN)/python -m tests.bench.capture $(ARGS)

vectors: $(VENV)/.ready-demo,dev  ## evidence and bounds against published cases; FILE=PATH
	$(BIN)/python -m tests.bench.vectors "$(FILE)"

bench-decision: $(VENV)/.ready-demo,dev  ## false promotion, cost and coverage of the decision; ARGS=--short
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.bench.decision $(ARGS)

bench-promotion: $(VENV)/.ready-demo,dev  ## real candidates replayed in random orders; DATA=DIR, ARGS=ORDERS
	$(BIN)/python -m tests.bench.promotion "$(DATA)" $(ARGS)

$(VENV)/.ready-%: pyproject.toml constraints.txt setup.sh
	./setup.sh $*
	@touch $@
