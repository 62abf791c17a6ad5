#!/usr/bin/env bash
# stop-dovecot.sh DIR: ends exactly the Dovecot that start-dovecot.sh started on
# DIR, and waits until it and its children are gone. 0 also if none ran.
set -euo pipefail
[ $# -eq 1 ] || { sed -n '2,3p' "$0" >&2; exit 2; }
DIR=$(cd "$1" && pwd -P)
CONF=$DIR/dovecot.conf PIDFILE=$DIR/run/master.pid
[ -f "$PIDFILE" ] || exit 0
PID=$(tr -dc 0-9 <"$PIDFILE")

# A pid may be someone else's by now: only ours counts.
ours() { [ -r "/proc/$1/cmdline" ] && tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null | grep -qF -- "-c $CONF"; }
children() { cat "/proc/$PID/task/"*/children 2>/dev/null || true; }
left() {
  local k
  for k in $KIDS; do
    case $(readlink "/proc/$k/exe" 2>/dev/null || true) in */dovecot/*) echo "$k" ;; esac
  done
}
if [ -z "$PID" ] || ! ours "$PID"; then
  rm -f "$PIDFILE"
  exit 0
fi

KIDS=$(children)
kill -CONT -- "-$PID" 2>/dev/null || true # it may have been paused
# All at once: the processes that have connections say BYE then. When only the
# first one is told, they wait for seconds.
kill -TERM -- "-$PID" 2>/dev/null || kill -TERM "$PID"
for _ in $(seq 200); do ours "$PID" || break; sleep 0.05; done
if ours "$PID"; then
  KIDS="$KIDS $(children)"
  kill -KILL "$PID" 2>/dev/null || true
  while ours "$PID"; do sleep 0.05; done
fi
for _ in $(seq 100); do [ -n "$(left)" ] || break; sleep 0.05; done
for k in $(left); do kill -KILL "$k" 2>/dev/null || true; done
rm -f "$PIDFILE"
