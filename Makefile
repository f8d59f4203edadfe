# SPDX-License-Identifier: Apache-2.0
# Verbs for people. The build itself is CMake's (CMakeLists.txt, CMakePresets.json).
# CTEST_ARGS is handed on to ctest: make test CTEST_ARGS='-R unit/test_base'
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := all
JOBS := $(shell nproc)
CTEST := ctest --output-on-failure -j $(JOBS) $(CTEST_ARGS)

.PHONY: all demo demo-world install uninstall test quick check privacy privacy-long lint fault format fuzz soak bench bench-peers cov clean help

all: ## the dev preset and its compile database
	@tools/build dev
	ln -sf build/dev/compile_commands.json compile_commands.json

demo: ## from nothing to an atlas of 1,000 real conversations in demo/
	@tools/demo

demo-world: ## a made-up year of 50,000 conversations in 15 languages, in demo-world/ (10 minutes)
	@tools/demo-world

PREFIX ?= /usr/local

install: ## the command, its man page and the library under PREFIX (/usr/local), below DESTDIR where that is set
	@tools/build release
	cmake --install build/release --prefix "$(PREFIX)"

uninstall: ## takes away what the last `make install` put there; DESTDIR as then
	sed 's|^|$(DESTDIR)|' build/release/install_manifest.txt | xargs -d '\n' rm -f --

test: ## build in release mode and run the whole suite
	@tools/setup --with test
	tools/build release
	$(CTEST) --test-dir build/release

quick: ## 30 s, before every commit: unit tests, layers, sizes, format of what changed
	@tools/build dev
	tools/check-layers
	tools/check-size
	tools/format --check
	$(CTEST) --test-dir build/dev -L unit

check: ## 15 min: layers, then unit, command and server tests under ASan and UBSan, but for long ones
	@tools/setup --with test
	tools/check-layers
	tools/build asan
	$(CTEST) --test-dir build/asan -L '^(unit|cli|http)$$' -LE '^long$$'

privacy: ## minutes: the attacks on the gates at full size; figures go to tests/quality/results.csv
	@tools/build release
	RECORD=1 HOSTILE=100000 CLIO=build/release/clio tests/privacy/test_hostile.sh
	RECORD=1 MAIN=1000 TRIALS=200 OF_MODEL=50 CLIO=build/release/clio tests/privacy/test_cliopatra.sh
	RECORD=1 CLIO=build/release/clio tests/privacy/cost.sh
	RECORD=1 CLIO=build/release/clio tests/privacy/cost_titles.sh oracle
	RECORD=1 DP_SIZE=short CLIO=build/release/clio tests/privacy/dp.sh
	RECORD=1 PURGE=10000 KILLS=10 CLIO=build/release/clio tests/privacy/test_purge.sh
	RECORD=1 tests/privacy/access.sh
	RECORD=1 tests/privacy/sweeps.sh
	RECORD=1 PAIRS=150 CLIO=build/release/clio tests/privacy/test_suppressed.sh
	STORES=20000 CLIO=build/release/clio tests/privacy/test_floors.sh
	IDS=100000 CLIO=build/release/clio tests/privacy/test_recognise.sh
	RECORD=1 IDS=1000000 REFUSE=only CLIO=build/release/clio tests/privacy/test_recognise.sh
	RECORD=1 tests/privacy/planted_bugs.sh
	RECORD=1 tests/privacy/noise.sh
	FLIPS=20000 build/release/tests/test_seal
	RECORD=1 FLIPS=400 KILLS=30 CLIO=build/release/clio tests/privacy/test_vault.sh

