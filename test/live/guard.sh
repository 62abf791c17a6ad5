#!/usr/bin/env bash
# guard.sh OWNER PID COMMAND...: when the process OWNER has ended, and PID has not,
# runs the command. It returns at once: what waits is in a session of its own, so
# that what ends the owner, a terminal or a timeout, does not end it too.
set -euo pipefail
if [ "${GUARDING:-}" != yes ]; then
  GUARDING=yes setsid bash "$0" "$@" </dev/null >/dev/null 2>&1 &
  exit 0
fi
runs() { [ -n "$(tr -d '\0' 2>/dev/null <"/proc/$1/cmdline")" ]; } 2>/dev/null
OWNER=$1 PID=$2
shift 2
while runs "$OWNER" && runs "$PID"; do sleep 1; done
! runs "$PID" || "$@"
