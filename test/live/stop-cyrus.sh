#!/usr/bin/env bash
# stop-cyrus.sh DIR: ends exactly the Cyrus that start-cyrus.sh started on DIR, and
# waits until it and its children are gone. 0 also if none ran.
set -euo pipefail
[ $# -eq 1 ] || { sed -n '2,3p' "$0" >&2; exit 2; }
DIR=$(cd "$1" && pwd -P)
CONF=$DIR/imapd.conf PIDFILE=$DIR/master.pid
[ -f "$PIDFILE" ] || exit 0
PID=$(tr -dc 0-9 <"$PIDFILE")

# A pid may be someone else's by now: only those with our configuration count.
ours() { [ -r "/proc/$1/cmdline" ] && tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null | grep -qF -- "-C $CONF"; }
if [ -z "$PID" ] || ! ours "$PID"; then
  rm -f "$PIDFILE"
  exit 0
fi

kill -CONT -- "-$PID" 2>/dev/null || true # it may have been paused
kill -TERM "$PID"
for _ in $(seq 200); do ours "$PID" || break; sleep 0.05; done
# Its process group is what it has left behind: also what it started while it was
# told to end, and what now has its ports.
kill -TERM -- "-$PID" 2>/dev/null || true
for _ in $(seq 40); do kill -0 -- "-$PID" 2>/dev/null || break; sleep 0.05; done
kill -KILL -- "-$PID" 2>/dev/null || true
for _ in $(seq 100); do kill -0 -- "-$PID" 2>/dev/null || break; sleep 0.05; done
rm -f "$PIDFILE"
