#!/bin/sh
# Makes the virtual environment of uv.lock. Installs Debian packages only when something is missing and we are root.
#
#   bootstrap.sh [PACKAGE…]   also look for these, so that without root everything missing is told at once
#
# They are only looked for: `burenbus` installs rabbitmq-server itself, because services must be held back for that.
set -eu
cd "$(dirname "$0")/../.."

say() { printf 'burenbus: %s\n' "$*"; }
stop() {
  printf 'burenbus: %s\n' "$@" >&2
  exit 1
}

python=''
for candidate in "${PYTHON:-}" python3 python3.11 python3.12 python3.13 python3.14 /usr/bin/python3; do
  [ -n "$candidate" ] && command -v "$candidate" >/dev/null 2>&1 || continue
  "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
  python=$(command -v "$candidate")
  # Debian's Python comes without ensurepip until python3-venv is installed.
  "$python" -c 'import venv; from ensurepip import bootstrap' 2>/dev/null && break
done
can_make_venv() { [ -n "$python" ] && "$python" -c 'import venv; from ensurepip import bootstrap' 2>/dev/null; }

done_before() {
  [ -e .venv/.burenbus ] && [ -x .venv/bin/python ] && [ -x var/uv/bin/uv ] &&
    [ ! pyproject.toml -nt .venv/.burenbus ] && [ ! uv.lock -nt .venv/.burenbus ]
}

missing=''
if ! done_before; then
  [ -n "$python" ] || missing="$missing python3"
  can_make_venv || missing="$missing python3-venv"
fi
if [ "$(id -u)" != 0 ]; then
  for package in "$@"; do
    case $package in
    rabbitmq-server) [ -n "${BURENBUS_AMQP_URL:-}${BURENBUS_TEST_AMQP:-}" ] || [ -e /usr/lib/rabbitmq/bin/rabbitmq-server ] ;;
    *) command -v "$package" >/dev/null 2>&1 ;;
    esac || missing="$missing $package"
  done
fi

if [ -n "$missing" ]; then
  if [ "$(id -u)" != 0 ]; then
    stop "er ontbreekt iets dat alleen root kan installeren:$missing" "geef eenmalig:  sudo apt-get install --no-install-recommends$missing"
  fi
  command -v apt-get >/dev/null 2>&1 || stop "er ontbreekt iets, en apt-get is er niet om het te installeren:$missing"
  say "installeren uit de distributie:$missing"
  export DEBIAN_FRONTEND=noninteractive
  log=$(mktemp)
  { apt-get -o DPkg::Lock::Timeout=300 update -qq &&
    # shellcheck disable=SC2086 # a list of packages
    apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends $missing; } >"$log" 2>&1 ||
    stop "het installeren is mislukt:" "$(tail -n 5 "$log")"
  rm -f "$log"
  [ -n "$python" ] || python=$(command -v python3)
  can_make_venv || stop "Python 3.11 of nieuwer is nodig; dit systeem heeft $("$python" --version). Zet een nieuwere neer en geef:  make PYTHON=/pad/naar/python3"
fi

done_before && exit 0

[ -w . ] || stop "in deze map ($PWD) mag je niet schrijven. Haal de broncode op in een map van jezelf."
[ -w "${HOME:-/nonexistent}" ] || export UV_CACHE_DIR="$PWD/var/uv-cache"
# What this machine trusts, a company's own certificate among it, when it has such a list.
if [ -s /etc/ssl/certs/ca-certificates.crt ]; then export UV_SYSTEM_CERTS=true; fi
export UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT="$PWD/.venv"

if ! [ -x var/uv/bin/uv ] || ! var/uv/bin/uv --version >/dev/null 2>&1; then
  say "uv wordt klaargezet in var/uv"
  rm -rf var/uv
  "$python" -m venv var/uv
  var/uv/bin/python -m pip install --quiet --no-cache-dir --disable-pip-version-check 'uv>=0.9,<1' ||
    stop "uv kon niet worden opgehaald. Is er verbinding met de pakketbron?"
fi
say "de virtuele omgeving wordt klaargezet in .venv, naar uv.lock"
var/uv/bin/uv sync --locked --all-extras --quiet --python "$python" ||
  stop "de virtuele omgeving kon niet worden gemaakt. Zie de melding hierboven."
touch .venv/.burenbus
say "klaar"
