#!/bin/sh
# Extension attribute: when the Jamf agent on this Mac last reached its server. It also writes the file that Fleet reads.
#
#   Display Name       Last Successful Check-in
#   Description        When the Jamf agent last reached its server, by its own log (jamf-pulse)
#   Data Type          String
#   Inventory Display  Extension Attributes
#   Input Type         Script
#
# One of
#   2025-04-25T09:21:38Z     it last reached its server then
#   no_success               its log shows no contact: there was none, or the log was emptied
#   no_log                   there is no jamf.log
#   unknown_format           the newest lines of the log are not understood: jamf-pulse needs an update
#   error_read               a log that could hold the answer could not be read
#   error_write              the file for Fleet could not be written; the previous one is kept
#   error_run                the program failed, or printed something else
#   error_timeout            the program was stopped because it took over a minute
#   not_installed            the program is not on this Mac
set -u
umask 022
cd / || exit

mode=checkin
program=/opt/telemetry/bin/jamf-pulse

if [ ! -x "$program" ]; then
  echo "<result>not_installed</result>"
  exit 0
fi

# Inventory runs one extension attribute after the other, so a program that hangs is stopped after a minute. Every signal
# here is KILL: if the process that runs this script ignores TERM, so does everything that the script starts.
answer=$(
  /usr/bin/env -i "$program" "$mode" &
  running=$!
  (
    left=60
    while [ "$left" -gt 0 ]; do
      /bin/sleep 1 >/dev/null
      left=$((left - 1))
    done
    # The program may have printed a result before it hung: this comes behind it.
    echo error_timeout
    kill -KILL "$running"
  ) 2>/dev/null &
  watching=$!
  wait "$running" 2>/dev/null
  kill -KILL "$watching" 2>/dev/null
  wait "$watching" 2>/dev/null
)

result=${answer#"<result>"}
result=${result%"</result>"}
case $answer in
*error_timeout) result=error_timeout ;;
"<result>$result</result>") ;;
*) result=error_run ;;
esac
case $result in
"" | *[!A-Za-z0-9:_-]*) result=error_run ;;
esac
echo "<result>$result</result>"
exit 0
