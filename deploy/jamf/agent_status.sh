#!/bin/sh
# Extension attribute: what is wrong with the Jamf agent on this Mac. It also writes the file that Fleet reads.
#
#   Display Name       Jamf Agent Status
#   Description        What is wrong with the Jamf agent, or ok, by the agent's own log (jamf-pulse)
#   Data Type          String
#   Inventory Display  Extension Attributes
#   Input Type         Script
#
# One of
#   ok                       the agent has reached its server within 14 days
#   device_signature_error   the server no longer trusts this Mac. Such a Mac often sends no inventory, so this does not
#                            arrive: Fleet's policy "jamf-pulse: no device signature error" fails for it. The same holds
#                            for the next five
#   no_answer                check-ins begin, and get no answer: a run of the agent hangs
#   not_started              the Mac is awake, and no check-in begins
#   server_certificate       every check-in fails: the agent does not trust the server's certificate
#   no_connection            every check-in fails: there is no connection to the server
#   agent_error              every check-in fails with an error of the agent
#   silent                   no contact of the last 14 days is known
#   no_success               no contact is known: there was none, or the log was emptied
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

mode=errors
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
