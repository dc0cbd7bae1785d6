#!/usr/bin/env bash
# Makes a fresh machine ready: system packages (when root), the virtual environment, this project in it.
# Called by `make setup`; does its work in the project's folder and leaves .venv/.ready behind.
set -euo pipefail
cd "$(dirname "$0")/.."

missing_packages() {
    local name
    sed -e 's/#.*//' -e '/^[[:space:]]*$/d' setup/system-packages.txt | while read -r name; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || echo "$name"
    done
}

# A Python that can make environments and show windows. The first that fits is taken; what a person
# calls python3 comes before what the distribution put there.
fitting_python() {
    local name
    for name in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11 /usr/bin/python3; do
        if "$name" -c 'import sys, ssl, sqlite3, tkinter, venv, ensurepip
sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            command -v "$name"
            return
        fi
    done
    return 1
}

if command -v dpkg-query >/dev/null; then
    missing=$(missing_packages | tr '\n' ' ')
    if [ -n "$missing" ] && [ "$(id -u)" = 0 ]; then
        echo "setup: installing system packages: $missing"
        export DEBIAN_FRONTEND=noninteractive
        # A list that cannot be refreshed is no reason to stop: the packages may be there already.
        apt-get update -qq || echo "setup: the package lists could not be refreshed, going on with the old ones"
        # shellcheck disable=SC2086  # one word a package is wanted
        apt-get install -y -qq --no-install-recommends $missing >/dev/null
    elif [ -n "$missing" ]; then
        echo "setup: these system packages are missing; running works without the ones for tests. To install all:"
        echo "  sudo apt-get install --no-install-recommends $missing"
    fi
fi

if ! python=$(fitting_python); then
    echo "setup: no Python 3.11 or newer with tkinter, sqlite3, ssl and venv was found." >&2
    echo "setup: on Debian or Ubuntu: sudo apt-get install python3 python3-venv python3-tk" >&2
    exit 1
fi

if ! [ -x .venv/bin/python ]; then
    echo "setup: making .venv with $python"
    "$python" -m venv .venv
fi
echo "setup: installing the project and what it needs into .venv"
.venv/bin/python -m pip install --quiet --quiet --disable-pip-version-check \
    --editable '.[client,test,package,benchmark]'
touch .venv/.ready