privacy-long: ## hours: the samplers at 10^8 draws a setting, 10^6 made-up stores and ids a family, attacks over many releases; SMALL=1: every part of it, small, nothing recorded
	@tools/build release
	size() { printf '%s\n' "$(if $(SMALL),$$2,$$1)"; } # of the whole test, with SMALL=1
	export CLIO=build/release/clio RECORD=$(if $(SMALL),0,1)
	DP_SIZE=$$(size long tiny) tests/privacy/dp.sh
	DP_WORLDS=$$(size 1000000 1000) build/release/tests/test_dp_draw
	NOISE_SIZE=$$(size whole tiny) tests/privacy/noise.sh
	NOISE_DEPTH=$$(size 30 20) build/release/tests/test_noise_exact
	COMBINATIONS=$$(size 10000000 1000) ACCOUNTS=$$(size 200000 20000) \
	    FLOORS=$$(size 1000000 1000) tests/privacy/sweeps.sh
	STORES=$$(size 1000000 200) tests/privacy/test_floors.sh
	PAIRS=$$(size 1500 10) tests/privacy/test_suppressed.sh
	IDS=$$(size 1000000 300) REFUSE=1 tests/privacy/test_recognise.sh
	TIMES=$$(size 50 1) CONVERSATIONS=$$(size 100000 2000) tests/privacy/test_canaries.sh
	TEXTS=$$(size 30000 60) tests/privacy/leak_bound.sh

lint: ## 3 min: every gate of tools/lint
	@tools/setup --with test
	tools/lint

fault: ## 10 min and more: kill, full disk, 100 failing calls of each kind; hostile limits
	@tools/setup --with test
	tools/build release
	KILLS=50 FAULT_POINTS=100 EVERY=1 $(CTEST) --test-dir build/release -L '^fault$$'
	EVERY=1 $(CTEST) --test-dir build/release -R '^http/test_embeddings$$'
	tools/build hostile
	$(CTEST) --test-dir build/hostile -L '^(unit|fault)$$'

format: ## clang-format on what changed since main
	@tools/format

fuzz: ## FUZZ_SECONDS (300) of libFuzzer for each entry of tests/fuzz, with clang; what it learns stays in build/fuzz/corpus
	@tools/setup --with test --with dev
	tools/build fuzz $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
	for entry in $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c)); do
	    printf 'fuzz: %s\n' "$$entry"
	    mkdir -p "build/fuzz/corpus/$$entry"
	    build/fuzz/tests/fuzz_$$entry "build/fuzz/corpus/$$entry" "tests/fuzz/corpus/$$entry" \
	        -max_total_time=$(or $(FUZZ_SECONDS),300) -timeout=20 -rss_limit_mb=4000 -verbosity=0 \
	        -artifact_prefix="build/fuzz/$$entry-"
	done

soak: ## hours: every test under ASan, thread sanitizer, valgrind, hostile limits over and over
	@tools/setup --with test --with dev
	tools/build asan
	EVERY=1 KILL_SHARES='2 25 60 90' $(CTEST) --test-dir build/asan -L '^(cli|http|fault|privacy|quality)$$'
	tools/build tsan
	$(CTEST) --test-dir build/tsan -L '^unit$$'
	tools/build dev
	for program in build/dev/tests/test_base_* build/dev/tests/test_store_*; do
	    valgrind -q --error-exitcode=1 --leak-check=full "$$program"
	done
	tools/build hostile
	$(CTEST) --test-dir build/hostile -L '^(unit|fault)$$' --repeat until-fail:5

bench-peers: ## what bench/ runs beside ours, from PyPI in pinned versions (6 GB)
	python3 -m venv build/peers
	build/peers/bin/pip install -q -r bench/peers.txt

bench: bench-peers ## hours: bench/*.sh beside their peers, results go to bench/results.csv
	@tools/setup
	tools/build release all bench
	left=
	for script in bench/*.sh; do
		[ -x "$$script" ] || continue # peers.sh is for the others
		printf '%s\n' "$$script"
		bash "$$script" || left+=" $$script"
	done
	tools/readme-tables
	[ -z "$$left" ] || { printf 'bench: did not end well, see above:%s\n' "$$left" >&2; exit 1; }

cov: ## line coverage of the unit, command and server tests, a line a file
	@tools/build cov
	$(CTEST) --test-dir build/cov -L '^(unit|cli|http)$$'
	tools/coverage build/cov

clean: ## takes away what was built here; models, llama.cpp, build/peers and demo/ stay
	@rm -rf build/{dev,release,asan,tsan,hostile,analyze,cov,web,tidy,cppcheck} compile_commands.json

help: ## this list
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/^([a-z-]+):[^#]*## /  make \1 \t/' | expand -t 16
