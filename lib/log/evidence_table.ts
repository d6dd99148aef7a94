// What a record means for the agent and its server (docs/jamf-log.md: "What a line means"). One table; the tests run its
// sample lines.

/**
 * - `contact`: the server answered. An enrolment that succeeded is one, too.
 * - `contact unless offline`: it answered, unless the same run was offline before, and ran a cached policy.
 * - `attempt`: the agent is about to ask; nothing is known yet.
 * - `blocked`: the attempt was turned away on the Mac, because another run is alive.
 * - `device signature error`: the server no longer trusts this Mac.
 * - `no connection`: the network or the server was away.
 * - `server certificate`: the agent does not trust the server's certificate, unless its run shows something better.
 * - `agent error`: an error of the agent itself.
 * - `other failure`: something else went wrong that says nothing about trust.
 * - `local`: it happened on the Mac alone.
 */
export type Meaning =
  | "contact"
  | "contact unless offline"
  | "attempt"
  | "blocked"
  | "device signature error"
  | "no connection"
  | "server certificate"
  | "agent error"
  | "other failure"
  | "local";

/**
 * What a record says of its run, the records of one pid.
 *
 * - `begins`: the run begins.
 * - `resets`: the process is another one, such as the daemon, or was enrolled just now: what the same pid wrote before
 *   does not concern it.
 */
export type RunEvent = "begins" | "resets";

/** One row of the table. What it does not say is false. */
export interface Evidence {
  /** How the message begins. What follows the beginning means nothing: a policy may be named after an error. */
  readonly begins: string;
  /** The beginning ends with a number, and no digit may follow. */
  readonly wholeNumber?: boolean;
  /** An error may follow, behind a colon: then the message means what that error means. */
  readonly quotesError?: boolean;
  readonly means: Meaning;
  readonly run?: RunEvent;
  /** What follows in its run happens without the server. */
  readonly offline?: boolean;
  /** The run is a check-in, which the agent begins by itself every few minutes. */
  readonly checkIn?: boolean;
  /** The step of a check-in that asks for patches. */
  readonly patches?: boolean;
  /** It is about the inventory. */
  readonly inventory?: boolean;
  /** Messages that have been seen, or for a row without a public sample, made from its beginning. */
  readonly samples: readonly string[];
}

const SIGNATURE_ERROR =
  "Device Signature Error - A valid device signature is required to perform the action.";
/** The line in front of an error block. */
export const ERROR_OPENING = "There was an error.";

/** What happens on the Mac alone: how the message begins, and a sample. */
const LOCAL: readonly (readonly [begins: string, sample: string])[] = [
  [
    "Removing existing launchd task",
    "Removing existing launchd task /Library/LaunchAgents/com.jamfsoftware.jamfhelper.plist...",
  ],
  ["Adding launchd task", "Adding launchd task com.jamfsoftware.task.1..."],
  ["Upgrading ", "Upgrading jamf binary..."],
  ["Installing ", "Installing Microsoft Defender..."],
  ["\tInstalling ", "\tInstalling X.pkg..."],
  ["Downloading ", "Downloading https://jamf.example.com/CasperShare/X.pkg..."],
  ["Verifying ", "Verifying package integrity..."],
  ["Starting install...", "Starting install..."],
  ["Successfully installed", "Successfully installed Microsoft Defender."],
  [
    "Installation failed",
    "Installation failed. The installer reported: installer: Package name is Failed153-1.5.3",
  ],
  [
    "Inventory will be updated when",
    "Inventory will be updated when all queued actions are complete.",
  ],
  ["Enforcing ", "Enforcing management framework..."],
  [
    "The management framework will be enforced",
    "The management framework will be enforced as soon as all policies are done executing.",
  ],
  ["Creating ", "Creating user admin..."],
  ["Mapping Printer", "Mapping Printer Office..."],
  ["Setting Default Printer", "Setting Default Printer to Office..."],
  ["Skipping trustJSS", "Skipping trustJSS"],
  ["Restoring JAMF.keychain", "Restoring JAMF.keychain"],
  ["MDM already enabled", "MDM already enabled"],
  ["Unable to move", "Unable to move the file"],
  ["The file “", "The file “X.pkg” could not be opened."],
  ["Enroll return code: ", "Enroll return code: 70"],
  ["Binding ", "Binding Mac to example.com..."],
  ["Bound to ", "Bound to example.com"],
];

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
    wholeNumber: true,
    means: "contact",
    run: "resets",
    samples: ["Enroll return code: 0", "Enroll return code: 0 ", "Enroll return code: 0 - done"],
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
    wholeNumber: true,
    means: "blocked",
    samples: ["Policy error code: 51", "Policy error code: 51 "],
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
    means: "agent error",
    samples: ["Security Error - A security error has occurred."],
  },
  {
    begins: "Permission Error - ",
    means: "agent error",
    samples: ["Permission Error - You do not have permission."],
  },
  {
    begins: "Unknown Error - ",
    means: "agent error",
    samples: ["Unknown Error - An unknown error has occurred."],
  },
  {
    begins: "An error occurred while",
    quotesError: true,
    means: "agent error",
    samples: ["An error occurred while running the policy."],
  },
  {
    begins: "Error running recon: ",
    quotesError: true,
    means: "other failure",
    inventory: true,
    samples: ["Error running recon: Out of memory"],
  },
  { begins: ERROR_OPENING, means: "agent error", samples: [ERROR_OPENING] },
  {
    begins: "Error Domain=",
    means: "agent error",
    samples: [
      'Error Domain=NSCocoaErrorDomain Code=4099 "The connection to service named com.jamf.management.daemon.binary was invalidated from this process."',
    ],
  },
  {
    begins: "The SSL Certificate for ",
    means: "server certificate",
    samples: ["The SSL Certificate for https://jamf.example.com:8443/ must be trusted."],
  },
  {
    begins: "Informing the JSS about login",
    means: "local",
    run: "resets",
    samples: ["Informing the JSS about login for user jdoe"],
  },
  { begins: "Daemon starting", means: "local", run: "resets", samples: ["Daemon starting"] },
  {
    begins: "Daemon finished loading",
    means: "local",
    run: "resets",
    samples: ["Daemon finished loading"],
  },
  {
    begins: "Daemon shutdown completed",
    means: "local",
    run: "resets",
    samples: ["Daemon shutdown completed"],
  },
  { begins: "Daemon exiting", means: "local", run: "resets", samples: ["Daemon exiting"] },
  {
    begins: "Network state changed",
    means: "local",
    run: "resets",
    samples: ["Network state changed, checking for policies..."],
  },
  ...LOCAL.map(([begins, sample]): Evidence => ({ begins, means: "local", samples: [sample] })),
];
