// What a record means for the agent and its server (docs/jamf-log.md: "What a line means"). One table; the tests run its
// sample lines.

/**
 * - `contact`: the server answered. An enrolment that succeeded is one, too.
 * - `contact unless offline`: it answered, unless the same run was offline before, and ran a cached policy.
 * - `attempt`: the agent is about to ask; nothing is known yet.
 * - `blocked`: the attempt was turned away on the Mac, because another run is alive.
 * - `device signature error`: the server no longer trusts this Mac.
 * - `no connection`: the network or the server was away.
 * - `other failure`: something went wrong that says nothing about trust.
 * - `local`: it happened on the Mac alone.
 */
export type Meaning =
  | "contact"
  | "contact unless offline"
  | "attempt"
  | "blocked"
  | "device signature error"
  | "no connection"
  | "other failure"
  | "local";

/**
 * What a record says of its run, the records of one pid.
 *
 * - `begins`: the run begins.
 * - `resets`: the process is new, or was enrolled just now: what the same pid wrote before does not concern it.
 */
export type RunEvent = "begins" | "resets";

/** One row of the table. What it does not say is false. */
export interface Evidence {
  /** How the message begins. What follows the beginning means nothing: a policy may be named after an error. */
  readonly begins: string;
  /** The message ends there too. */
  readonly whole?: boolean;
  /** An error may follow, behind a colon: then the message means what that error means. */
  readonly quotesError?: boolean;
  readonly means: Meaning;
  readonly run?: RunEvent;
  /** What follows in its run happens without the server. */
  readonly offline?: boolean;
  /** The run is a check-in, which the agent begins by itself every few minutes. */
  readonly checkIn?: boolean;
  /** The daemon writes it, which lives as long as the Mac is up, and is no run. */
  readonly daemon?: boolean;
  /** The step of a check-in that asks for patches. */
  readonly patches?: boolean;
  /** Messages that have been seen, or for a row without a public sample, made from its beginning. */
  readonly samples: readonly string[];
}

const SIGNATURE_ERROR =
  "Device Signature Error - A valid device signature is required to perform the action.";
/** The line in front of an error block. */
export const ERROR_OPENING = "There was an error.";

/** The table: the first row that fits a message counts. */
export const EVIDENCE: readonly Evidence[] = [
  {
    begins: "No patch policies were found.",
    means: "contact",
    patches: true,
    samples: ["No patch policies were found."],
  },
  {
    begins: "Executing Policy ",
    means: "contact unless offline",
    samples: ["Executing Policy WDAV", `Executing Policy Fix ${SIGNATURE_ERROR}`],
  },
  {
    begins: "No policies were found",
    means: "contact unless offline",
    samples: ['No policies were found for the "recurring check-in" trigger.'],
  },
  {
    begins: "Submitting log to ",
    means: "contact unless offline",
    samples: ["Submitting log to https://jamf.example.com:8443/"],
  },
  {
    begins: "Enroll return code: 0",
    whole: true,
    means: "contact",
    run: "resets",
    samples: ["Enroll return code: 0"],
  },
  {
    begins: "The device certificate was created successfully.",
    means: "contact",
    run: "resets",
    samples: ["The device certificate was created successfully."],
  },
  {
    begins: 'Checking for policies triggered by "recurring check-in"',
    means: "attempt",
    run: "begins",
    checkIn: true,
    samples: [
      'Checking for policies triggered by "recurring check-in" for user "testuser"...',
      'Checking for policies triggered by "recurring check-in" for user "jdoe"...',
    ],
  },
  {
    begins: "Checking for policies triggered by ",
    means: "attempt",
    run: "begins",
    samples: [
      'Checking for policies triggered by "enrollmentComplete"…',
    ],
  },
  {
    begins: "Checking for policy ID ",
    means: "attempt",
    run: "begins",
    samples: ["Checking for policy ID 332..."],
  },
  {
    begins: "Checking for patches",
    means: "attempt",
    patches: true,
    samples: ["Checking for patches..."],
  },
  {
    begins: "This policy trigger is already being run: ",
    means: "blocked",
    samples: ["This policy trigger is already being run: recurring check-in"],
  },
  {
    begins: "Policy error code: 51",
    whole: true,
    means: "blocked",
    samples: ["Policy error code: 51"],
  },
  {
    begins: SIGNATURE_ERROR,
    means: "device signature error",
    offline: true,
    samples: [SIGNATURE_ERROR],
  },
  {
    begins: "Could not connect to the JSS",
    means: "no connection",
    offline: true,
    samples: ["Could not connect to the JSS. Looking for cached policies..."],
  },
  {
    begins: 'Connection failure: "',
    means: "no connection",
    samples: ['Connection failure: "The request timed out."'],
  },
  {
    begins: "Security Error - ",
    means: "other failure",
    samples: ["Security Error - A security error has occurred."],
  },
  {
    begins: "Permission Error - ",
    means: "other failure",
    samples: ["Permission Error - You do not have permission."],
  },
  {
    begins: "Unknown Error - ",
    means: "other failure",
    samples: ["Unknown Error - An unknown error has occurred."],
  },
  {
    begins: "An error occurred while",
    quotesError: true,
    means: "other failure",
    samples: ["An error occurred while running the policy."],
  },
  {
    begins: "Error running recon: ",
    quotesError: true,
    means: "other failure",
    samples: ["Error running recon: Out of memory"],
  },
  { begins: ERROR_OPENING, means: "other failure", samples: [ERROR_OPENING] },
  {
    begins: "Informing the JSS about login",
    means: "local",
    daemon: true,
    samples: ["Informing the JSS about login for user jdoe"],
  },
  {
    begins: "Removing existing launchd task",
    means: "local",
    samples: [
      "Removing existing launchd task /Library/LaunchAgents/com.jamfsoftware.jamfhelper.plist...",
    ],
  },
  {
    begins: "Daemon starting",
    means: "local",
    run: "resets",
    daemon: true,
    samples: ["Daemon starting"],
  },
  { begins: "Upgrading ", means: "local", samples: ["Upgrading jamf binary..."] },
  { begins: "Installing ", means: "local", samples: ["Installing Microsoft Defender..."] },
  { begins: "\tInstalling ", means: "local", samples: ["\tInstalling X.pkg..."] },
  {
    begins: "Inventory will be updated when",
    means: "local",
    samples: ["Inventory will be updated when all queued actions are complete."],
  },
  {
    begins: "The SSL Certificate for",
    means: "local",
    samples: ["The SSL Certificate for https://jamf.example.com:8443/ must be trusted."],
  },
];
