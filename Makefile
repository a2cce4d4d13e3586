# Rollcall. `make test` needs Go and make; `make race` needs gcc too; `make lint` fetches its tools at these versions.

PREFIX  ?= /usr/local
DESTDIR ?=
UNITDIR ?= $(PREFIX)/lib/systemd/system

GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
STATICCHECK   := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOFUMPT       := mvdan.cc/gofumpt@v0.12.0
GOIMPORTS     := golang.org/x/tools/cmd/goimports@v0.52.0
DEADCODE      := golang.org/x/tools/cmd/deadcode@v0.52.0

VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
LDFLAGS  := -X main.version=$(VERSION)
FUZZTIME ?= 5s
# Tests that kill and restart processes for minutes; the race detector would make it an hour.
SLOWEST  ?= ^Test(Killed|Scale)

# Packages that do not import Telegram's types: their tests build and run in seconds.
PURE := ./internal/membership ./internal/roster ./internal/report

.PHONY: build install demo test race e2e kill month fuzz bench bench-walk bench-live lint fmt check

build: ## ./bin/rollcall and ./bin/tgsim
	go build -trimpath -ldflags '$(LDFLAGS)' -o bin/ ./cmd/rollcall ./cmd/tgsim

install: build ## the program and its systemd unit, below PREFIX
	install -D -m 0755 bin/rollcall $(DESTDIR)$(PREFIX)/bin/rollcall
	install -d $(DESTDIR)$(UNITDIR)
	sed 's|/usr/local/bin/rollcall|$(PREFIX)/bin/rollcall|' deploy/rollcall.service > $(DESTDIR)$(UNITDIR)/rollcall.service
	chmod 0644 $(DESTDIR)$(UNITDIR)/rollcall.service

demo: build ## the whole story against a simulated Telegram; no account, no network
	./bin/rollcall demo

test: ## every test
	go test -timeout 20m ./...

race: ## every test but the slowest, under the race detector
	go test -race -timeout 30m -skip '$(SLOWEST)' ./...

e2e: ## the programs themselves, run by scripts against the simulator
	go test -timeout 15m -count 1 -run '^TestScript' ./cmd/...

kill: ## a thousand times kill -9: amid traffic and faults, in a backlog, a migration, a rebuild; `make test` kills fifty times
	KILLS=1000 go test -timeout 60m -count 1 -v -run '^TestKilled(AndStartedAgain|InABacklog|InAMigration|InARebuild)$$' ./cmd/rollcall

month: ## a month of the program's life amid people and faults, in some minutes (MONTH_SEED=n: another); `make test` does a week
	MONTH_DAYS=30 go test -timeout 60m -count 1 -v -run '^TestScaleMonth$$' ./cmd/rollcall

fuzz: ## every fuzz target for FUZZTIME
	@set -eu; grep -rl --include='*_test.go' '^func Fuzz' . | while read -r file; do \
	  sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$$file" | while read -r target; do \
	    echo "== $${file%/*} $$target"; \
	    go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$${file%/*}" < /dev/null; \
	  done; \
	done

bench: ## every benchmark, with allocations; those of walks once, and as short tables
	go test -run '^$$' -bench . -skip '^BenchmarkWalk$$' -benchmem -timeout 30m ./...
	go test -run '^$$' -bench '^BenchmarkWalk$$' -benchtime 1x -timeout 30m ./internal/walk

bench-walk: ## what walks cost and how far they come: docs/benchmarks.md, in a quarter of an hour
	go test -run '^$$' -bench '^BenchmarkWalk$$' -benchtime 1x -timeout 60m ./internal/walk -table $(CURDIR)/docs/benchmarks.md

bench-live: ## how a run keeps up and what it takes: docs/live.md, in a quarter of an hour
	@set -eu; new=$$(mktemp); trap 'rm -f "$$new"' EXIT; sed '/^```text$$/q' docs/live.md > "$$new"; \
	{ go test -run '^$$' -bench '^BenchmarkRevocation$$' -benchtime 1000x -timeout 30m ./cmd/rollcall; \
	  go test -run '^$$' -bench '^Benchmark(Raid|Idle)$$' -benchtime 1x -timeout 60m ./cmd/rollcall; \
	  go test -run '^Test(Drift|WithoutUpdates)' -count 1 -v -timeout 30m ./cmd/rollcall; } | tee /dev/stderr | \
	  sed -n -e '/^Benchmark[A-Z].*op/p' -e 's/^=== RUN *Test[A-Za-z]*\///p' -e 's/^ *[a-z_]*_test.go:[0-9]*: //p' >> "$$new"; \
	echo '```' >> "$$new"; cp "$$new" docs/live.md

lint: ## what the compiler does not say
	go run $(GOLANGCI_LINT) run ./...
	go run $(STATICCHECK) ./...
	@echo 'go run $(DEADCODE) -test ./...'; dead=$$(go run $(DEADCODE) -test ./...) || exit 1; \
	  if [ -n "$$dead" ]; then echo "$$dead"; exit 1; fi

fmt: ## write every file as gofumpt and goimports would
	go run $(GOFUMPT) -w -modpath rollcall cmd internal session
	go run $(GOIMPORTS) -w -local rollcall cmd internal session

check: ## cheap first: format, vet, floors, pure packages, no test code in the programs, lint
	@bad=$$(gofmt -l cmd internal session); if [ -n "$$bad" ]; then echo "not formatted:"; echo "$$bad"; exit 1; fi
	go vet ./...
	go test -count 1 ./internal
	go test -timeout 5m $(PURE)
	@if go list -deps ./cmd/rollcall ./cmd/tgsim | grep -x testing; then echo 'the programs link test code'; exit 1; fi
	$(MAKE) lint
