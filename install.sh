#!/bin/sh
# Installs the pgstep executable of this machine, after its checksum was verified:
#
#   curl --proto '=https' --tlsv1.2 -fsSL https://github.com/pgstep/pgstep/releases/latest/download/install.sh | sh
#   sh install.sh --to /usr/local/bin
#
# PGSTEP_VERSION         the release, for example 0.1.0; the latest when absent
# PGSTEP_TARGET          for example linux-x64-musl; otherwise found out
# PGSTEP_DOWNLOAD_BASE   a mirror: the URL under which a release's files lie
# PGSTEP_VERIFY          attestation: install only what GitHub's attestation confirms (needs gh, logged in);
#                        checksum: do not ask for an attestation; otherwise gh is asked where it is there
#
# Exit status: 0 installed, 1 refused or failed (what was there stays), 2 wrong arguments.

set -u

repository=pgstep/pgstep
releases=https://github.com/$repository/releases
scratch=

# All of it is read before any of it runs: a download of this script that breaks off does nothing.
main() {
  directory=
  while [ $# -gt 0 ]; do
    case $1 in
      --to) [ $# -ge 2 ] || misused "--to needs a directory"; directory=$2; shift 2 ;;
      --to=*) directory=${1#--to=}; shift ;;
      -h | --help) usage; exit 0 ;;
      *) misused "there is no option $1" ;;
    esac
  done
  if [ -z "$directory" ]; then
    [ -n "${HOME:-}" ] || misused "HOME is not set: name a directory with --to"
    directory=$HOME/.local/bin
  fi

  target=${PGSTEP_TARGET:-}
  [ -n "$target" ] || target=$(find_target) || exit 1
  base=$(find_base) || exit 1
  case $target in
    windows-*) archive=pgstep-$target.zip; file=pgstep.exe; unpack=unzip ;;
    *) archive=pgstep-$target.tar.gz; file=pgstep; unpack=tar ;;
  esac
  # What would refuse later refuses before anything is downloaded.
  find_verification || exit 1
  find_digest_tool || exit 1
  find_download_tool || exit 1
  command -v "$unpack" >/dev/null 2>&1 || fail "$unpack is needed to unpack $archive"

  mkdir -p "$directory" || fail "$directory cannot be made"
  # Beside its destination, so that the last step is a rename.
  scratch=$(mktemp -d "$directory/.pgstep-install.XXXXXX") || fail "$directory cannot be written to"
  trap clean EXIT
  trap 'clean; exit 130' INT
  trap 'clean; exit 143' TERM HUP

  download "$base/SHA256SUMS" "$scratch/SHA256SUMS"
  expected=$(awk -v name="$archive" '$2 == name { print $1 }' "$scratch/SHA256SUMS")
  is_digest "$expected" || fail "$base/SHA256SUMS has no checksum of $archive"
  download "$base/$archive" "$scratch/$archive"
  found=$(digest "$scratch/$archive")
  [ "$found" = "$expected" ] || fail "$archive has the checksum $found, and $expected is expected: nothing was installed"
  [ "$verify" = checksum ] || verify_attestation "$scratch/$archive"

  case $unpack in
    unzip) unzip -q "$scratch/$archive" -d "$scratch" ;;
    tar) tar -xzf "$scratch/$archive" -C "$scratch" ;;
  esac || fail "$archive cannot be unpacked"
  program=$scratch/pgstep-$target/$file
  [ -f "$program" ] || fail "$archive has no pgstep inside"
  chmod 755 "$program" || fail "$program cannot be made executable"
  case $target in
    *musl) remedy="it needs libstdc++ (on Alpine: apk add libstdc++)" ;;
    *) remedy="choose another with PGSTEP_TARGET" ;;
  esac
  said=$("$program" --version </dev/null) || fail "the executable for $target does not run here; $remedy"
  mv -f "$program" "$directory/$file" || fail "$directory/$file cannot be replaced"
  printf 'Installed %s (%s) as %s\n' "$said" "$target" "$directory/$file"
  case :${PATH:-}: in
    *:"$directory":*) ;;
    *) printf 'Add %s to your PATH.\n' "$directory" ;;
  esac
}

usage() {
  printf 'usage: install.sh [--to DIRECTORY]\n'
  printf 'PGSTEP_VERSION, PGSTEP_TARGET and PGSTEP_DOWNLOAD_BASE choose the release, the platform and a mirror;\n'
  printf 'PGSTEP_VERIFY=attestation also asks GitHub who built it, with gh.\n'
}

misused() {
  printf 'install.sh: %s\n' "$1" >&2
  usage >&2
  exit 2
}

fail() {
  printf 'install.sh: %s\n' "$1" >&2
  exit 1
}

clean() {
  [ -z "$scratch" ] || rm -rf "$scratch"
}

find_target() {
  system=$(uname -s)
  machine=$(uname -m)
  case $machine in
    x86_64 | amd64) processor=x64 ;;
    aarch64 | arm64) processor=arm64 ;;
    *) fail "there is no executable for the processor $machine; install the npm package instead" ;;
  esac
  case $system in
    Linux) linux_target ;;
    Darwin)
      # A shell under Rosetta takes an Apple processor for an Intel one.
      [ "$(sysctl -n sysctl.proc_translated 2>/dev/null)" != 1 ] || processor=arm64
      printf 'darwin-%s\n' "$processor"
      ;;
    # The shell of Git for Windows, which may itself be of another processor than Windows is.
    MINGW* | MSYS*)
      case ${PROCESSOR_ARCHITEW6432:-}${PROCESSOR_ARCHITECTURE:-}${PROCESSOR_IDENTIFIER:-} in
        *ARM*) processor=arm64 ;;
      esac
      printf 'windows-%s\n' "$processor"
      ;;
    *) fail "there is no executable for $system; install the npm package instead" ;;
  esac
}

