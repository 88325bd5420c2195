# Everything here needs Go, git and make only. The tools are pinned in tools/*/go.mod.
SHELL := /bin/bash
GO ?= go
OUT := .cache/bin
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT ?= $(shell git rev-parse HEAD 2>/dev/null)
# That of the commit, so that the same commit gives the same bytes.
DATE ?= $(shell TZ=UTC git show -s --date=format-local:%Y-%m-%dT%H:%M:%SZ --format=%cd 2>/dev/null)
PROGRAM ?= krm-fn
FUZZTIME ?= 2m
IMAGE ?= ghcr.io/krm-fn/krm-fn:$(VERSION)
# More flags for the build of the image, such as --platform=linux/arm64.
IMAGE_FLAGS ?=
# The client docker may be there without an engine.
ENGINE ?= $(shell docker info >/dev/null 2>&1 && echo docker || echo podman)
# Podman before version 5 does not tell the Dockerfile its platform.
BUILD_PLATFORM = $(if $(findstring podman,$(shell $(ENGINE) --version 2>/dev/null)),--build-arg BUILDPLATFORM=linux/$(shell $(GO) env GOHOSTARCH))
# The packages whose coverage is counted, and the least of it in percent.
COVERED := ./pkg/...
COVERAGE := 90
# What benchstat compares the files as they are with, which benchmarks, and how often each runs.
BASE ?= HEAD
BENCH ?= .
BENCHCOUNT ?= 6
# How many worlds make simulate-test compares, from which seed on.
WORLDS ?= 300
SEED ?= 1
# The package whose code make mutants changes.
PKG ?= ./pkg/hpa

.PHONY: help build test argocd-test race cover lint golden fuzz mutants verify \
  e2e e2e-gateway e2e-gateway-api e2e-smoke e2e-migrate e2e-truth e2e-keda bench bench-gateway benchstat corpus haproxy-test helm-test report-test simulate-test vuln image \
  image-test release release-test clean

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /	/' | expand -t 14

build: ## build krm-fn into the current folder
	CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false \
	  -ldflags "-s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT) -X main.date=$(DATE)" -o $(PROGRAM) ./cmd/krm-fn

test: ## run all tests, those with the real kustomize and kpt among them, and check the coverage
	$(GO) vet ./...
	$(GO) test -timeout 40m -coverprofile coverage.out -coverpkg $(COVERED) ./...
	@$(MAKE) --no-print-directory cover

cover:
	@total=$$($(GO) tool cover -func coverage.out | awk '/^total:/ {sub("%", "", $$3); print $$3}'); \
	echo "coverage of pkg: $$total %"; \
	awk -v t="$$total" 'BEGIN {exit t < $(COVERAGE)}' || { echo "below $(COVERAGE) %"; exit 1; }

argocd-test: ## run the tests with the real repo server and plugin server of Argo CD, which are built first
	ARGOCD_TEST=1 $(GO) test -timeout 60m -count 1 ./test/argocd

race: ## run the tests of cmd and pkg under the race detector
	$(GO) test -timeout 40m -race ./cmd/... ./pkg/...

lint: $(OUT)/golangci-lint ## run the linter
	$(OUT)/golangci-lint run

golden: ## write the expected outputs anew; fails, so that nothing is blessed unseen
	$(GO) test ./cmd/krm-fn ./pkg/picture -update

fuzz: ## run every fuzz test for FUZZTIME
	@for pkg in $$($(GO) list $(COVERED)); do \
	  for f in $$($(GO) test -list '^Fuzz' $$pkg | grep ^Fuzz); do \
	    echo "$$pkg $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x $$pkg || exit 1; \
	  done; \
	done

# Each mutant is compiled anew, in a copy of the files at HEAD without what was built.
mutants: $(OUT)/gremlins ## change the code of PKG in many small ways, and show which changes its tests do not notice
	@rm -rf .cache/mutants && mkdir -p .cache/mutants && git archive HEAD | tar -x -C .cache/mutants
	cd .cache/mutants && $(CURDIR)/$(OUT)/gremlins unleash --timeout-coefficient 20 $(PKG)

verify: ## check that all that is generated is up to date
	$(GO) test ./cmd/krm-fn ./pkg/picture ./docs/... -run 'Golden|Docs'
	git diff --exit-code

# They need root, Linux, iproute2, iptables, and e2e-gateway haproxy: the test runs in a network of its own.
E2E := $(GO) test -tags e2e -count 1 -timeout 60m -v ./test/e2e -run

e2e: e2e-gateway ## on a real control plane: the examples scale with the numbers of their scenario, and the gateway serves requests
	$(E2E) '^TestScaling$$'

e2e-gateway: ## on a real control plane: requests through the rendered gateway get the right answers, and make it scale; needs haproxy
	$(E2E) '^TestGateway$$'

e2e-smoke: ## on a real control plane: one example scales up once
	$(E2E) '^TestSmoke$$'

e2e-migrate: ## on a real control plane: the commands of krm-fn migrate lead off the operator without an interruption
	$(E2E) '^TestMigrate$$'

e2e-truth: ## on a real control plane: what krm-fn check says of broken manifests is true; writes docs/truth.md
	$(E2E) '^TestTruth$$'

e2e-keda: export KRM_FN_KEDA = 1
e2e-keda: ## on a real control plane: KEDA scales an example as rendered, and to zero; from the adapter to KEDA and back; writes docs/truth-keda.md; builds KEDA, needs haproxy
	$(GO) test -count 1 -timeout 60m ./test/keda
	$(E2E) '^TestKEDA$$'
	$(E2E) '^TestMigrateKEDA$$'

