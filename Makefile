# The two commands of a fresh machine are `make demo` and `make test`; `make help` lists the rest.
CARGO ?= cargo
ARGS ?=

.PHONY: help demo test setup fmt clippy doc unit bare browser clean

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 16

setup:  ## install what building and running needs
	@scripts/setup run

demo:  ## the whole job on this machine, from request to report; ARGS=--once ends after the report
	@scripts/setup run
	@$(CARGO) build --locked
	@scripts/demo $(ARGS)

test:  ## every check there is; installs what it needs
	@scripts/setup test
	@scripts/test

fmt:  ## format the sources
	@$(CARGO) fmt

clippy:  ## lints, warnings are errors
	@$(CARGO) clippy --locked --all-targets -- -D warnings

unit:  ## cargo test alone
	@$(CARGO) test --locked

bare:  ## the tests that need no GStreamer
	@$(CARGO) test --locked --no-default-features

doc:  ## the sources' documentation, warnings are errors
	@RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --no-deps

browser:  ## the pages, driven in Chromium
	@scripts/setup test
	@$(CARGO) build --locked
	@node tests/browser/run.mjs

clean:  ## remove what was built
	@$(CARGO) clean
	@rm -rf tests/browser/node_modules
