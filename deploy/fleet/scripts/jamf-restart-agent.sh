#!/bin/sh
# Restarts a Jamf agent that hangs: for Fleet's run_script, or by hand, as root. It inspects the agent first, and does
# nothing unless the status is still "no_answer" or "not_started". Then it ends the agent's runs that began before that,
# with all of root's processes that they started, and loads the check-in's LaunchDaemon. A run that is at work is left
# alone: one that installs or updates macOS, that has downloaded or looked for updates for less than a day, or that has
# logged within the last hour. While Setup Manager enrols the Mac, nothing is done. The script does not signal what runs as
# a user; launchd may end it with the check-in that started it. It never restarts the Mac, and never asks the user.
#
#   jamf-restart-agent.sh [--dry-run]     --dry-run inspects the agent, and says what would be done
#
# Exit status: 0 done, or nothing to do · 1 something was left alone, or could not be done: try again later · 2 wrong usage
# It takes less than four minutes, unless macOS cannot kill a command that it waits for. Fleet stops a script after five.
set -u
umask 022
cd / || exit
PATH=/usr/bin:/bin:/usr/sbin:/sbin
# Apple's awk ends at invalid UTF-8 in any other locale, and the log may have some.
LC_ALL=C
export PATH LC_ALL
# The agent logs in the Mac's own zone.
unset TZ

jamf=/usr/local/jamf/bin/jamf
task=/Library/LaunchDaemons/com.jamfsoftware.task.1.plist
downloads="/Library/Application Support/JAMF/Downloads"
log=/private/var/log/jamf.log
program=/opt/telemetry/bin/jamf-pulse
errors=/opt/telemetry/jamf/agent_errors
setup_started=/private/var/db/.JamfSetupStarted
setup_done=/private/var/db/.JamfSetupEnrollmentDone

say() {
  printf '%s\n' "$1"
}

fail() {
  say "Cannot restart the agent: $1"
  exit 1
}

# limit SECONDS COMMAND…: runs a command, and kills it if it takes longer.
limit() {
  seconds=$1
  shift
  "$@" &
  running=$!
  (
    while [ "$seconds" -gt 0 ]; do
      /bin/sleep 1
      kill -0 "$running" || exit
      seconds=$((seconds - 1))
    done
    kill -KILL "$running"
  ) >/dev/null 2>&1 &
  wait "$running" 2>/dev/null
}

# A text of jamf-pulse's answer; nothing if it is absent. The file is one line of flat JSON without spaces. Inside a text,
# every quote has a backslash before it: no text looks like a key.
field() {
  /usr/bin/sed -nE 's/.*"'"$1"'":"(([^"\\]|\\.)*)".*/\1/p' "$errors" 2>/dev/null | /usr/bin/sed 's/\\\(["\\]\)/\1/g'
}

# A timestamp in Unix seconds.
epoch() {
  /bin/date -j -u -f %Y-%m-%dT%H:%M:%SZ "$1" +%s 2>/dev/null
}

# Asks jamf-pulse: fills $status and, if the agent hangs, $since.
inspect() {
  [ -x "$program" ] || fail "\"$program\" is not on this Mac; install the jamf-pulse package"
  started=$(/bin/date +%s)
  limit 90 /usr/bin/env -i "$program" collect
  result=$?
  [ "$result" -ne 137 ] || fail "\"$program collect\" took longer than 90 seconds; run this script again later"
  [ "$result" -eq 0 ] || fail "\"$program collect\" ended with exit status $result"
  checked=$(epoch "$(field checked_at)")
  [ "${checked:-0}" -ge "$started" ] || fail "\"$errors\" has no new \"checked_at\"; run \"sudo $program status\""
  status=$(field status)
  case $status in
    no_answer) hung="The agent has hung since" ;;
    not_started) hung="No check-in has begun since" ;;
    no_log)
      # Rotation may have moved it a moment ago. Without it, nothing shows which run is at work.
      fail "there is no \"$log\", so it cannot be told whether the agent hangs; run this script again later"
      ;;
    *) return 0 ;;
  esac
  since=$(epoch "$(field status_since)")
  [ -n "$since" ] || fail "\"status_since\" in \"$errors\" is not a timestamp"
  message=$(field last_message)
  say "$hung $(field status_since) ($status)${message:+. Its last message: \"$message\"}"
}

