#!/usr/bin/env bash
# certify.sh DIR: a certificate authority and a certificate for localhost under
# DIR, once: ca.pem, server.key, server.crt, server.pem.
set -euo pipefail
mkdir -p "$1"
cd "$1"
[ ! -s server.pem ] || exit 0
make() (
  set -e
  umask 077
  openssl ecparam -name prime256v1 -genkey -noout -out ca.key
  openssl req -x509 -new -key ca.key -sha256 -days 3650 -subj "/CN=test CA" -out ca.pem \
    -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign,cRLSign"
  openssl ecparam -name prime256v1 -genkey -noout -out server.key
  openssl req -new -key server.key -subj "/CN=localhost" -out server.csr
  printf '%s\n' subjectAltName=DNS:localhost,IP:127.0.0.1 basicConstraints=CA:FALSE \
    keyUsage=critical,digitalSignature extendedKeyUsage=serverAuth >server.ext
  openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 3650 -sha256 \
    -extfile server.ext -out server.crt
  chmod 644 ca.pem
  cat server.crt ca.pem >server.pem
)
make >log 2>&1 || { cat log >&2; exit 1; }
