// Notifies a person of what has begun, and what has ended, once.

import { printable } from "../../../lib/shared/print.ts";
import { ServerError } from "../http/client.ts";
import type { Macs } from "../store/macs.ts";
import type { Values } from "../store/driver.ts";
import type { SweepReport } from "./sweep.ts";

/** What this module needs from its caller. */
export interface NoticeDeps {
  readonly macs: Pick<Macs, "unnotified" | "setNotified">;
  readonly values: Pick<Values, "get" | "set">;
  /** @throws {ServerError} The message was not taken. */
  readonly send: (text: string) => Promise<void>;
}

/** Something that lasts. */
export interface Condition {
  readonly name: string;
  /** The notice when it begins; `undefined` if it does not hold. */
  readonly text: string | undefined;
  /** The notice when it has ended. */
  readonly end: string;
  /** Whether a person was notified of it while the store did not work. */
  readonly isNotified?: boolean;
}

/** Macs that are named in one message. */
const MAX_NAMED = 20;

/** Why nothing is redeployed. */
export function tooManyText({ count, max }: NonNullable<SweepReport["tooMany"]>): string {
  return `Nothing is redeployed: ${count} Macs may need it now, more than --max-failing ${max}. ` +
    "Look for a common cause; if there is none, give a higher number";
}

/** What a sweep found that is not about one Mac. */
export function conditionsOf(
  { tooMany, isWhole }: Pick<SweepReport, "tooMany" | "isWhole">,
): Condition[] {
  if (!isWhole) return [];
  const text = tooMany && tooManyText(tooMany);
  return [{ name: "too_many", text, end: "--max-failing no longer stops the redeploys" }];
}

/**
 * Notifies of the Macs that need a person, and of the conditions, in one message. It is recorded after the message was
 * taken: one that fails is repeated by the next sweep.
 *
 * @returns What did not work, for a person.
 * @throws {StoreError} The store does not work.
 */
export async function notify(
  { macs, values, send }: NoticeDeps,
  conditions: readonly Condition[],
): Promise<string[]> {
  const persons = await macs.unnotified();
  const lines: string[] = [];
  const changed: Condition[] = [];
  for (const condition of conditions) {
    const isNotified = condition.isNotified || await values.get(nameOf(condition)) !== undefined;
    if (isNotified === (condition.text !== undefined)) continue;
    changed.push(condition);
    lines.push(condition.text ?? condition.end);
  }
  if (persons.length > 0) {
    const rest = persons.length - MAX_NAMED;
    lines.push(
      persons.length === 1 ? "A Mac needs a person:" : `${persons.length} Macs need a person:`,
      ...persons.slice(0, MAX_NAMED).map(({ serial, reason }) => `${serial}: ${reason}`),
      ...(rest > 0 ? [`and ${rest} more: see jamf-heal status`] : []),
    );
  }
  if (lines.length === 0) return [];
  // A message that cannot be recorded would be sent again and again.
  await values.set("notifying", lines[0]);
  try {
    await send(`jamf-heal: ${lines.map(plain).join("\n")}`);
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    return [`Nobody is told: ${error.message}`];
  }
  if (persons.length > 0) await macs.setNotified(persons.at(-1)!.since);
  for (const condition of changed) await values.set(nameOf(condition), condition.text);
  return [];
}

/** What a Mac calls itself must not be a link, a mention or a line of its own in a chat. */
function plain(text: string): string {
  return printable(text).replace(/[<>&]/g, "_");
}

function nameOf({ name }: Condition): string {
  return `notified:${name}`;
}
