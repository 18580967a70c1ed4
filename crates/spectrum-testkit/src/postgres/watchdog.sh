# Runs one private PostgreSQL server for as long as somebody holds the other end of this script's
# standard input. That end closes when its holder lets go of it or dies, of whatever cause, SIGKILL
# included; then the server is stopped and its folder removed.
#
# Arguments: the folder, the folder of the server's programs, and the user to become ('' to stay).
# Prints one line, "ready" or "failed"; what the server says goes into the folder's log.
folder=$1
programs=$2
user=$3

stop() {
    # An immediate stop: nothing here is worth a checkpoint. Line 1 of the file is the server's pid.
    pid=$(head -n 1 "$folder/data/postmaster.pid" 2>/dev/null) && kill -QUIT "$pid" 2>/dev/null
    wait
    rm -rf "$folder"
}
trap stop EXIT
trap 'exit 1' HUP INT TERM
# The reader of the one line may be gone before it is printed.
trap '' PIPE

# PostgreSQL refuses to run as root.
become=
if [ -n "$user" ]; then
    chown "$user" "$folder"
    if command -v setpriv >/dev/null; then
        become="setpriv --reuid=$user --regid=$(id -g "$user") --clear-groups --"
    else
        become="runuser -u $user --"
    fi
fi

start() {
    cd "$folder" || return
    $become "$programs/initdb" --pgdata="$folder/data" --username=spectrum --auth=trust \
        --encoding=UTF8 --locale=C.UTF-8 --no-sync </dev/null >"$folder/log" 2>&1 || return
    $become "$programs/postgres" -D "$folder/data" \
        -c listen_addresses= -c unix_socket_directories="$folder" \
        -c timezone=UTC -c log_timezone=UTC -c max_connections=50 \
        -c fsync=off -c synchronous_commit=off -c full_page_writes=off \
        -c wal_level=minimal -c max_wal_senders=0 \
        </dev/null >>"$folder/log" 2>&1 &
    tries=0
    until [ "$(sed -n 8p "$folder/data/postmaster.pid" 2>/dev/null | tr -d ' ')" = ready ]; do
        tries=$((tries + 1))
        [ $tries -le 1200 ] && kill -0 $! 2>/dev/null || return
        sleep 0.05
    done
}

if start; then echo ready; else echo failed; fi
cat >/dev/null
