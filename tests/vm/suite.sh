#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# suite.sh: packages of another Debian suite or architecture, fetched and
# unpacked without touching the machine's own; sourced by the scripts beside it.
#
# The archive is the one that this machine's own apt uses; only the suite's
# name is another.  Lists and packages lie in the cache, below apt/.

# Outside the tree; also the default of tests/vm/kernel.
cache=${SIPOVER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/sipover}/kernel
# Merged since Debian 12, and harmless before: one layout for all suites.
merged=(bin sbin lib lib32 lib64 libx32)

die()
{
	echo "tests/vm/${0##*/}: $*" >&2
	exit 1
}

# machine_arch: this machine's architecture, e.g. amd64
machine_arch() { dpkg --print-architecture; }

# machine_suite: this machine's suite, e.g. bookworm
machine_suite()
{
	(. /etc/os-release && echo "${VERSION_CODENAME:-}")
}

# quietly COMMAND...: shows what it printed only if it failed
quietly()
{
	local log

	log=$(mktemp)
	if "$@" >"$log" 2>&1 </dev/null; then
		rm -f "$log"
	else
		cat "$log" >&2
		rm -f "$log"
		return 1
	fi
}

# cache_lock: concurrent runs wait here for one another
cache_lock()
{
	mkdir -p "$cache"
	exec 9>"$cache/lock"
	flock 9
}

# source_of LABEL: where the machine gets its Debian, or Debian-Security, from
source_of()
{
	# shellcheck disable=SC2016 # apt's own variables
	apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' \
		'Created-By: Packages' 2>/dev/null |
		sed -n "s/^Debian|$1|//p" | head -n 1 || true
}
archive="" security=""

# suite_sources SUITE: its lines of sources.list, its security updates last
suite_sources()
{
	local base=${1%-backports}
	local by="[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"

	echo "deb $by $archive $base main"
	[ "$base" = "$1" ] || echo "deb $by $archive $1 main"
	# Unstable gets its fixes directly.
	case $base in
	sid|unstable) ;;
	*) [ -z "$security" ] || echo "deb $by $security $base-security main" ;;
	esac
}

# suite_update: what apt has to say against it on stdout
suite_update()
{
	local log status=0

	log=$(apt-get -q -o APT::Update::Error-Mode=any update 2>&1 </dev/null) || status=1
	[ $status = 0 ] || grep '^E: ' <<<"$log" || true
	return $status
}

# suite_open SUITE ARCH: fresh package lists; what follows uses them, as all
# apt commands of this process do.  The cache is locked.
suite_open()
{
	local root=$cache/apt/$1-$2 errors

	command -v apt-get >/dev/null || die "no apt-get: this needs Debian"
	if [ -z "$archive" ]; then
		archive=$(source_of Debian)
		security=$(source_of Debian-Security)
	fi
	[ -n "$archive" ] ||
		die "apt has no list of a Debian archive: run apt-get update"
	mkdir -p "$root"/{lists/partial,archives/partial}
	suite_sources "$1" >"$root/sources.list"
	# As if nothing were installed: dependencies come as well.
	: >"$root/status"
	cat >"$root/apt.conf" <<-END
		Dir::State "$root";
		Dir::State::lists "$root/lists";
		Dir::State::status "$root/status";
		Dir::Cache "$root";
		Dir::Cache::archives "$root/archives";
		Dir::Etc::sourcelist "$root/sources.list";
		Dir::Etc::sourceparts "/dev/null";
		Dir::Etc::preferences "/dev/null";
		Dir::Etc::preferencesparts "/dev/null";
		APT::Architecture "$2";
		APT::Architectures { "$2"; };
		APT::Sandbox::User "root";
		APT::Install-Recommends "false";
	END
	# They come last unless asked for; another suite's fixes must not.
	[[ $1 != *-backports ]] ||
		echo "APT::Default-Release \"$1\";" >>"$root/apt.conf"
	export APT_CONFIG=$root/apt.conf
	! errors=$(suite_update) || return 0
	# An architecture may have no security updates any more.
	sed -i '/-security main$/d' "$root/sources.list"
	if suite_update >/dev/null; then
		errors=${errors%%$'\n'*}
		echo "tests/vm/${0##*/}: without security updates of $1 for $2: $errors" >&2
	else
		echo "$errors" >&2
		die "no package lists of $1 for $2: no network, or a suite that has gone?"
	fi
}

# suite_newest METAPACKAGE: the linux-image-VERSION that it stands for
suite_newest()
{
	apt-cache depends --important "$1" 2>/dev/null |
		sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1 || true
}

# suite_parts PACKAGE: the packages of a kernel that it needs, and itself: of
# all that it depends on, those with a version in their names
suite_parts()
{
	apt-cache depends --recurse --important "$1" 2>/dev/null |
		sed -n '/^linux-[a-z-]*-[0-9][^:]*$/p' | grep -v -- '-unsigned$' | sort -u
}

# unpack_all DIR DEB...: adds to DIR/fetched the bytes that were fetched
unpack_all()
{
	local dir=$1 deb sum=0 link

	shift
	sum=$(cat "$dir/fetched" 2>/dev/null || echo 0)
	for link in "${merged[@]}"; do
		mkdir -p "$dir/usr/$link"
		[ -e "$dir/$link" ] || ln -s "usr/$link" "$dir/$link"
	done
	for deb; do
		dpkg-deb --fsys-tarfile "$deb" |
			tar -x --keep-directory-symlink --no-same-owner -C "$dir" ||
			die "cannot unpack ${deb##*/}"
		sum=$((sum + $(stat -c %s "$deb")))
	done
	echo "$sum" >"$dir/fetched"
}

# unpack_only DIR PACKAGE...: these packages, nothing that they depend on
unpack_only()
{
	local dir=$1

	shift
	mkdir -p "$dir/deb"
	(cd "$dir/deb" && quietly apt-get -q -o APT::Sandbox::User=root download "$@") ||
		die "cannot fetch $*"
	unpack_all "$dir" "$dir"/deb/*.deb
	rm -r "$dir/deb"
}

# unpack_with DIR PACKAGE...: these packages and all that they depend on, as a
# root directory
unpack_with()
{
	local dir=$1

	shift
	mkdir -p "$dir/deb/partial"
	quietly apt-get -q -y --download-only -o Dir::Cache::archives="$dir/deb" \
		install "$@" || die "cannot fetch $*"
	unpack_all "$dir" "$dir"/deb/*.deb
	rm -r "$dir/deb"
	ln -sf mawk "$dir/usr/bin/awk"
	[ -e "$dir/usr/bin/sh" ] || ln -s dash "$dir/usr/bin/sh"
}
