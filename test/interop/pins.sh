# How clients are installed, each version pinned. Source it after lib.sh; `pins` may hold versions that stand in no file.
# shellcheck shell=bash

tools=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../tools" && pwd)

# need PROGRAM WHY: a tool that is not installed from here.
need() {
    command -v "$1" >/dev/null || {
        echo "install: $1 is missing, needed for $2; 'tools/install test' as root installs it" >&2
        exit 1
    }
}

# client NAME FILE...: runs install_NAME in a fresh folder unless the files, which hold the pins,
# and that function are those of the last time.
client() {
    local name=$1 stamp
    local installer=install_${name//-/_}
    shift
    mkdir -p "$cache"
    stamp=$({
        declare -f "$installer" venv go_build java_build
        echo "${pins:-}"
        cat "$@"
    } | sha256sum | cut -d ' ' -f 1)
    (
        flock 8
        [ "$(cat "$cache/$name.stamp" 2>/dev/null)" = "$stamp" ] && exit
        echo "installing $name"
        rm -rf "${cache:?}/$name" "$cache/$name.stamp"
        mkdir -p "$cache/$name"
        "$installer" "$cache/$name"
        echo "$stamp" >"$cache/$name.stamp"
    ) 8>"$cache/$name.lock"
}

go_build() { nice -n 10 "$tools/go" build "$@"; }

# venv FOLDER PINS: a virtual environment with exactly the pinned packages.
venv() {
    need python3 "the Python clients"
    python3 -m venv "$1"
    nice -n 10 "$1/bin/pip" install -q --disable-pip-version-check --no-deps -r "$2"
}

# java_build FOLDER POM SOURCE...: what the pom names, in FOLDER/lib, and the classes of the sources.
java_build() {
    local folder=$1 pom=$2
    shift 2
    need javac "the Java clients"
    need mvn "the Java clients"
    nice -n 10 mvn -q -B -f "$pom" dependency:copy-dependencies -DoutputDirectory="$folder/lib" >"$folder/log" 2>&1 || {
        tail -n 20 "$folder/log" >&2
        exit 1
    }
    nice -n 10 javac -encoding UTF-8 -parameters -cp "$folder/lib/*" -d "$folder/classes" "$@"
}