# Whether Setup Manager enrols this Mac: it has stopped the check-ins on purpose, and may wait for a user's entry for hours.
# After three days it counts as given up, as in Fleet's policy. macOS's find rounds up to whole minutes.
is_in_setup() {
  [ ! -e "$setup_done" ] && [ -n "$(limit 10 /usr/bin/find "$setup_started" -mmin -4321 2>/dev/null)" ]
}

# Reads all living processes into $list, one a line: its id, its parent's, its user's, its age in seconds, its executable.
snapshot() {
  list=$(limit 10 /bin/ps -Aww -o pid= -o ppid= -o uid= -o stat= -o etime= -o comm=) || fail "\"/bin/ps\" failed"
  now=$(/bin/date +%s)
  list=$(say "$list" | /usr/bin/awk '$4 !~ /Z/ {
    # Days, hours, minutes, seconds, as many as there are: 2-03:04:05.
    n = split($5, part, /[-:]/)
    age = part[n] + 60 * part[n - 1] + (n > 2 ? 3600 * part[n - 2] : 0) + (n > 3 ? 86400 * part[n - 3] : 0)
    ids = $1 " " $2 " " $3
    sub(/^ *[^ ]+ +[^ ]+ +[^ ]+ +[^ ]+ +[^ ]+ +/, "")
    print ids, age, $0
  }')
}

# Fills $agents with the ids of all processes of the agent, and $daemons with those of its daemon ("jamf launchDaemon"). The
# daemon is no run: it lives as long as the Mac is up and blocks no check-in, and launchd would start it again. On macOS,
# ps shows an executable by the name that it was started with, such as "jamf": lsof tells whether it is the agent's.
# Fails if lsof takes too long.
find_agents() {
  agents=$(limit 10 /usr/sbin/lsof -w -a -u 0 -c jamf -d txt -Fpn 2>/dev/null)
  [ $? -ne 137 ] || return
  agents=$(say "$agents" |
    /usr/bin/awk -v file="n$jamf" '/^p/ { id = substr($0, 2) } $0 == file { printf " %s ", id }')
  daemons=$(limit 10 /bin/ps -Aww -o pid= -o args=) || fail "\"/bin/ps\" failed"
  daemons=$(say "$daemons" |
    /usr/bin/awk '$2 ~ /(^|\/)jamf$/ && $3 ~ /^(launchDaemon|daemon)$/ { printf " %s ", $1 }')
}

# The ids of the agent's runs in $list that began before $since and a minute.
old_runs() {
  say "$list" | /usr/bin/awk -v jamf="$jamf" -v agents="$agents" -v daemons="$daemons" -v age=$((now - since - 60)) '
    $3 == 0 && $4 > age + 0 && NF == 5 && $5 ~ /(^|\/)jamf$/ {
      if (($5 == jamf || index(agents, " " $1 " ")) && !index(daemons, " " $1 " ")) printf "%s ", $1
    }'
}

# below IDS [SPARED]: these of $list with all that they started, without those in SPARED and all that these started.
below() {
  say "$list" | /usr/bin/awk -v tops="$1" -v spared="${2-}" '
    function walk(tops, show,   queue, n, i, j) {
      n = split(tops, queue, " ")
      for (i = 1; i <= n; i++) {
        if (queue[i] in seen) continue
        seen[queue[i]] = 1
        if (show && (queue[i] in line)) print line[queue[i]]
        for (j = 1; j <= NR; j++) if (parent[j] == queue[i]) queue[++n] = id[j]
      }
    }
    { id[NR] = $1; parent[NR] = $2; line[$1] = $0 }
    END { walk(spared, 0); walk(tops, 1) }'
}

# Prints the log, and its copies that have changed within the last hour: one of them may have been the log then. Compressed
# copies are not read. The last line is the exit status. Call it in a subshell: it changes how words are split.
print_logs() {
  copies=$(limit 10 /usr/bin/find "${log%/*}" -maxdepth 1 -type f -name "${log##*/}[.-]*" -mmin -61 2>/dev/null)
  result=$?
  if [ "$result" -ne 137 ]; then
    set -f
    IFS='
'
    # shellcheck disable=SC2086 # each line is a path
    limit 10 /usr/bin/tail -c 33554432 "$log" $copies 2>/dev/null
    result=$?
  fi
  printf '\n%s\n' "$result"
}

