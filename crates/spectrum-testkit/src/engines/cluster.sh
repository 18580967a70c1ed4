# Runs a Spark standalone cluster on loopback, one master and some workers of a core each, for as long as somebody holds
# the other end of this script's standard input. That end closes when its holder lets go of it or dies, of whatever cause,
# SIGKILL included; then every Java that it started is ended and the folder removed. Until then the line "kill N" ends the
# Nth worker and its executors at once, as the loss of a machine would.
#
# Arguments: the folder, Spark's home, the number of workers, the memory of each in MB, and a folder that the workers see
# empty and for themselves, as it would be on other machines ('' for none).
# Answers the beginning with "ready", the master's URL and the workers' pids, and every line with "killed"; or with "failed".
folder=$1
home=$2
workers=$3
memory=$4
hidden=$5

stop() {
    trap '' EXIT
    rm -rf "$folder"
    # This script leads a process group of its own, in which all of them are, executors too.
    trap '' TERM
    kill -TERM 0
    tries=0
    while [ -n "$(children $$)" ] && [ $tries -lt 100 ]; do
        tries=$((tries + 1))
        sleep 0.05
    done
    rm -rf "$folder"
    kill -KILL 0
}
children() {
    # A shell that runs this in the background of itself is no child that matters.
    for status in $(grep -ls "^PPid:[[:space:]]*$1\$" /proc/[0-9]*/status); do
        pid=${status#/proc/}
        pid=${pid%/status}
        case $(cat "/proc/$pid/comm" 2>/dev/null) in java) echo "$pid" ;; esac
    done
}
trap stop EXIT
trap 'exit 1' HUP INT TERM
# The reader of a line may be gone before it is printed.
trap '' PIPE

elsewhere() { # runs a command as on a machine that has not the hidden folder
    if [ -z "$hidden" ]; then exec "$@"; fi
    map=
    [ "$(id -u)" = 0 ] || map=--map-root-user
    # shellcheck disable=SC2016
    exec unshare --mount $map /bin/sh -c 'mount -t tmpfs none "$0" && exec "$@"' "$hidden" "$@"
}

wait_for() { # a file and a pattern, so often
    tries=0
    until [ "$(grep -c "$2" "$1" 2>/dev/null)" -ge "$3" ] 2>/dev/null; do
        tries=$((tries + 1))
        [ $tries -le 1200 ] || return
        sleep 0.05
    done
}

start() {
    class=org.apache.spark.deploy
    "$home/bin/spark-class" $class.master.Master --host 127.0.0.1 --port 0 --webui-port 0 \
        </dev/null >"$folder/master.log" 2>&1 &
    wait_for "$folder/master.log" 'Starting Spark master at' 1 || return
    url=$(sed -n 's/.*Starting Spark master at \(spark:[^ ]*\).*/\1/p' "$folder/master.log")
    pids=
    number=0
    while [ $number -lt "$workers" ]; do
        number=$((number + 1))
        mkdir "$folder/work$number" || return
        export SPARK_LOCAL_DIRS="$folder/work$number"
        elsewhere "$home/bin/spark-class" $class.worker.Worker \
            --host 127.0.0.1 --port 0 --webui-port 0 -c 1 -m "${memory}m" -d "$folder/work$number" "$url" \
            </dev/null >"$folder/worker$number.log" 2>&1 &
        pids="$pids $!"
    done
    wait_for "$folder/master.log" 'Registering worker' "$workers" || return
    echo "ready $url$pids"
}

start || echo failed
while read -r line; do
    case $line in
    kill\ *)
        pid=$(echo "$pids" | cut -d ' ' -f "$((${line#kill } + 1))")
        # The executors are its children, and would know of its end only when they hear of it.
        executors=$(children "$pid")
        # shellcheck disable=SC2086
        kill -KILL "$pid" $executors
        echo killed
        ;;
    esac
done
