/**
 * The text of `--help`.
 *
 * @module
 */

import { DEFAULTS } from "./cli.ts";
import { JOB_STATES } from "./healing/job.ts";

/** The text of `--help`. */
export const HELP =
  `Redeploys the Jamf management framework to Macs whose agent no longer reaches its server.

Usage: jamf-heal MODE [OPTIONS]

  redeploy  ask Jamf Pro to redeploy the framework to the Macs that are named
  serve     receive Fleet's failing-policy webhook, and work on its jobs
  work      work on the jobs that are due, and stop: for a scheduler
  jobs      show the jobs: done, skipped, waiting, or in need of a person

Which Macs to redeploy
  --serial S…       serial numbers
  --computer-id N…  ids in Jamf Pro
  --fleet-host N…   ids in Fleet
  --from FILE       a list, one a line: S, computer-id:N or fleet-host:N; - for standard input

Options of redeploy
  --force           ignore the rate limits, and a check-in of the Mac within the last hour
  --wait TIME       follow until the Mac checks in again, at most for this time: 15m
  --json            print a report for programs

Rate limits of redeploy, serve and work
  --dry-run         read everything, change nothing
  --cool-down TIME  one redeploy of a Mac in this time: 90m, 24h, 7d   (${DEFAULTS.coolDown})
  --max-per-hour N  redeploys in any hour, all together; the rest wait   (${DEFAULTS.maxPerHour})

Options of serve and work
  --listen HOST:PORT  serve: where to listen   (${DEFAULTS.listen})
  --lease TIME      after how long another instance takes over a job: 10s, 5m   (${DEFAULTS.lease})

Options of jobs
  --state STATE     only these: ${JOB_STATES.join(", ")}
  --json            print all of it for programs

  --help, --version

Environment
  JAMF_URL, JAMF_CLIENT_ID, JAMF_CLIENT_SECRET   Jamf Pro, and an API client of it
  FLEET_URL, FLEET_API_TOKEN   Fleet, and an API-only user of it
  HEAL_WEBHOOK_SECRET   the secret of the webhook: ?secret=…, or the password of basic auth
  HEAL_POLICIES     the names of the policies that cause a redeploy, separated by commas
  HEAL_STORE        a file, or a postgres:// URL   (jamf-heal.db in this folder)
Each secret, and HEAL_STORE, can also be in a file that only its owner may read:
JAMF_CLIENT_SECRET_FILE, FLEET_API_TOKEN_FILE, HEAL_WEBHOOK_SECRET_FILE, HEAL_STORE_FILE.

Exit status: 0 all done, 1 not all done, 2 wrong usage or configuration.

Examples
  jamf-heal redeploy --serial C02XK1JWJG5H --wait 15m
  jamf-heal redeploy --from macs.txt --dry-run
  jamf-heal jobs --state needs_person
`;