# The ids that the agent has logged under within the last hour, with spaces around each. Fails if reading takes too long.
logged_lately() {
  print_logs | /usr/bin/awk -v from="$(/bin/date -v-1H +%m%d%H%M%S)" -v to="$(/bin/date -v+1H +%m%d%H%M%S)" '
    match($0, / jamf\[[0-9]+\]:/) {
      id = substr($0, RSTART + 6, RLENGTH - 8)
      month = (index("JanFebMarAprMayJunJulAugSepOctNovDec", $2) + 2) / 3
      time = $4
      gsub(/:/, "", time)
      stamp = sprintf("%02d%02d%s", month, $3, time) + 0
      # At New Year the first of the two is the greater. In autumn an hour occurs twice: so a time ahead counts, too.
      if (from + 0 <= to + 0 ? stamp >= from + 0 && stamp <= to + 0 : stamp >= from + 0 || stamp <= to + 0)
        if (!seen[id]++) printf " %s ", id
    }
    { status = $0 }
    END { exit status == 137 }'
}

# Sorts out which of these processes are at work, or started one that is: they go to $left, the others to $ended. What one
# in $left has started stays with it.
sort_out() {
  ended=
  for id in $1; do
    case " $(below "$left" | /usr/bin/awk '{ printf "%s ", $1 }')" in *" $id "*) continue ;; esac
    # An installation may take any time; a download, or a search for updates, is hung after a day. For a process whose
    # arguments macOS does not give out, ps prints the name in parentheses.
    why=$(below "$id" | /usr/bin/awk -v top="$id" -v self=$$ -v logged="$logged" '
      {
        id = $1
        age = $4
        name = $0
        sub(/^[^ ]+ [^ ]+ [^ ]+ [^ ]+ (.*\/)?/, "", name)
        gsub(/^\(|\)$/, "", name)
        if (id == self) why = "it runs this script"
        else if (name ~ /^(installer|startosinstall|InstallAssistant.*)$/ || (name ~ /^(curl|softwareupdate)$/ && age < 86400))
          why = sprintf("process %s is \"%s\", and began %d hours ago. If that hangs, too, run \"sudo kill %s\"", id, name, age / 3600, id == top ? id : top " " id)
        else if (name == "jamf" && index(logged, " " id " ")) why = "process " id " has logged within the last hour"
        if (why != "") exit
      }
      END { print why }')
    if [ -n "$why" ]; then
      say "Left alone: process $id and what it started, because $why"
      left="$left $id"
      code=1
    else
      ended="$ended $id"
    fi
  done
}

# Names the processes that are listed on standard input: root's, or with "user" those of others.
names() {
  /usr/bin/awk -v user="${1-}" '($3 != 0) == (user != "") {
    id = $1
    sub(/^[^ ]+ [^ ]+ [^ ]+ [^ ]+ (.*\/)?/, "")
    printf "%s%s %s", comma, id, $0
    comma = ", "
  }'
}

# send SIGNAL: to root's processes that are listed on standard input. sudo and su would pass a TERM on to what they run, a
# user's processes among it: they get KILL, the inner one first.
send() {
  /usr/bin/awk -v signal="$1" '
    $3 == 0 && $5 ~ /(^|\/)(sudo|su)$/ { last[++n] = $1; next }
    $3 == 0 { print signal, $1 }
    END { while (n > 0) print "KILL", last[n--] }' |
    while read -r signal id; do kill "-$signal" "$id" 2>/dev/null; done
}

