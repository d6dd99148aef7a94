// The statuses of an agent, in the order in which they are asked for: the first that fits is the status. What each means,
// and what to do about it, is said here once; the README's table and the words of `status` come from it.

/** One status, for a person. */
export interface StatusText {
  /** What `status` begins its headline with. */
  readonly title: string;
  /** What it means, as the end of a sentence. */
  readonly meaning: string;
  /** What to do about it; absent if nothing is wrong. */
  readonly nextStep?: string;
}

export const STATUS_TEXTS = {
  no_log: {
    title: "No log",
    meaning: "there is no `jamf.log`",
    nextStep: "see whether the Jamf agent is installed: ls /usr/local/jamf/bin/jamf",
  },
  device_signature_error: {
    title: "Broken trust",
    meaning: "the server no longer trusts this Mac: it refuses the Mac's device signature",
    nextStep: "redeploy the Jamf management framework, or enrol this Mac again",
  },
  no_answer: {
    title: "No answer",
    meaning: "check-ins begin, and nothing comes of them: a run of the agent hangs",
    nextStep: "end the run that hangs: sudo killall jamf",
  },
  not_started: {
    title: "Not started",
    meaning: "the Mac is awake, and no check-in begins: the check-in hangs, or is not loaded",
    nextStep:
      "end the run that hangs: sudo killall jamf; if no check-in begins then: sudo jamf manage",
  },
  server_certificate: {
    title: "Server certificate",
    meaning: "each check-in fails, because the agent does not trust the server's certificate",
    nextStep:
      "look at the server's certificate chain, and for TLS inspection between this Mac and the server",
  },
  no_connection: {
    title: "No connection",
    meaning: "each check-in fails, because the server cannot be reached",
    nextStep:
      "sudo jamf checkJSSConnection; then the proxy, TLS inspection and firewall between this Mac and the server",
  },
  agent_error: {
    title: "Agent error",
    meaning: "each check-in fails with an error of the agent itself",
    nextStep: "sudo killall jamf; if the error comes back, redeploy the Jamf management framework",
  },
  unknown_format: {
    title: "Unknown format",
    meaning: "the newest records are in words or in a form that this version does not know",
    nextStep: "update jamf-pulse",
  },
  no_success: {
    title: "No contact",
    meaning: "no contact with the server is known: there was none, or the log was emptied",
    nextStep: "see whether this Mac is enrolled: sudo jamf checkJSSConnection",
  },
  silent: {
    title: "Silent",
    meaning: "the last contact with the server is over 14 days ago",
    nextStep: "see whether this Mac reaches the server: sudo jamf checkJSSConnection",
  },
  ok: {
    title: "Healthy",
    meaning: "the agent reaches its server, and nothing that fails at every try is known",
  },
} as const satisfies Record<string, StatusText>;

/** What the agent's state can be. */
export type Status = keyof typeof STATUS_TEXTS;

export const STATUSES = Object.keys(STATUS_TEXTS) as [Status, ...Status[]];

/** Those that are one fault: when one turns into another, the fault goes on. */
const NOT_THROUGH: readonly Status[] = [
  "no_answer",
  "not_started",
  "server_certificate",
  "no_connection",
  "agent_error",
  "silent",
];

/** Whether a fault that was the one status, and is the other now, is the same fault. */
export function isSameFault(before: Status, now: Status): boolean {
  return before === now || (NOT_THROUGH.includes(before) && NOT_THROUGH.includes(now));
}

/** Whether a fault is kept while there is no log: a rotation may move it first. */
export function isKeptWithoutLog(status: Status): boolean {
  return status === "device_signature_error" || NOT_THROUGH.includes(status);
}
