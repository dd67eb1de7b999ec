# shellcheck shell=bash
# A throw-away Postgres in a folder of its own. To be sourced, after lib.sh.
#
#   postgres_start FOLDER SETTING=VALUE…   exports SLUICE_TEST_DATABASE_URL and the like
#   postgres_stop                          at once; harmless when nothing runs
#
# Postgres refuses to run as root, so root becomes the user postgres; anyone else stays who he is.
# It listens on a Unix socket in its folder, where the folder's rights guard it, and on 127.0.0.1 with a
# random password, for clients that know no sockets.

POSTGRES_FOLDER=""

# The newest server programs there are.
postgres_programs() {
  local newest=""
  newest="$(find /usr/lib/postgresql -mindepth 1 -maxdepth 1 -type d 2>/dev/null | sort -V | tail -n 1)"
  if [ -n "$newest" ] && [ -x "$newest/bin/initdb" ]; then
    printf '%s/bin' "$newest"
  else
    dirname "$(command -v initdb)"
  fi
}

# as_postgres COMMAND…
as_postgres() {
  if [ "$(id -u)" -eq 0 ]; then
    (cd / && exec setpriv --reuid=postgres --regid=postgres --init-groups "$@")
  else
    "$@"
  fi
}

postgres_start() {
  local folder="$1" setting programs password log
  shift
  programs="$(postgres_programs)"
  log="$folder/postgres.log"
  mkdir -m 700 "$folder" || die "cannot make $folder"
  if [ "$(id -u)" -eq 0 ]; then
    chown postgres:postgres "$folder" || die "there is no user postgres"
  fi
  password="$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
  # shellcheck disable=SC2016 # the inner shell expands them
  as_postgres bash -c 'umask 077; printf "%s\n" "$2" >"$1"' -- "$folder/password" "$password"
  as_postgres "$programs/initdb" --pgdata="$folder/data" --username=postgres --encoding=UTF8 \
    --locale=C.UTF-8 --auth-local=trust --auth-host=scram-sha-256 --pwfile="$folder/password" \
    --no-sync >"$folder.initdb.log" 2>&1 || { cat "$folder.initdb.log" >&2; die "initdb failed"; }

  local options="-c unix_socket_directories='$folder' -c listen_addresses=127.0.0.1 -c log_lock_waits=on"
  for setting in "$@"; do
    options+=" -c $setting"
  done
  local attempt
  for attempt in {1..20}; do
    # Below 32768, where Linux takes no ports for outgoing connections by itself.
    POSTGRES_PORT=$((20000 + RANDOM % 12000))
    POSTGRES_FOLDER="$folder"
    if as_postgres "$programs/pg_ctl" start --pgdata="$folder/data" --wait --timeout=60 --silent \
      --log="$log" --options="$options -c port=$POSTGRES_PORT" >/dev/null 2>&1 </dev/null; then
      break
    fi
    if [ "$attempt" -eq 20 ] || ! grep -q 'could not bind\|Address already in use\|lock file' "$log"; then
      tail -n 20 "$log" >&2
      die "Postgres did not start"
    fi
    as_postgres rm -f "$log"
  done
  export SLUICE_TEST_POSTGRES_PROGRAMS="$programs"
  export SLUICE_TEST_DATABASE_URL="postgresql://postgres@/postgres?host=$folder&port=$POSTGRES_PORT"
  export SLUICE_TEST_DATABASE_TCP_URL="postgresql://postgres:$password@127.0.0.1:$POSTGRES_PORT/postgres"
  export PGHOST="$folder" PGPORT="$POSTGRES_PORT" PGUSER=postgres PGDATABASE=postgres
  # So that no setting of the person's own leaks into a test.
  export PGPASSFILE="$folder/none" PGSERVICEFILE="$folder/none" PGAPPNAME=sluice-test PSQLRC="$folder/none"
}

postgres_stop() {
  if [ -n "$POSTGRES_FOLDER" ] && [ -e "$POSTGRES_FOLDER/data/postmaster.pid" ]; then
    as_postgres "$(postgres_programs)/pg_ctl" stop --pgdata="$POSTGRES_FOLDER/data" \
      --mode=immediate --wait --silent >/dev/null 2>&1 || true
  fi
  POSTGRES_FOLDER=""
}