# await SECONDS: until no process in $known ("id:beginning …") lives; fills $rest with the ids of those that do. Another
# process that was given the same id has another beginning; ps rounds it to seconds.
await() {
  tries=$1
  end=$((now + tries))
  while :; do
    snapshot
    rest=$(say "$list" | /usr/bin/awk -v known="$known" -v now="$now" '
      BEGIN {
        n = split(known, item, " ")
        for (i = 1; i <= n; i++) { split(item[i], part, ":"); beginning[part[1]] = part[2] }
      }
      $3 == 0 && ($1 in beginning) {
        difference = now - $4 - beginning[$1]
        if (difference >= -2 && difference <= 2) printf "%s ", $1
      }')
    if [ -z "$rest" ] || [ "$tries" -le 0 ] || [ "$now" -ge "$end" ]; then return; fi
    /bin/sleep 1
    tries=$((tries - 1))
  done
}

# leave_all REASON
leave_all() {
  say "Left alone: all runs of the agent, because $1"
  code=1
}

end_runs() {
  find_agents || { leave_all "\"/usr/sbin/lsof\" took longer than ten seconds"; return; }
  # macOS's find rounds up to whole minutes.
  download=$(limit 10 /usr/bin/find "$downloads" -type f -mmin -11 2>/dev/null)
  [ $? -ne 137 ] || { leave_all "searching \"$downloads\" took longer than ten seconds"; return; }
  logged=$(logged_lately) || { leave_all "reading \"$log\" took longer than ten seconds"; return; }
  # This comes last: what is decided about is what runs now.
  snapshot
  runs=$(old_runs)
  if [ -z "$runs" ]; then
    say "No run of the agent that began before then is still running"
    return
  fi
  if [ -n "$download" ]; then
    leave_all "\"$(say "$download" | /usr/bin/head -n 1)\" has changed within the last ten minutes"
    return
  fi
  left=
  sort_out "$runs"
  tree=$(below "$ended" "$left")
  [ -n "$tree" ] || return
  is_changed=yes
  users=$(say "$tree" | names user)
  [ -z "$users" ] || say "Not signalled, because they run as a user: $users"
  if [ -n "$is_dry" ]; then
    say "Would end: $(say "$tree" | names)"
    return
  fi
  say "Ending: $(say "$tree" | names)"
  known=$(say "$tree" | /usr/bin/awk -v now="$now" '{ printf "%s:%d ", $1, now - $4 }')
  say "$tree" | send TERM
  await 10
  if [ -n "$rest" ]; then
    # What was ended may have let a run go on to the next of its tasks.
    sort_out "$rest"
    below "$ended" "$left" | send KILL
    await 5
    rest=$(below "$rest" "$left" | names)
  fi
  if [ -n "$rest" ]; then
    say "Still running: $rest"
    code=1
  fi
}

load_task() {
  if [ ! -f "$task" ]; then
    say "\"$task\" is missing, so no check-in begins: run \"sudo jamf manage\", or redeploy the framework with jamf-heal"
    code=1
    return
  fi
  label=$(/usr/libexec/PlistBuddy -c "Print :Label" "$task" 2>/dev/null)
  if [ -z "$label" ]; then
    say "Cannot read the label in \"$task\": run \"sudo jamf manage\", or redeploy the framework with jamf-heal"
    code=1
  elif limit 10 /bin/launchctl print "system/$label" >/dev/null 2>&1; then
    say "The check-in's LaunchDaemon, \"$label\", is loaded"
  elif [ -n "$is_dry" ]; then
    is_changed=yes
    say "Would load \"$label\""
  else
    limit 10 /bin/launchctl enable "system/$label"
    if limit 10 /bin/launchctl bootstrap system "$task" ||
      limit 10 /bin/launchctl print "system/$label" >/dev/null 2>&1; then
      is_changed=yes
      say "Loaded \"$label\", which was not loaded"
    else
      say "Cannot load \"$label\": run \"sudo jamf manage\", or restart this Mac"
      code=1
    fi
  fi
}

code=0
is_changed=
is_dry=
if [ "$*" = --dry-run ]; then
  is_dry=yes
elif [ $# -gt 0 ]; then
  say "Usage: jamf-restart-agent.sh [--dry-run]" >&2
  exit 2
fi
[ "$(/usr/bin/id -u)" -eq 0 ] || fail "run this as root"
inspect
case $status in
  no_answer | not_started) ;;
  *)
    say "Nothing to do: the agent does not hang"
    exit 0
    ;;
esac
if is_in_setup; then
  say "Nothing to do: Setup Manager enrols this Mac (\"$setup_started\" is there), and has stopped the check-ins on purpose"
  exit 0
fi
end_runs
load_task
if [ -n "$is_changed" ]; then
  [ -n "$is_dry" ] || say "After the next check-ins, jamf-pulse shows whether this helped"
elif [ "$code" -eq 0 ] && [ "$status" = not_started ]; then
  say "Nothing was changed, and no check-in begins: run \"sudo jamf manage\", or restart this Mac"
  code=1
elif [ "$code" -eq 0 ]; then
  say "Nothing to do: the next check-in shows whether the agent still hangs"
fi
exit "$code"
