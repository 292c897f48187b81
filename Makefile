# Everything a developer types. Needs Python >= 3.11 with its headers, make and a C compiler; all else goes into .venv.

PYTHON ?= python3
DATA ?= digits
VENV := .venv
BIN := $(VENV)/bin
C_FILES := $(shell find src_c -name '*.[ch]')

# cython-lint calls pycodestyle.
export PATH := $(abspath $(BIN)):$(PATH)

.PHONY: build demo test bench lint sanitize clean

build: $(VENV)/built

# Installs the project, to be used where it lies; again when its requirements change. Otherwise compiles what has changed.
$(VENV)/built: pyproject.toml setup.py $(C_FILES) $(wildcard fastmlp/*.pyx fastmlp/*.pxd fastmlp/*.pxi)
	@if [ $(VENV)/installed -nt pyproject.toml ]; then \
		echo "Compiling what has changed" && $(BIN)/python setup.py --quiet build_ext --inplace; \
	else \
		echo "Installing fastmlp and its tools into $(VENV), about 2 minutes" && \
		$(PYTHON) -m venv $(VENV) && $(BIN)/pip install --quiet --editable '.[dev]' && touch $(VENV)/installed; \
	fi
	@touch $@

demo: build
	$(BIN)/python -m fastmlp demo --data $(DATA)

test: build
	$(BIN)/python -m pytest -n auto --dist loadfile

bench: build
	$(BIN)/python -m fastmlp bench

lint: build
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest fastmlp._engine --mypy-config-file pyproject.toml --ignore-disjoint-bases --allowlist .ci/stubtest-allowlist
	$(BIN)/cython-lint fastmlp
	$(BIN)/clang-format --dry-run -Werror $(C_FILES) $(wildcard tests/*/*.c)
	$(BIN)/codespell

# The tests of the kernels and of what calls them, on an engine with AddressSanitizer and UndefinedBehaviorSanitizer; then
# ThreadSanitizer on a program without Python. JAX does not live with AddressSanitizer.
SANITIZED := build/sanitized
sanitize: build
	FASTMLP_SANITIZE=address $(BIN)/python setup.py --quiet build --build-base $(SANITIZED) --build-lib $(SANITIZED)/lib
	PYTHONPATH=$(SANITIZED)/lib ASAN_OPTIONS=detect_leaks=0 LD_PRELOAD=$$($${CC:-cc} -print-file-name=libasan.so) \
		$(BIN)/pytest -n auto --ignore tests/ops/test_real_keras.py tests/kernels tests/ops tests/layers \
		tests/test_engine.py tests/test_lowering.py tests/test_sparse.py tests/test_step.py
	$(BIN)/pytest tests/native/sanitize_threads.py

clean:
	rm -rf $(VENV) build dist demo *.egg-info .mypy_cache .pytest_cache .ruff_cache .benchmarks .hypothesis
	find fastmlp -name '*.so' -delete
	find fastmlp tests benches -name __pycache__ -prune -exec rm -r {} +
