#!/usr/bin/env bash
# Makes .venv and installs shadowjudge with the extras named: ./setup.sh demo, or ./setup.sh demo,dev
# Uses uv when it is there, else python3 -m venv and pip. Debian packages that are missing come by apt-get.
set -euo pipefail
cd "$(dirname "$0")"

extras=${1:-demo}
venv=.venv
python=${PYTHON:-python3}
# AVX2 instead of this machine's own instructions: llama.cpp's AMX code crashes on virtual machines that announce AMX
# and do not have it, and pip keeps the compiled wheel for the next machine too.
export CMAKE_ARGS="-DGGML_NATIVE=OFF -DLLAVA_BUILD=OFF ${CMAKE_ARGS:-}"

say() { printf 'setup: %s\n' "$*" >&2; }
stop() { say "$*"; exit 2; }
has() { command -v "$1" >/dev/null 2>&1; }

debian() { # debian PACKAGE... : install them, or say how
    has apt-get || stop "missing: $*. Install these (Debian's names) and try again."
    local root=()
    if [ "$(id -u)" != 0 ]; then
        has sudo && sudo -n true 2>/dev/null || stop "missing: $*. Run: sudo apt-get install $*"
        root=(sudo -n)
    fi
    say "installing with apt-get: $*"
    "${root[@]}" apt-get update -qq
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" >/dev/null
}

missing=()
has c++ || missing+=(build-essential)
has cmake || missing+=(cmake)
has "$python" || missing+=(python3)
[[ ",$extras," != *,dev,* ]] || has chromium || missing+=(chromium)
[[ ",$extras," != *,dev,* ]] || has initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
if ! has uv && [ ! -x $venv/bin/python ] && ! { has "$python" && "$python" -c 'import ensurepip' 2>/dev/null; }; then
    missing+=(python3-venv)
fi
[ ${#missing[@]} = 0 ] || debian "${missing[@]}"

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    stop "$python is $("$python" -V), and shadowjudge needs Python 3.11 or newer; name another: PYTHON=/path/to/python make ..."

if [ ! -x $venv/bin/python ]; then
    say "making $venv"
    if has uv; then uv venv --quiet --python "$python" $venv; else "$python" -m venv $venv; fi
fi
if has uv; then
    install() { uv pip install --python $venv/bin/python "$@"; }
    forget_llama() { uv pip uninstall --python $venv/bin/python llama-cpp-python && uv cache clean llama-cpp-python; }
else
    install() { $venv/bin/python -m pip install --disable-pip-version-check --progress-bar off "$@"; }
    forget_llama() {
        $venv/bin/python -m pip uninstall --yes llama-cpp-python
        $venv/bin/python -m pip cache remove llama_cpp_python || true
    }
fi

say "installing shadowjudge[$extras] into $venv: a minute or two of downloads,"
say "and the first time 4 to 8 minutes in which llama.cpp is compiled, with nothing to see"
install -c constraints.txt -e ".[$extras]"

if ! $venv/bin/python -m dashboards.demo.selftest; then
    say "the small model does not run with this build of llama.cpp (made for another machine?): compiling it again"
    forget_llama
    install -c constraints.txt --no-binary llama-cpp-python -e ".[$extras]"
    $venv/bin/python -m dashboards.demo.selftest ||
        stop "the small model still does not run; see the lines above, or run the demo elsewhere."
fi
say "ready"
