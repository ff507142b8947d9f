#!/usr/bin/env bash
# Keeps one comment of a pull request up to date with what `pgstep check` has found. action.yml runs it:
#
#   GITHUB_TOKEN=... bash comment.sh <file of Markdown>
#
# INPUT_COMMENT   the name of the comment; a workflow with several checks gives each its own
#
# It needs curl and jq, which GitHub's runners have. Everything that others wrote (the findings, the event) stays in files
# that jq reads: nothing of it becomes a part of a command, an address or a script.
#
# The comment is created when there is something to say, and edited from then on. Whatever happens, the result of the
# check stays: this script says why there is no comment, and exits with 0.

set -euo pipefail

main() {
  body=${1:?the file of the comment}
  name=${INPUT_COMMENT:-true}
  [[ $name =~ ^[A-Za-z0-9._/-]{1,60}$ ]] || give_up warning "its name may only have letters, digits, and . _ / -"
  [[ ${GITHUB_TOKEN:-} =~ ^[A-Za-z0-9_.-]+$ ]] || give_up warning "there is no token"
  command -v jq >/dev/null && command -v curl >/dev/null || give_up warning "it needs curl and jq on the runner"
  number=$(jq '.pull_request.number // empty | select(type == "number")' "$GITHUB_EVENT_PATH" | tr -d '\r')
  [ -n "$number" ] || give_up notice "this run belongs to no pull request"
  comments=$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/issues/$number/comments
  scratch=$(mktemp -d "$RUNNER_TEMP/pgstep-comment.XXXXXX")
  trap 'rm -rf "$scratch"' EXIT
  marker="<!-- pgstep comment: $name -->"

  id=
  find_comment
  write_body
  if [ -n "$id" ]; then
    call PATCH "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/issues/comments/$id" "$scratch/body.json"
  elif ! is_clean; then
    call POST "$comments" "$scratch/body.json"
  fi
}

# Sets id to that of the comment with the marker, if there is one. Anybody can write the marker, so only a comment of the
# account that the token belongs to counts.
find_comment() {
  local page
  for ((page = 1; page <= 50; page++)); do
    call GET "$comments?per_page=100&page=$page"
    id=$(jq -r --arg marker "$marker" '
      map(select(.user.login == "github-actions[bot]" and (.body // "" | startswith($marker))) | .id) | first // empty
    ' "$scratch/answer" | tr -d '\r')
    [ -z "$id" ] || return 0
    [ "$(jq length "$scratch/answer" | tr -d '\r')" = 100 ] || return 0
  done
}

# The check found nothing, so a comment would only be noise.
is_clean() {
  head -n 1 "$body" | tr -d '\r' | grep -qx '### pgstep check: no problems found'
}

write_body() {
  [ -s "$body" ] || printf '### pgstep failed\n\nThe log of the job says why.\n' >"$scratch/failed.md"
  [ -s "$body" ] || body=$scratch/failed.md
  # jq quotes the text for JSON. The commit says what the comment is about.
  jq --rawfile text "$body" --arg marker "$marker" \
    --arg run "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID" '
    (.pull_request.head.sha // "" | select(test("^[0-9a-f]{40,64}$")) // "") as $commit
    | { body: "\($marker)\n\($text)\n<sub>\(if $commit == "" then "" else "For commit \($commit): " end)[log](\($run))</sub>\n" }
  ' "$GITHUB_EVENT_PATH" >"$scratch/body.json"
}

# call METHOD URL [FILE]: leaves the answer in $scratch/answer. The token reaches curl on its standard input, where no
# other process sees it.
call() {
  local method=$1 url=$2 status=0
  printf 'header = "Authorization: Bearer %s"\n' "$GITHUB_TOKEN" |
    curl --config - --silent --show-error --proto '=http,https' --max-time 30 --retry 2 --request "$method" \
      --header 'Accept: application/vnd.github+json' --header 'X-GitHub-Api-Version: 2022-11-28' \
      ${3:+--header 'Content-Type: application/json' --data-binary "@$3"} \
      --output "$scratch/answer" --write-out '%{http_code}' "$url" >"$scratch/status" || status=$?
  [ "$status" = 0 ] || give_up warning "$GITHUB_API_URL did not answer (curl: $status)"
  case $(<"$scratch/status") in
    200 | 201) ;;
    401 | 403 | 404)
      give_up notice "the token may not write comments. The workflow needs 'pull-requests: write'; a pull request from a fork never has it. The job's summary has the result" ;;
    *) give_up warning "$GITHUB_API_URL answered $(<"$scratch/status")" ;;
  esac
}

give_up() {
  printf '::%s title=pgstep::No comment on the pull request: %s\n' "$1" "$2" >&2
  exit 0
}

main "$@"
