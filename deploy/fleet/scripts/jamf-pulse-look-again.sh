#!/bin/sh
# Inspects this Mac's Jamf agent again after a policy has failed, and prints the status: for Fleet's run_script, or by
# hand, as root. Starts the LaunchDaemon if it is not running. Prints less than 10,000 characters: Fleet keeps no more.
set -u
umask 022
cd / || exit

label=io.github.jamf-pulse.collect
plist=/Library/LaunchDaemons/$label.plist
program=/opt/telemetry/bin/jamf-pulse
log=/private/var/log/jamf-pulse.log

inspect() {
  if [ ! -x "$program" ]; then
    echo "Cannot inspect the agent: \"$program\" is not on this Mac; install the jamf-pulse package"
    return 1
  fi
  if [ -f "$plist" ] && ! /bin/launchctl print "system/$label" >/dev/null 2>&1; then
    /bin/launchctl enable "system/$label"
    if /bin/launchctl bootstrap system "$plist"; then
      echo "Started \"$label\", which was not running"
    else
      echo "Cannot start \"$label\": restart this Mac, or install the jamf-pulse package again"
    fi
  fi
  /usr/bin/env -i "$program" collect
  code=$?
  /usr/bin/env -i "$program" status --ascii
  if [ -s "$log" ]; then
    echo
    echo "Last lines of \"$log\":"
    /usr/bin/tail -n 10 "$log"
  fi
  return "$code"
}

found=$(inspect 2>&1)
code=$?
printf '%s\n' "$found" | /usr/bin/head -c 9900
exit "$code"
