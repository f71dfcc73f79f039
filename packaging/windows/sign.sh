#!/bin/sh
# Signs a program for Windows in place: sign.sh FILE. For POTLUCK_SIGN_WINDOWS of `cargo xtask packages windows`.
#
# WINDOWS_CERTIFICATE_FILE  a PKCS #12 file with the key and its chain
# WINDOWS_PASSWORD_FILE     a file with its password
# WINDOWS_TIMESTAMP         a server of RFC 3161, so that the signature outlives the certificate
set -eu
osslsigncode sign -pkcs12 "$WINDOWS_CERTIFICATE_FILE" -readpass "$WINDOWS_PASSWORD_FILE" -h sha256 -n Potluck \
  -ts "${WINDOWS_TIMESTAMP:-http://timestamp.digicert.com}" -in "$1" -out "$1.signed"
mv -- "$1.signed" "$1"
