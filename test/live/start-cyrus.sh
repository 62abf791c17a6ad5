#!/usr/bin/env bash
# start-cyrus.sh DIR [PORT [TLS_PORT]]
#
# Starts a private Cyrus IMAP 3 on loopback whose whole state lives under DIR, and
# returns when it greets. Users user1 to user9 and the administrator cyrus,
# password "pass". Starting again on a DIR whose server was stopped continues with
# its mail. stop-cyrus.sh DIR ends it. install-cyrus.sh puts the programs in place.
#
# PORT, TLS_PORT: 0 or absent = a free one. What was picked is printed, and is in
# DIR/env (shell syntax): HOST PORT TLS_PORT CA PID CONF LOG.
#
# Environment, all optional:
#   CYRUS=/var/cache/idlewild/cyrus   where install-cyrus.sh put the programs
#   EXTRA_CONF=           a file appended to imapd.conf
#   OWNER=                a process id: when it ends, so does the server
#   WAIT_S=60             how long to wait for the greeting
#
# Exit status: 2 usage, 3 no Cyrus that this can use, 4 already running,
# 5 a port is taken, 1 anything else.
set -euo pipefail
[ $# -ge 1 ] || { sed -n '2,20p' "$0" >&2; exit 2; }
NAME=cyrus HERE=$(cd "$(dirname "$0")" && pwd -P)
. "$HERE/common.sh"

mkdir -p "$1"
DIR=$(cd "$1" && pwd -P)
HOST=127.0.0.1 PORT=${2:-0} TLS_PORT=${3:-0}
CYRUS=${CYRUS:-/var/cache/idlewild/cyrus}
BIN=$CYRUS/usr/lib/cyrus/bin
CONF=$DIR/imapd.conf LOG=$DIR/master.log PIDFILE=$DIR/master.pid

# --- may we, can we?
[ ${#DIR} -le 70 ] || die 2 "DIR is too long for unix sockets: $DIR"
[ -x "$BIN/master" ] || die 3 "no Cyrus in $CYRUS: run test/live/install-cyrus.sh as root (Debian, Ubuntu)"
[ "$(id -u)" = 0 ] || die 3 "Cyrus needs root"
command -v saslpasswd2 >/dev/null || die 3 "no saslpasswd2: apt-get install sasl2-bin"
command -v openssl >/dev/null || die 3 "no openssl: apt-get install openssl"
not_running -C
pick_ports

bash "$HERE/certify.sh" "$DIR/tls" || die 1 "openssl failed"
id cyrus >/dev/null 2>&1 || useradd -r -g mail -s /bin/sh cyrus
mkdir -p "$DIR"/conf/{proc,socket,lock,db,log} "$DIR"/conf/user/{a..z} "$DIR/spool"

cat >"$CONF" <<C
# written by start-cyrus.sh
configdirectory: $DIR/conf
proc_path: $DIR/conf/proc
mboxname_lockpath: $DIR/conf/lock
defaultpartition: default
partition-default: $DIR/spool
admins: cyrus
allowplaintext: yes
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: $DIR/sasldb2
sasl_mech_list: PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256
tls_server_cert: $DIR/tls/server.pem
tls_server_key: $DIR/tls/server.key
altnamespace: yes
unixhierarchysep: yes
virtdomains: no
autocreate_quota: 102400
autocreate_post: yes
duplicate_db_path: $DIR/conf/deliver.db
idlesocket: $DIR/conf/socket/idle
notifysocket: $DIR/conf/socket/notify
annotation_allow_undefined: yes
expunge_mode: immediate
imapidlepoll: 1
failedloginpause: 0
C
[ -z "${EXTRA_CONF:-}" ] || cat "$EXTRA_CONF" >>"$CONF"
cat >"$DIR/cyrus.conf" <<C
START {
  recover cmd="$BIN/ctl_cyrusdb -C $CONF -r"
}
SERVICES {
  imap cmd="$BIN/imapd -C $CONF -U 30" listen="$HOST:$PORT" prefork=0 maxchild=200
  imaps cmd="$BIN/imapd -s -C $CONF -U 30" listen="$HOST:$TLS_PORT" prefork=0 maxchild=200
}
DAEMON {
  idled cmd="$BIN/idled -C $CONF"
}
EVENTS {
}
C
if [ ! -f "$DIR/sasldb2" ]; then
  for user in cyrus user1 user2 user3 user4 user5 user6 user7 user8 user9; do
    echo pass | saslpasswd2 -p -c -f "$DIR/sasldb2" -u "$(hostname)" "$user"
  done
fi
chown -R cyrus:mail "$DIR/conf" "$DIR/spool" "$DIR/sasldb2" "$DIR/tls" "$CONF" "$DIR/cyrus.conf"
chown cyrus:mail "$DIR"
chmod o+x "$DIR"

# --- start, and wait until it greets
setsid env LD_LIBRARY_PATH="$CYRUS/usr/lib:$CYRUS/usr/lib/$(uname -m)-linux-gnu" "$BIN/master" \
  -C "$CONF" -M "$DIR/cyrus.conf" -p "$PIDFILE" -D </dev/null >>"$LOG" 2>&1 &
PID=$!
disown "$PID"
said() { cat "$LOG"; }
await
hand_over
