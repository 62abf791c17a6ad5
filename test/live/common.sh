# shellcheck shell=bash disable=SC2154 # start-*.sh set what this reads
# common.sh is what start-cyrus.sh and start-dovecot.sh share: they source it.
# They have set NAME DIR HOST PORT TLS_PORT CONF LOG PIDFILE HERE.

die() { echo "start-$NAME: $2" >&2; exit "$1"; }

not_running() { # not_running FLAG: no server has CONF as its FLAG
  local pid
  [ -f "$PIDFILE" ] || return 0
  pid=$(tr -dc 0-9 <"$PIDFILE")
  if [ -r "/proc/$pid/cmdline" ] && tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF -- "$1 $CONF"; then
    die 4 "already running here, pid $pid"
  fi
  rm -f "$PIDFILE"
}

# Ports are below those that the kernel hands to outgoing connections, so that
# nobody gets ours while we are stopped.
taken() { (exec 3<>"/dev/tcp/$HOST/$1") 2>/dev/null; }
pick() {
  local p
  for _ in $(seq 100); do
    p=$((12000 + (RANDOM * 32768 + RANDOM) % 18000))
    taken "$p" || { echo "$p"; return; }
  done
  die 1 "no free port"
}
pick_ports() {
  [ "$PORT" != 0 ] || PORT=$(pick)
  while [ "$TLS_PORT" = 0 ] || [ "$TLS_PORT" = "$PORT" ]; do TLS_PORT=$(pick); done
}

greets() { # the greeting may be someone else's: the pid file says whether it is ours
  local line
  [ "$(cat "$PIDFILE" 2>/dev/null)" = "$PID" ] || return 1
  line=$( (exec 3<>"/dev/tcp/$HOST/$PORT" && IFS= read -r -t 10 l <&3 && printf %s "$l") 2>/dev/null) || return 1
  [[ $line == "* OK"* ]]
}
fail() {
  kill -TERM "$PID" 2>/dev/null || true
  said >"$DIR/why"
  if grep -qi 'address already in use' "$DIR/why"; then die 5 "port $PORT or $TLS_PORT is taken"; fi
  cat "$DIR/why" >&2
  die 1 "$1"
}
await() { # until PID greets; said, which start-*.sh has, prints what it has logged
  local end=$((SECONDS + ${WAIT_S:-60}))
  until greets; do
    [ -d "/proc/$PID" ] || fail "$NAME ended"
    [ $SECONDS -lt $end ] || fail "no greeting"
    sleep 0.05
  done
}

hand_over() { # when the owner ends without stopping the server, stop it; and say where it is
  [ -z "${OWNER:-}" ] || bash "$HERE/guard.sh" "$OWNER" "$PID" bash "$HERE/stop-$NAME.sh" "$DIR"
  cat >"$DIR/env" <<C
HOST=$HOST
PORT=$PORT
TLS_PORT=$TLS_PORT
CA=$DIR/tls/ca.pem
PID=$PID
CONF=$CONF
LOG=$LOG
C
  cat "$DIR/env"
}
