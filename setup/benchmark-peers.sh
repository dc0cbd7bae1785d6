#!/usr/bin/env bash
# Installs the servers that are measured beside ours (make benchmark-peers), without starting any of them.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "benchmark-peers: this needs root on a Debian or Ubuntu; the list is setup/benchmark-packages.txt." >&2
    exit 1
fi

# A package starts its server at once, for everybody on its usual port. Debian's way to forbid that is this
# file, see invoke-rc.d(8); one that is there already stays as it is.
policy=/usr/sbin/policy-rc.d
if ! [ -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi

export DEBIAN_FRONTEND=noninteractive
apt-get update -qq || echo "benchmark-peers: the package lists could not be refreshed, going on with the old ones"
sed -e 's/#.*//' -e '/^[[:space:]]*$/d' setup/benchmark-packages.txt |
    xargs apt-get install -y -qq --no-install-recommends >/dev/null
echo "benchmark-peers: ready, none of them runs"
