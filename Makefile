# `make` alone says what there is. What is longer than a line stands in scripts/.
SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

.PHONY: help run build test test-unit test-e2e test-faults fuzz bench lint format fixtures clean

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z][a-z0-9-]*:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## build, and serve on an embedded Postgres with a demo schema; Ctrl-C ends it
	@scripts/run.sh

build: ## build .build/release/sluice
	@scripts/need.sh build
	@scripts/build.sh

test: ## all tests, on a Postgres of their own
	@scripts/test.sh unit e2e

test-unit: ## the Swift tests only
	@scripts/test.sh unit

test-e2e: ## the end-to-end tests only; ARGS="-k rejects" goes to pytest
	@scripts/test.sh e2e -- $(ARGS)

test-faults: ## deaths at each commit, and random faults; ROUNDS=200 SEED=1 ARGS="-k test_faults -s" for a part
	@SLUICE_FAULTS=full SLUICE_FAULTS_ROUNDS=$(or $(ROUNDS),200) SLUICE_FAULTS_SEED=$(SEED) \
	  scripts/test.sh e2e -- -k "crash_points or test_faults" $(ARGS)

fuzz: ## run each fuzzer for a minute; SECONDS=600 for longer, ARGS="csv xlsx" for some
	@scripts/fuzz.sh --seconds $(or $(SECONDS),60) $(ARGS)

bench: ## Sluice beside others; results in bench-results/; ARGS="--reading" for a part
	@scripts/bench.sh $(ARGS)

lint: ## format, layers, shell, Python, boards, rules, compose
	@scripts/lint.sh

format: ## put the Swift files into shape
	@swift format --in-place --recursive --parallel Sources Tests Package.swift

fixtures: ## make the large input files in Fixtures/generated
	@scripts/fixtures.sh sales-10k sales-100k sales-100k-bad sales-1m sales-10m

clean: ## remove what was built; the data in .sluice stays
	rm -rf .build .venv .venv-bench Fixtures/generated bench-results
