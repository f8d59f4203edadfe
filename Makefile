# SPDX-License-Identifier: Apache-2.0
# Verbs for people. The build itself is CMake's (CMakeLists.txt, CMakePresets.json).
# CTEST_ARGS is handed on to ctest: make test CTEST_ARGS='-R unit/test_base'
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := all
JOBS := $(shell nproc)
CTEST := ctest --output-on-failure -j $(JOBS) $(CTEST_ARGS)

.PHONY: all demo test check fault clean help

all: ## the dev preset and its compile database
	@tools/build dev
	ln -sf build/dev/compile_commands.json compile_commands.json

demo: ## from nothing to an atlas of 1,000 real conversations in demo/
	@tools/demo

test: ## build in release mode and run the whole suite
	@tools/setup --with test
	tools/build release
	$(CTEST) --test-dir build/release

check: ## 5 min: unit, command, server and canary tests under ASan and UBSan
	@tools/build asan
	$(CTEST) --test-dir build/asan -L '^(unit|cli|http|privacy)$$'

fault: ## 10 min: kill, full disk, n-th failure; hostile limits
	@tools/build release clio
	tools/build hostile
	$(CTEST) --test-dir build/hostile -L '^(unit|fault)$$'

clean: ## takes away what was built here; models, llama.cpp and demo/ stay
	@rm -rf build/dev build/release build/asan build/tsan build/hostile build/analyze build/cov

help: ## this list
	@grep -hE '^[a-z]+:.*##' Makefile | sed -E 's/^([a-z]+):[^#]*## /  make \1 \t/' | expand -t 16
