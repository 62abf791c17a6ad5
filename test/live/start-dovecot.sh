#!/usr/bin/env bash
# start-dovecot.sh DIR [PORT [TLS_PORT]]
#
# Starts a private Dovecot 2.3 on loopback whose whole state lives under DIR, and
# returns when it greets. Any user, password "pass". Starting again on a DIR
# whose server was stopped continues with its mail. stop-dovecot.sh DIR ends it.
#
# PORT, TLS_PORT: 0 or absent = a free one. What was picked is printed, and is in
# DIR/env (shell syntax): HOST PORT TLS_PORT CA PID CONF LOG.
#
# Environment, all optional:
#   MAIL_FORMAT=mdbox     mdbox, sdbox or maildir
#   EXTRA_CONF=           a file appended to the configuration
#   MAX_CONNS=2000        logins and imap processes (cut to what ulimit -n allows)
#   OWNER=                a process id: when it ends, so does the server
#   MAIL_USER=nobody      who owns the mail, when run by root
#   WAIT_S=60             how long to wait for the greeting
#
# Exit status: 2 usage, 3 no Dovecot that this can use, 4 already running,
# 5 a port is taken, 1 anything else.
set -euo pipefail
[ $# -ge 1 ] || { sed -n '2,21p' "$0" >&2; exit 2; }
NAME=dovecot HERE=$(cd "$(dirname "$0")" && pwd -P)
. "$HERE/common.sh"

mkdir -p "$1"
DIR=$(cd "$1" && pwd -P)
HOST=127.0.0.1 PORT=${2:-0} TLS_PORT=${3:-0}
MAIL_FORMAT=${MAIL_FORMAT:-mdbox} MAX_CONNS=${MAX_CONNS:-2000}
CONF=$DIR/dovecot.conf LOG=$DIR/dovecot.log PIDFILE=$DIR/run/master.pid

# --- may we, can we?
[ ${#DIR} -le 70 ] || die 2 "DIR is too long for unix sockets: $DIR"
DOVECOT=$(command -v dovecot || echo /usr/sbin/dovecot)
[ -x "$DOVECOT" ] || die 3 "no dovecot: apt-get install dovecot-imapd"
case $("$DOVECOT" --version) in
  2.3.*) ;;
  *) die 3 "this is for Dovecot 2.3, here is $("$DOVECOT" --version)" ;;
esac
command -v openssl >/dev/null || die 3 "no openssl: apt-get install openssl"
not_running -c
pick_ports

# --- a certificate authority and a certificate, once for a DIR
mkdir -p "$DIR/run" "$DIR/state" "$DIR/mail"
bash "$HERE/certify.sh" "$DIR/tls" || die 1 "openssl failed"

# --- users and limits. Dovecot will not let mail belong to root.
if [ "$(id -u)" = 0 ]; then
  MAIL_USER=${MAIL_USER:-nobody} INTERNAL=dovecot LOGIN=dovenull
  chown "$MAIL_USER:" "$DIR/mail"
  chmod o+x "$DIR"
  # Dovecot would only say "Internal error" to whoever opens a mailbox.
  if command -v setpriv >/dev/null; then
    setpriv --reuid="$MAIL_USER" --regid="$(id -g "$MAIL_USER")" --clear-groups test -x "$DIR/mail" ||
      die 2 "$MAIL_USER cannot reach $DIR, but the mail is to be theirs: chmod o+x the directories above it"
  fi
else
  MAIL_USER=$(id -un) INTERNAL=$MAIL_USER LOGIN=$MAIL_USER
fi
ulimit -c 0
ulimit -n $((MAX_CONNS * 2 + 4096)) 2>/dev/null || ulimit -n "$(ulimit -Hn)"
FILES=$(ulimit -n)
if [ "$FILES" != unlimited ] && [ "$MAX_CONNS" -gt $(((FILES - 800) / 2)) ]; then MAX_CONNS=$(((FILES - 800) / 2)); fi

case $MAIL_FORMAT in
  mdbox | sdbox) LOCATION="$MAIL_FORMAT:~/$MAIL_FORMAT" ;;
  maildir) LOCATION="maildir:~/Maildir" ;;
  *) die 2 "MAIL_FORMAT=$MAIL_FORMAT?" ;;
esac

cat >"$CONF" <<C
# written by start-dovecot.sh
base_dir = $DIR/run
state_dir = $DIR/state
log_path = $LOG
protocols = imap
listen = $HOST
default_internal_user = $INTERNAL
default_internal_group = $(id -gn "$INTERNAL")
default_login_user = $LOGIN
default_vsz_limit = 4G
shutdown_clients = yes
first_valid_uid = 1

disable_plaintext_auth = no
auth_mechanisms = plain login cram-md5 scram-sha-1 scram-sha-256
auth_failure_delay = 0
mail_max_userip_connections = 1000000
passdb {
  driver = static
  args = password=pass
}
userdb {
  driver = static
  args = uid=$(id -u "$MAIL_USER") gid=$(id -g "$MAIL_USER") home=$DIR/mail/%u
}

ssl = yes
ssl_cert = <$DIR/tls/server.pem
ssl_key = <$DIR/tls/server.key
ssl_dh =
ssl_client_ca_dir =

mail_location = $LOCATION
mail_fsync = never
mail_plugins = zlib
mailbox_idle_check_interval = 2 secs
mail_privileged_group =
namespace inbox {
  inbox = yes
  separator = /
  mailbox Drafts {
    special_use = \Drafts
  }
  mailbox Sent {
    special_use = \Sent
  }
  mailbox Trash {
    special_use = \Trash
  }
}
protocol imap {
  mail_plugins = zlib imap_zlib
}

service imap-login {
  chroot =
  service_count = 0
  process_limit = 2
  client_limit = $MAX_CONNS
  inet_listener imap {
    port = $PORT
  }
  inet_listener imaps {
    port = $TLS_PORT
    ssl = yes
  }
}
service imap {
  service_count = 1024
  process_limit = $MAX_CONNS
}
service anvil {
  chroot =
  client_limit = $((MAX_CONNS * 2 + 800))
  unix_listener anvil-auth-penalty {
    mode = 0 # no waiting after wrong passwords
  }
}
service auth {
  client_limit = $((MAX_CONNS * 2 + 800))
}
service stats {
  client_limit = $((MAX_CONNS * 2 + 800))
  unix_listener stats-writer {
    mode = 0666
  }
}
C
[ -z "${EXTRA_CONF:-}" ] || cat "$EXTRA_CONF" >>"$CONF"

# --- start, and wait until it greets
: >"$DIR/stdout.log"
LOGGED=$(wc -c 2>/dev/null <"$LOG" || echo 0)
setsid "$DOVECOT" -F -c "$CONF" </dev/null >>"$DIR/stdout.log" 2>&1 &
PID=$!
disown "$PID"
said() { cat "$DIR/stdout.log"; tail -c "+$((LOGGED + 1))" "$LOG" 2>/dev/null || true; }
await
hand_over