e2e-gateway-api: ## on a real control plane: the API server accepts the HTTPRoutes of all golden cases by the rules of the Gateway API
	$(E2E) '^TestGatewayAPI$$'

bench: ## measure krm-fn beside other programs, write docs/performance.md; fails if a bar is missed; goes on if it was interrupted
	$(GO) run ./test/bench compare -resume .cache/bench.json -o docs/performance.md $(BENCHFLAGS)

bench-gateway: ## measure the rendered HAProxy beside configurations by hand, of HAProxy and of nginx if it is installed; prints a table
	$(GO) run ./test/bench/gateway $(BENCHFLAGS)

corpus: ## run check, render and init on every YAML file and package below DIR, print what they said; fails on panics and limits
	@test -n "$(DIR)" || { echo "make corpus needs DIR=FOLDER"; exit 1; }
	$(GO) run ./test/corpus $(CORPUSFLAGS) "$(DIR)"

# In turn, so that both see the same machine.
benchstat: $(OUT)/benchstat ## compare the Go benchmarks of pkg/ with those of the commit BASE
	@git worktree remove --force .cache/base 2>/dev/null; rm -rf .cache/bench && mkdir -p .cache/bench && git worktree add -q --detach .cache/base $(BASE)
	@trap 'git worktree remove --force .cache/base' EXIT; \
	for i in $$(seq $(BENCHCOUNT)); do for dir in .cache/base .; do \
	  echo "run $$i of $(BENCHCOUNT) in $$dir" >&2; \
	  $(GO) -C $$dir test -run '^$$' -bench '$(BENCH)' -benchmem $(COVERED) >> .cache/bench/$$([ $$dir = . ] && echo now || echo base) || exit 1; \
	done; done; \
	$(OUT)/benchstat .cache/bench/base .cache/bench/now

simulate-test: ## compare simulations with the real HorizontalPodAutoscaler controller, in WORLDS random worlds
	$(GO) -C tools/podautoscaler test -vet=off -count 1 -timeout 120m -v . -args -worlds $(WORLDS) -seed $(SEED)

vuln: $(OUT)/govulncheck ## look for known vulnerabilities (needs the Go vulnerability database)
	$(OUT)/govulncheck ./...

image: ## build the container image with docker or podman
	@command -v $(ENGINE) >/dev/null || { echo "make image needs docker with its engine, or podman"; exit 1; }
	$(ENGINE) build $(BUILD_PLATFORM) --build-arg VERSION=$(VERSION) --build-arg COMMIT=$(COMMIT) --build-arg DATE=$(DATE) $(IMAGE_FLAGS) -t $(IMAGE) .

haproxy-test: ## send requests through rendered gateways, and let HAProxy judge all expected configurations; needs haproxy
	KRM_FN_HAPROXY=require $(GO) test -count 1 -timeout 20m ./pkg/gateway/... ./test/gateway

helm-test: ## run the commands of docs/helm.md with Helm 3 and Helm 4, which are built first
	KRM_FN_HELM4=1 $(GO) test -count 1 -timeout 40m ./test/orchestrators -run '^TestTaskPages$$/^helm.md$$'

report-test: ## open reports in a real browser; needs Chromium
	KRM_FN_BROWSER=1 $(GO) test -count 1 -timeout 20m ./test/report

image-test: ## build the image and run it in kustomize and kpt; docs/image.md says what that needs
	KRM_FN_IMAGE_TEST=$${KRM_FN_IMAGE_TEST:-try} $(GO) test -count 1 -timeout 60m -v ./test/image

release: $(OUT)/goreleaser $(OUT)/cyclonedx-gomod ## make a release of the tag at HEAD; RELEASE_FLAGS=--skip=publish keeps it in dist/
	PATH="$(CURDIR)/$(OUT):$$PATH" goreleaser release --clean $(RELEASE_FLAGS)

release-test: ## make a release that is not published, and check what is in it and that it is reproducible
	KRM_FN_RELEASE_TEST=1 $(GO) test -count 1 -timeout 60m -v ./test/release

clean: ## remove what was built
	rm -rf .cache krm-fn coverage.out dist

$(OUT)/golangci-lint: tools/golangci-lint/go.mod
	$(GO) build -C tools/golangci-lint -o $(CURDIR)/$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

$(OUT)/govulncheck: tools/govulncheck/go.mod
	$(GO) build -C tools/govulncheck -o $(CURDIR)/$@ golang.org/x/vuln/cmd/govulncheck

$(OUT)/benchstat: tools/benchstat/go.mod
	$(GO) build -C tools/benchstat -o $(CURDIR)/$@ golang.org/x/perf/cmd/benchstat

$(OUT)/gremlins: tools/gremlins/go.mod
	$(GO) build -C tools/gremlins -o $(CURDIR)/$@ github.com/go-gremlins/gremlins/cmd/gremlins

$(OUT)/cyclonedx-gomod: tools/cyclonedx-gomod/go.mod
	$(GO) build -C tools/cyclonedx-gomod -o $(CURDIR)/$@ github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod

$(OUT)/goreleaser: tools/goreleaser/go.mod
	$(GO) build -C tools/goreleaser -o $(CURDIR)/$@ github.com/goreleaser/goreleaser/v2
