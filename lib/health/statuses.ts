// The statuses of an agent, in the order in which they are asked for: the first that fits is the status. What each means,
// and what to do about it, is said here once; the README's table and the words of `status` come from it.

/** One status, for a person. */
export interface StatusText {
  /** What `status` begins its headline with. */
  readonly title: string;
  /** What it means, in few words. */
  readonly meaning: string;
  /** What repairs it, in few words. */
  readonly repair: string;
  /** What `status` says to do; absent if nothing is wrong. */
  readonly nextStep?: string;
}

export const STATUS_TEXTS = {
  no_log: {
    title: "No log",
    meaning: "there is no `jamf.log`",
    repair: "see whether the Jamf agent is installed",
    nextStep: "see whether the Jamf agent is installed: ls /usr/local/jamf/bin/jamf",
  },
  device_signature_error: {
    title: "Broken trust",
    meaning: "the server no longer trusts this Mac",
    repair: "redeploy the management framework, or enrol the Mac again",
    nextStep: "redeploy the Jamf management framework, or enrol this Mac again",
  },
  no_answer: {
    title: "No answer",
    meaning: "check-ins begin, and nothing comes of them: a run hangs",
    repair: "`sudo killall jamf`",
    nextStep: "end the run that hangs: sudo killall jamf",
  },
  not_started: {
    title: "Not started",
    meaning: "the Mac is awake, and no check-in begins",
    repair: "`sudo killall jamf`, then `sudo jamf manage`",
    nextStep:
      "end the run that hangs: sudo killall jamf; if no check-in begins then: sudo jamf manage",
  },
  server_certificate: {
    title: "Server certificate",
    meaning: "each check-in fails: the server's certificate is not trusted",
    repair: "look for TLS inspection, and at the certificate chain",
    nextStep:
      "look for TLS inspection between this Mac and the server, and at the server's certificate chain",
  },
  no_connection: {
    title: "No connection",
    meaning: "each check-in fails: the server cannot be reached",
    repair: "look at the network: proxy, firewall, DNS, VPN",
    nextStep:
      "sudo jamf checkJSSConnection; then the proxy, TLS inspection and firewall between this Mac and the server",
  },
  agent_error: {
    title: "Agent error",
    meaning: "each check-in fails with an error of the agent itself",
    repair: "`sudo killall jamf`; redeploy the management framework",
    nextStep: "sudo killall jamf; if the error comes back, redeploy the Jamf management framework",
  },
  unknown_format: {
    title: "Unknown format",
    meaning: "the newest records are in words that this version does not know",
    repair: "update jamf-pulse",
    nextStep: "update jamf-pulse",
  },
  no_success: {
    title: "No contact",
    meaning: "no contact is known: there was none, or the log was emptied",
    repair: "see whether the Mac is enrolled; wait for its next check-in",
    nextStep: "see whether this Mac is enrolled: sudo jamf checkJSSConnection",
  },
  silent: {
    title: "Silent",
    meaning: "the last contact is over 14 days ago",
    repair: "see whether the Mac reaches the server",
    nextStep: "see whether this Mac reaches the server: sudo jamf checkJSSConnection",
  },
  ok: {
    title: "Healthy",
    meaning: "the agent reaches its server",
    repair: "nothing",
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
  if (before === now) return now !== "ok";
  return NOT_THROUGH.includes(before) && NOT_THROUGH.includes(now);
}

/** Whether a fault is kept while there is no log: a rotation may move it first. */
export function isKeptWithoutLog(status: Status): boolean {
  return status === "device_signature_error" || NOT_THROUGH.includes(status);
}
