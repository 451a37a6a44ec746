#!/bin/sh
# Try Agreement from a fresh clone with nothing but Python >= 3.11 and this shell:
#   sh try.sh demo    audits the sample tickets and says where the report is
#   sh try.sh test    runs all tests
# Everything it needs goes into .venv beside this file; run it as often as you like.
set -eu
cd "$(dirname "$0")"

python=
for candidate in python3 python3.14 python3.13 python3.12 python3.11 python; do
    if command -v "$candidate" >/dev/null 2>&1 &&
        "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "Needs Python 3.11 or newer with venv and pip (on Debian: apt-get install python3-venv)." >&2
    exit 2
fi

# install WHAT: into .venv, unless the same pyproject.toml was installed before
install() {
    stamp=".venv/installed-$(echo "$1" | tr -c 'a-z\n' '-')"
    if [ -f "$stamp" ] && cmp -s pyproject.toml "$stamp"; then
        return
    fi
    echo "Installing Agreement and what it needs into .venv (once, about a minute) ..."
    [ -x .venv/bin/python ] || "$python" -m venv .venv
    .venv/bin/python -m pip install --quiet --quiet --disable-pip-version-check --editable "$1"
    cp pyproject.toml "$stamp"
}

case "${1:-}" in
demo)
    install .
    echo "Auditing sample_data/tickets ..."
    .venv/bin/agreement demo
    ;;
test)
    install '.[dev]'
    echo "Running all tests ..."
    .venv/bin/python -m pytest -q
    ;;
*)
    echo "usage: sh try.sh demo | test" >&2
    exit 2
    ;;
esac
