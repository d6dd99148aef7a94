// Log lines like those of the jamf agent, made for a given time. For the demo, the tests and the benchmarks.

/** The trigger of check-ins. */
const RECURRING = "recurring check-in";

/** Who writes the lines, and in which time zone. */
export interface LineOptions {
  readonly pid?: number;
  /** The computer name. */
  readonly computer?: string;
  /** IANA name of the time zone that the timestamp is written in. */
  readonly zone?: string;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

export const SIGNATURE_ERROR =
  "Device Signature Error - A valid device signature is required to perform the action.";

/**
 * A timestamp as the agent writes it, without year and time zone.
 *
 * @param at Unix seconds.
 */
export function stampText(at: number, zone = "UTC"): string {
  const local = Temporal.Instant.fromEpochMilliseconds(at * 1000).toZonedDateTimeISO(zone);
  const two = (value: number): string => String(value).padStart(2, "0");
  const time = [local.hour, local.minute, local.second].map(two).join(":");
  return `${WEEKDAYS[local.dayOfWeek - 1]} ${MONTHS[local.month - 1]} ${two(local.day)} ${time}`;
}

/** One line of the agent, with its line feed. */
export function logLine(at: number, message: string, options: LineOptions = {}): string {
  const { pid = 335, computer = "Jane's MacBook Pro", zone = "UTC" } = options;
  return `${stampText(at, zone)} ${computer} jamf[${pid}]: ${message}\n`;
}

/**
 * A check-in that the server answers, within three seconds.
 *
 * @param policies The lines of policies that it runs.
 */
export function checkinLines(at: number, options: LineOptions = {}, policies = ""): string {
  return attemptLine(at, options) + policies +
    logLine(at + 2, "Checking for patches...", options) +
    logLine(at + 3, "No patch policies were found.", options);
}

/** A check-in without a network. */
export function offlineLines(at: number, options: LineOptions = {}): string {
  return attemptLine(at, options) +
    logLine(at + 1, "Could not connect to the JSS. Looking for cached policies...", options);
}

/** A check-in whose device signature the server refuses: the error is on an indented line. */
export function refusedLines(at: number, options: LineOptions = {}): string {
  return attemptLine(at, options) + logLine(at + 1, "", options) +
    `There was an error.\n\n    ${SIGNATURE_ERROR}\n`;
}

/** The beginning of a run, alone. */
export function attemptLine(
  at: number,
  options: LineOptions = {},
  trigger = RECURRING,
): string {
  return logLine(at, attemptMessage(trigger), options);
}

/** The message that a run begins with. */
export function attemptMessage(trigger = RECURRING): string {
  return `Checking for policies triggered by "${trigger}" for user "jdoe"...`;
}
