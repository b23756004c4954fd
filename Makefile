# Muster. `make help` lists what can be made; meson does the work.
.DEFAULT_GOAL := release
prefix ?= /usr/local
DESTDIR ?=
NICE ?= nice
PEERS ?= etcd consul

RELEASE = build
TEST = build-test
TSAN = build-tsan
FUZZ = build-fuzz

.PHONY: help release run test check soak bench fuzz lint install clean tsan-build test-build

help: ## this
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

release: $(RELEASE)/build.ninja ## the program, at build/muster (the default)
	@ninja -C $(RELEASE) --quiet src/server/muster
	@ln -sf src/server/muster $(RELEASE)/muster

run: ## install what is missing, build, start a throw-away server that says what to try
	@tools/install build
	@$(MAKE) --no-print-directory release
	@$(RELEASE)/muster serve --dev

test: ## install what is missing, build everything, run every test
	@tools/install test
	@tools/run-tests all

check: ## what one runs before each commit: under two minutes
	@tools/run-tests check

soak: ## 200 kill rounds and other long tests
	@tools/run-tests soak

bench: ## install what is missing, then Muster beside etcd and Consul; one of them: make bench PEERS=consul
	@tools/install bench
	@$(MAKE) --no-print-directory release
	@for peer in $(PEERS); do test/interop/$$peer/install server || exit; done
	@bench/run $(PEERS)

fuzz: $(FUZZ)/build.ninja ## every fuzz target for SECONDS (60) each
	@ninja -C $(FUZZ) --quiet
	@fuzz/run $(FUZZ) $(or $(SECONDS),60)

lint: test-build ## layers, headers, format, clang-tidy
	@tools/lint $(TEST)

install: release ## into DESTDIR and prefix
	install -D -m 755 $(RELEASE)/src/server/muster $(DESTDIR)$(prefix)/bin/muster
	install -D -m 644 docs/man/muster.1 $(DESTDIR)$(prefix)/share/man/man1/muster.1
	install -D -m 644 docs/man/muster-serve.1 $(DESTDIR)$(prefix)/share/man/man1/muster-serve.1
	install -D -m 644 deploy/muster.service $(DESTDIR)$(prefix)/lib/systemd/system/muster.service
	sed -i 's|/usr/local/bin/|$(prefix)/bin/|' $(DESTDIR)$(prefix)/lib/systemd/system/muster.service

clean: ## remove what was built
	rm -rf $(RELEASE) $(TEST) $(TSAN) $(FUZZ)

test-build: $(TEST)/build.ninja
	@ninja -C $(TEST) --quiet

tsan-build: $(TSAN)/build.ninja
	@ninja -C $(TSAN) --quiet

$(RELEASE)/build.ninja:
	@meson setup $(RELEASE) --buildtype=release -Db_lto=true -Dtests=false --prefix=$(prefix) >/dev/null

$(TEST)/build.ninja:
	@meson setup $(TEST) -Db_sanitize=address,undefined -Db_lundef=false >/dev/null

$(TSAN)/build.ninja:
	@meson setup $(TSAN) -Db_sanitize=thread -Db_lundef=false >/dev/null

$(FUZZ)/build.ninja:
	@CC=clang meson setup $(FUZZ) -Dfuzz=true -Dtests=false -Db_sanitize=address,undefined -Db_lundef=false >/dev/null
