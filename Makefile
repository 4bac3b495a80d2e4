# Everything a maintainer does. "make" alone says what there is.
#
# No tool is installed by hand: "go tool" runs the ones that go.mod names.

SHELL       := bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS   += --no-print-directory

GO       ?= go
ARGS     ?=
FUZZTIME ?= 15s
SOAKTIME ?= 10m
COUNT    ?= 6
BENCH    ?= .

# Folders that hold nothing of ours.
foreign := -name .git -o -name node_modules -o -name testdata -o -name terrane-data

# A heading in front of each thing that is done.
say = @printf '\033[1m== %s\033[0m\n'

.DEFAULT_GOAL := help

.PHONY: help
help:
	@echo 'make <what>:'
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | while IFS=$$'\t' read -r what does; do \
		printf '  %-10s %s\n' "$$what" "$$does"; done
	@echo 'Settings: ARGS="$(ARGS)" FUZZTIME=$(FUZZTIME) SOAKTIME=$(SOAKTIME) COUNT=$(COUNT) BENCH=$(BENCH)'

.PHONY: run
run: ## run a server in this folder (ARGS="--listen :9100")
	@$(GO) run ./cmd/terrane $(ARGS)

.PHONY: build
build: ## build one static binary, ./terrane
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags='-s -w' -o terrane ./cmd/terrane

.PHONY: test
test: ## run the tests
	@$(GO) test ./...

.PHONY: check
check: format vet staticcheck layers generated race ## all that is demanded of a change
	$(say) 'all is well'

.PHONY: format
format:
	$(say) format
	@ugly=$$($(GO) tool gofumpt -l .); \
	if [ -n "$$ugly" ]; then echo "$$ugly"; echo 'not formatted: run "make fmt"'; exit 1; fi

.PHONY: fmt
fmt: ## format all Go files
	@$(GO) tool gofumpt -w .

.PHONY: vet
vet:
	$(say) vet
	@$(GO) vet ./...

.PHONY: staticcheck
staticcheck:
	$(say) staticcheck
	@$(GO) tool staticcheck ./...

.PHONY: layers
layers:
	$(say) 'layers, lengths of files'
	@$(GO) test -count=1 .

# What every file is, before and after "go generate": this asks nothing of git, so it also holds while a
# change is being written.
sums = find . \( $(foreign) \) -prune -o -type f -print0 | sort -z | xargs -0 cksum

.PHONY: generated
generated:
	$(say) 'generated files'
	@before=$$($(sums)); $(GO) generate ./...; after=$$($(sums)); \
	if [ "$$before" != "$$after" ]; then \
		diff <(echo "$$before") <(echo "$$after") | awk '/^[<>]/ {print $$4}' | sort -u; \
		echo 'were stale and are generated anew: look at them, and commit them'; exit 1; fi

.PHONY: race
race:
	$(say) 'tests, with the race detector'
	@command -v "$$($(GO) env CC)" >/dev/null || { echo 'the race detector needs a C compiler: install gcc'; exit 1; }
	@CGO_ENABLED=1 $(GO) test -race -timeout 30m ./...

.PHONY: bench
bench: ## run the benchmarks COUNT times; compare two outputs with "go tool benchstat"
	@$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem -count $(COUNT) ./...

# The test functions whose names begin with $(1), as lines "./folder Name".
functions = find . \( $(foreign) \) -prune -o -name '*_test.go' -print0 | sort -z \
	| { xargs -0 grep -HoE '^func $(1)[A-Za-z0-9_]*' || true; } \
	| sed -E 's|^(.*)/[^/]+:func (.*)$$|\1 \2|'

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME
	@failed=(); while read -r folder target; do \
		printf '\033[1m== %s %s\033[0m\n' "$$folder" "$$target"; \
		$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 5s "$$folder" </dev/null \
			|| failed+=("$$folder $$target"); \
	done < <($(call functions,Fuzz)); \
	if [ $${#failed[@]} -gt 0 ]; then printf 'failed: %s\n' "$${failed[@]}"; exit 1; fi

.PHONY: soak
soak: ## run the long tests for SOAKTIME each, and all properties with many more values
	$(say) 'properties'
	@folders=$$(find . \( $(foreign) \) -prune -o -name '*_test.go' -print0 \
		| xargs -0 grep -lF '"pgregory.net/rapid"' | xargs -n1 dirname | sort -u); \
	$(GO) test -timeout 0 -count=1 $$folders -rapid.checks=5000
	$(say) 'long tests, $(SOAKTIME) each'
	@folders=$$($(call functions,TestSoak) | cut -d' ' -f1 | sort -u); \
	if [ -z "$$folders" ]; then echo 'there are none'; exit 1; fi; \
	TERRANE_SOAK=$(SOAKTIME) $(GO) test -race -timeout 0 -count=1 -v -run '^TestSoak' $$folders

.PHONY: e2e
e2e: need-node e2e/node_modules/.package-lock.json ## play the end-to-end stories with a viewer library of others (needs Node.js)
	$(say) 'end-to-end stories'
	@TERRANE_E2E=1 $(GO) test -count=1 -timeout 30m -v ./e2e

.PHONY: need-node
need-node:
	@command -v node >/dev/null && command -v npm >/dev/null \
		|| { echo 'the end-to-end stories need Node.js 20.19 or newer, with npm'; exit 1; }

e2e/node_modules/.package-lock.json: e2e/package.json e2e/package-lock.json e2e/.npmrc
	$(say) 'the viewer library'
	@cd e2e && npm ci
	@touch $@

.PHONY: clean
clean: ## take away what was built; a world in terrane-data/ stays
	rm -rf terrane e2e/node_modules
