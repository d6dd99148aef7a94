// The text of `--help`.

import { DEFAULTS } from "./cli.ts";

/** The text of `--help`. */
export const HELP =
  `Redeploys the Jamf management framework to Macs whose agent no longer reaches its server.

Usage: jamf-heal MODE [OPTIONS]

  check     check the settings, the servers, the rights and the store; redeploy nothing
  sweep     ask Fleet which Macs fail the policies, redeploy within the limits, and end
  serve     sweep again and again, and when Fleet's webhook calls
  status    show which Macs need a person, which wait, and what was done
  history   show what was decided for one Mac
  retry     have the next sweep decide again about Macs that need a person
  redeploy  ask Jamf Pro to redeploy the framework to the Macs that are named

Options of sweep, serve and redeploy
  --dry-run         redeploy nothing; a sweep still records its decisions
  --cool-down TIME  one redeploy of a Mac in this time: 90m, 24h, 7d   (${DEFAULTS.coolDown})
  --max-per-hour N  redeploys in any hour, all together; the rest wait   (${DEFAULTS.maxPerHour})

Options of sweep and serve
  --max-failing N   redeploy nothing if more Macs would be redeployed now
                    (5 % of the Macs that answer the policies, at least 25)
  --every TIME      serve: from one sweep to the next   (${DEFAULTS.every})
  --listen HOST:PORT  serve: where to listen   (${DEFAULTS.listen})

Which Macs to redeploy or retry
  --serial S…       serial numbers; one for history
  --computer-id N…  redeploy: ids in Jamf Pro
  --fleet-host N…   redeploy: ids in Fleet
  --from FILE       redeploy, retry: a list, one a line: S, or for redeploy computer-id:N or
                    fleet-host:N; - for standard input

Options of redeploy
  --force           ignore the rate limits, and a check-in of the Mac within the last hour
  --wait TIME       follow until the Mac checks in again, at most for this time: 15m

Options of status
  --all             all Macs of the last 90 days, also those that pass again

  --json            redeploy, status, history: print for programs
  --help, --version

Environment
  JAMF_URL, JAMF_CLIENT_ID, JAMF_CLIENT_SECRET   Jamf Pro, and an API client of it
  FLEET_URL, FLEET_API_TOKEN   Fleet, and an API-only user of it
  HEAL_POLICIES     the names of the policies that cause a redeploy, separated by commas
  HEAL_WEBHOOK_SECRET   serve: the password that Fleet's webhook sends
  HEAL_NOTIFY_URL   where to post {"text": "…"} when a Mac needs a person
  HEAL_STORE        a file, or a postgres:// URL   (a file in the user's folder for state)
Each secret, and HEAL_STORE, can also be in a file that only its owner may read:
JAMF_CLIENT_SECRET_FILE, FLEET_API_TOKEN_FILE, HEAL_WEBHOOK_SECRET_FILE, HEAL_NOTIFY_URL_FILE,
HEAL_STORE_FILE.

Exit status: 0 all as it should be, 1 a Mac needs a person or a server did not answer, 2 wrong
usage or configuration.

Examples
  jamf-heal check
  jamf-heal sweep --dry-run
  jamf-heal sweep
  jamf-heal redeploy --serial C02XK1JWJG5H --wait 15m
`;
