# Runs one private PostgreSQL server for as long as somebody holds the other end of this script's
# standard input. That end closes when its holder lets go of it or dies, of whatever cause, SIGKILL
# included; then the server is stopped and its folder removed. Until then the lines "stop" and
# "start" stop the server at once, as a crash would, and start it again on the same data.
#
# Arguments: the folder, the folder of the server's programs, the user to become ('' to stay), and
# the port to listen on at 127.0.0.1 ('' for the socket alone). What lies in the folder is used:
# settings.conf and hba.conf for the server's configuration, and server.crt, server.key and root.crt
# for TLS.
# Answers the beginning and every line with one line, "ready", "stopped" or "failed"; what the
# server says goes into the folder's log.
folder=$1
programs=$2
user=$3
port=$4

halt() {
    # An immediate stop: nothing here is worth a checkpoint. Line 1 of the file is the server's pid.
    pid=$(head -n 1 "$folder/data/postmaster.pid" 2>/dev/null) && kill -QUIT "$pid" 2>/dev/null
    wait
}
stop() {
    halt
    rm -rf "$folder"
}
trap stop EXIT
trap 'exit 1' HUP INT TERM
# The reader of a line may be gone before it is printed.
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

# Makes the data folder. initdb takes a second and more, and every test that runs in a process of its own has a server of
# its own, so what it made is kept for the next one: a folder in /tmp for each user and version of the server's programs.
make_data() {
    version=$("$programs/postgres" --version 2>/dev/null | cksum | cut -d ' ' -f 1)
    kept=/tmp/spectrum-initdb-${user:-$(id -un)}-$version
    # Whoever else could have made it could have put anything there.
    if [ -n "$version" ] && [ -f "$kept/PG_VERSION" ] && [ "$(stat -c %U "$kept")" = "${user:-$(id -un)}" ]; then
        cp -a "$kept" data && return
        rm -rf data
    fi
    $become "$programs/initdb" --pgdata="$folder/data" --username=spectrum --auth=trust \
        --encoding=UTF8 --locale=C.UTF-8 --no-sync </dev/null >"$folder/log" 2>&1 || return
    # It gets its name when it is complete. Of two who are at it the first one's stays.
    cp -a data "$kept.$$" && mv -T "$kept.$$" "$kept" 2>/dev/null || rm -rf "$kept.$$"
}

initialise() {
    cd "$folder" || return
    make_data || return
    # What was committed survives a crash of the server, and not one of the machine, which is all that a test needs.
    # Settings of one's own come behind, and the last one counts.
    printf '%s\n' 'fsync = off' 'full_page_writes = off' 'wal_level = minimal' 'max_wal_senders = 0' \
        'max_connections = 50' >>data/postgresql.conf || return
    if [ -f settings.conf ]; then cat settings.conf >>data/postgresql.conf || return; fi
    if [ -f hba.conf ]; then cat hba.conf >data/pg_hba.conf || return; fi
    for file in server.crt server.key root.crt; do
        [ -f $file ] || continue
        # The server wants its key for itself.
        mv $file data/ && chmod 600 data/$file && chown "${user:-$(id -u)}" data/$file || return
    done
}

start() {
    $become "$programs/postgres" -D "$folder/data" \
        -c listen_addresses="${port:+127.0.0.1}" ${port:+-c port="$port"} \
        -c unix_socket_directories="$folder" \
        -c timezone=UTC -c log_timezone=UTC \
        </dev/null >>"$folder/log" 2>&1 &
    tries=0
    until [ "$(sed -n 8p "$folder/data/postmaster.pid" 2>/dev/null | tr -d ' ')" = ready ]; do
        tries=$((tries + 1))
        [ $tries -le 1200 ] && kill -0 $! 2>/dev/null || return
        sleep 0.05
    done
}

if initialise && start; then echo ready; else echo failed; fi
while read -r line; do
    case $line in
    stop)
        halt
        rm -f "$folder/data/postmaster.pid"
        echo stopped
        ;;
    start) if start; then echo ready; else echo failed; fi ;;
    esac
done
