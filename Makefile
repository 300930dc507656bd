# `make sim` and `make test` set everything up that is missing, then run.
BIN := .venv/bin
OURO := $(BIN)/ouro-spice

.PHONY: help setup sim paper circuit decks doctor test check lint format bench mutants clean

help:
	@echo "make sim      decks and the main job; report in runs/sim/report.html"
	@echo "make paper    the published experiment on its own ground, compact; runs/paper/report.html"
	@echo "make circuit  the same in the circuit, 1T1R in ngspice; runs/circuit/report.html"
	@echo "make test     all tests              make lint     style checks"
	@echo "make check    what is too slow for the tests: blocks of README and docs, benchmarks in their quick form"
	@echo "make decks    the decks alone        make doctor   what this machine has"
	@echo "make bench    all benchmarks         make setup    set up only"
	@echo "make mutants  100 small changes in rules, statistics, walk and storage: do the tests notice each?"

setup:
	@./setup.sh
	@$(OURO) osdi jart_vcm_v1b --link netlists/osdi > /dev/null

paper: setup
	@$(OURO) campaign paper --out runs/paper

circuit: setup
	@$(OURO) campaign circuit --out runs/circuit

sim: setup
	@$(OURO) sim

decks: setup
	@$(OURO) decks

doctor: setup
	@$(OURO) doctor

# Bytecode is kept whatever the environment says: hundreds of processes need not compile the package one after the other.
test: setup
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest --ngspice required -n auto --maxprocesses 4 \
		--dist loadfile --no-loadscope-reorder

# Every script runs, whatever fails before it; what each says stands in build/check. Where the figures are right values
# and not speeds, they are held to their bars.
RIGHT := robustness forks hostile technology long_times families families_grid
check: setup
	@mkdir -p build/check; missed=""; for script in tests/documentation.py benchmarks/[a-z]*.py; do \
		name=$$(basename $$script .py); printf '%-16s' "$$name"; \
		case $$script in tests/*) how= ;; *) how=--quick ;; esac; \
		case " $(RIGHT) " in *" $$name "*) how="$$how --check" ;; esac; \
		if $(BIN)/python $$script $$how > build/check/$$name.txt 2>&1; then echo "good"; \
		else echo "MISSED"; tail -n 30 build/check/$$name.txt; missed="$$missed $$name"; fi; \
	done; [ -z "$$missed" ] || { echo "missed:$$missed"; exit 1; }

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/basedpyright --level error

format: setup
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: setup
	@missed=0; for script in benchmarks/[a-z]*.py; do \
		echo "== $$script"; $(BIN)/python $$script --check || missed=1; \
	done; exit $$missed

# What is not yet in runs/mutants: an hour or so on two cores, the first time.
mutants: setup
	@$(BIN)/python -c 'import cosmic_ray' 2> /dev/null \
		|| $(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[mutants]'
	@nice $(BIN)/python tests/mutation/run.py --jobs 2 --check --json benchmarks/mutants.json

clean:
	rm -rf runs build *.egg-info
