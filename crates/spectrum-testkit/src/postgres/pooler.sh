# Runs one private PgBouncer for as long as somebody holds the other end of this script's standard input; then it is
# stopped and its folder removed (compare watchdog.sh).
#
# Arguments: the folder, with pgbouncer.ini in it, the program, the user to become ('' to stay), and the socket by which
# to tell that it listens.
# Answers the beginning with "ready" or "failed", and every line with "running" or "gone"; what the pooler says goes into
# the folder's log.
folder=$1
program=$2
user=$3
socket=$4

stop() {
    kill "$pooler" 2>/dev/null
    wait
    rm -rf "$folder"
}
trap stop EXIT
trap 'exit 1' HUP INT TERM
# The reader of a line may be gone before it is printed.
trap '' PIPE

# PgBouncer refuses to run as root.
become=
if [ -n "$user" ]; then
    chown -R "$user" "$folder"
    if command -v setpriv >/dev/null; then
        become="setpriv --reuid=$user --regid=$(id -g "$user") --clear-groups --"
    else
        become="runuser -u $user --"
    fi
fi

$become "$program" "$folder/pgbouncer.ini" </dev/null >"$folder/log" 2>&1 &
pooler=$!
is_there() {
    tries=0
    until [ -S "$socket" ]; do
        tries=$((tries + 1))
        [ $tries -le 600 ] && kill -0 "$pooler" 2>/dev/null || return
        sleep 0.05
    done
}
if is_there; then echo ready; else echo failed; fi
while read -r _; do
    if kill -0 "$pooler" 2>/dev/null; then echo running; else echo gone; fi
done
