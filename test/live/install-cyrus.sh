#!/usr/bin/env bash
# install-cyrus.sh [ROOT]
#
# Puts Cyrus IMAP's programs under ROOT (default /var/cache/idlewild/cyrus),
# beside an installed Dovecot: Debian's packages of the two exclude each other, so
# those of Cyrus are unpacked, not installed; only the libraries they need are.
# Needs root, and Debian or Ubuntu. It does nothing if the programs are there.
set -euo pipefail
ROOT=${1:-/var/cache/idlewild/cyrus}
[ ! -x "$ROOT/usr/lib/cyrus/bin/master" ] || exit 0
[ "$(id -u)" = 0 ] || { echo "install-cyrus: needs root" >&2; exit 3; }
command -v apt-get >/dev/null || { echo "install-cyrus: no apt-get" >&2; exit 3; }
export DEBIAN_FRONTEND=noninteractive
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
chmod 755 "$WORK"
cd "$WORK"
apt-get download -q cyrus-imapd cyrus-common
for package in ./*.deb; do dpkg-deb -x "$package" "$WORK/root"; done
# What the unpacked programs link to, but for what we leave out (calendars and
# contacts are other programs).
depends=$(dpkg-deb -f ./cyrus-common_*.deb Depends | tr ',' '\n' | sed 's/|.*//; s/(.*//; s/:any//; s/ //g' |
  grep -E '^lib[^ ]*[0-9](t64)?$' | sort -u)
# shellcheck disable=SC2086 # a list of words
apt-get install -y -q --no-install-recommends $depends libsasl2-modules sasl2-bin
mkdir -p "$(dirname "$ROOT")"
chmod 755 "$(dirname "$ROOT")"
rm -rf "$ROOT"
cp -a "$WORK/root" "$ROOT"
chmod 755 "$ROOT"