linux_target() {
  if is_musl; then
    printf 'linux-%s-musl\n' "$processor"
  elif [ "$processor" = x64 ] && [ -r /proc/cpuinfo ] && ! grep -qw avx2 /proc/cpuinfo; then
    printf 'linux-x64-baseline\n'
  else
    printf 'linux-%s\n' "$processor"
  fi
}

# glibc names itself; where musl's loader lies and glibc's does not, it is musl.
is_musl() {
  case $(getconf GNU_LIBC_VERSION 2>/dev/null) in glibc*) return 1 ;; esac
  case $(ldd --version 2>&1) in *musl*) return 0 ;; *GLIBC* | *"GNU libc"*) return 1 ;; esac
  for loader in /lib/ld-musl-*.so.1; do
    [ ! -e "$loader" ] || return 0
  done
  return 1
}

find_base() {
  given=${PGSTEP_DOWNLOAD_BASE:-}
  wanted=${PGSTEP_VERSION:-}
  case $wanted in
    *[!0-9A-Za-z.+-]*) fail "PGSTEP_VERSION is no version: $wanted" ;;
  esac
  if [ -n "$given" ]; then
    case $given in
      https://*) ;;
      # What stands between // and the path may name another host after an @.
      http://*) is_local "${given#http://}" || fail "PGSTEP_DOWNLOAD_BASE must start with https://" ;;
      *) fail "PGSTEP_DOWNLOAD_BASE must start with https://" ;;
    esac
    printf '%s\n' "${given%/}"
  elif [ -n "$wanted" ]; then
    printf '%s/download/v%s\n' "$releases" "${wanted#v}"
  else
    printf '%s/latest/download\n' "$releases"
  fi
}

# Whether a URL without its scheme names this machine, with or without a port.
is_local() {
  authority=${1%%[/?#]*}
  case $authority in
    localhost | 127.0.0.1) return 0 ;;
    localhost:* | 127.0.0.1:*) port=${authority#*:} ;;
    *) return 1 ;;
  esac
  case $port in '' | *[!0-9]*) return 1 ;; esac
}

find_download_tool() {
  for tool in curl wget; do
    if command -v "$tool" >/dev/null 2>&1; then
      download_tool=$tool
      return 0
    fi
  done
  fail "curl or wget is needed"
}

# Settings of the user's for curl and wget (such as "insecure") do not count, and no redirection leads to plain HTTP.
download() {
  case $1 in https://*) protocols='=https' ;; *) protocols='=http,https' ;; esac
  case $download_tool in
    curl)
      curl -q --proto "$protocols" --proto-redir '=https' --tlsv1.2 -fsSL --retry 2 -o "$2" "$1" ||
        fail "$1 cannot be downloaded"
      ;;
    wget)
      # Only GNU's wget reads such settings, and knows this option.
      case $(wget --no-config --version 2>/dev/null) in *'GNU Wget'*) own=--no-config ;; *) own= ;; esac
      # No wget can be told not to follow a redirection to plain HTTP, so its answers are looked at afterwards.
      wget $own -q -S -O "$2" "$1" 2>"$scratch/answers" || fail "$1 cannot be downloaded"
      if grep -qi '^ *location: *http:' "$scratch/answers"; then
        fail "$1 is redirected to plain HTTP: nothing was installed"
      fi
      ;;
  esac
}

find_verification() {
  verify=${PGSTEP_VERIFY:-}
  case $verify in
    '' | checksum) ;;
    attestation) command -v gh >/dev/null 2>&1 || fail "PGSTEP_VERIFY=attestation needs gh, the GitHub CLI" ;;
    *) fail "PGSTEP_VERIFY is attestation or checksum, not $verify" ;;
  esac
}

# Who built it, as GitHub has recorded it. Where nobody can say, the checksum decides, unless an attestation is a must.
verify_attestation() {
  [ "$verify" = attestation ] || command -v gh >/dev/null 2>&1 || return 0
  # Early versions of gh end with 0 where there is no attestation at all, so what it prints counts as well.
  if said=$(unset GH_HOST GH_REPO GH_ENTERPRISE_TOKEN
    gh attestation verify "$1" --repo "$repository" --format json 2>"$scratch/refusal") &&
    case $said in *'"verificationResult"'*) ;; *) false ;; esac; then
    printf 'Verified that %s was built by %s\n' "${1##*/}" "$repository"
    return 0
  fi
  reason=$(grep -v '^[[:space:]]*$' "$scratch/refusal" | tail -n 1)
  if grep -qi 'verification failed' "$scratch/refusal"; then
    fail "the attestation of ${1##*/} is not that of $repository: ${reason:-verification failed}"
  fi
  [ "$verify" != attestation ] || fail "gh cannot verify the attestation of ${1##*/}: ${reason:-there is none}"
  printf 'gh cannot verify the attestation of %s (%s); its checksum was verified.\n' "${1##*/}" "${reason:-there is none}" >&2
}

find_digest_tool() {
  for tool in sha256sum shasum openssl; do
    if command -v "$tool" >/dev/null 2>&1; then
      digest_tool=$tool
      return 0
    fi
  done
  fail "the checksum cannot be verified: sha256sum, shasum or openssl is needed"
}

digest() {
  case $digest_tool in
    sha256sum) sha256sum "$1" | awk '{ print $1 }' ;;
    shasum) shasum -a 256 "$1" | awk '{ print $1 }' ;;
    openssl) openssl dgst -sha256 "$1" | awk '{ print $NF }' ;;
  esac
}

is_digest() {
  case $1 in *[!0-9a-f]*) return 1 ;; esac
  [ ${#1} -eq 64 ]
}

main "$@"
