// Tells a person what has begun, and what has ended, once.

import { printable } from "../../../lib/shared/print.ts";
import { ServerError } from "../http/client.ts";
import type { Macs } from "../store/macs.ts";
import type { Values } from "../store/values.ts";
import type { SweepReport } from "./sweep.ts";

/** What this module needs from its caller. */
export interface NoticeDeps {
  readonly macs: Pick<Macs, "untold" | "told">;
  readonly values: Pick<Values, "get" | "set">;
  /** @throws {ServerError} The message was not taken. */
  readonly send: (text: string) => Promise<void>;
}

/** Something that lasts. */
export interface Condition {
  readonly name: string;
  /** What to tell when it begins; `undefined` if it does not hold. */
  readonly text: string | undefined;
  /** What to tell when it has ended. */
  readonly end: string;
}

/** Macs that are named in one message. */
const MAX_NAMED = 20;

/** Why nothing is redeployed. */
export function tooManyText({ count, max }: NonNullable<SweepReport["tooMany"]>): string {
  return `Nothing is redeployed: ${count} Macs may need it now, more than --max-failing ${max}. ` +
    "Look for a common cause; if there is none, give a higher number";
}

/** What a sweep found that is not about one Mac. */
export function conditionsOf({ tooMany }: Pick<SweepReport, "tooMany">): Condition[] {
  const text = tooMany && tooManyText(tooMany);
  return [{ name: "too_many", text, end: "--max-failing no longer stops the redeploys" }];
}

/**
 * Tells about the Macs that need a person, and the conditions, in one message. What was told is recorded after it was
 * taken: a message that fails is repeated by the next sweep.
 *
 * @returns What did not work, for a person.
 * @throws {StoreError} The store does not work.
 */
export async function tell(
  { macs, values, send }: NoticeDeps,
  conditions: readonly Condition[],
): Promise<string[]> {
  const untold = await macs.untold();
  const lines: string[] = [];
  const changed: Condition[] = [];
  for (const condition of conditions) {
    const isTold = await values.get(nameOf(condition)) !== undefined;
    if (isTold === (condition.text !== undefined)) continue;
    changed.push(condition);
    lines.push(condition.text ?? condition.end);
  }
  if (untold.length > 0) {
    const rest = untold.length - MAX_NAMED;
    lines.push(
      untold.length === 1 ? "A Mac needs a person:" : `${untold.length} Macs need a person:`,
      ...untold.slice(0, MAX_NAMED).map(({ serial, reason }) => `${serial}: ${reason}`),
      ...(rest > 0 ? [`and ${rest} more: see jamf-heal status`] : []),
    );
  }
  if (lines.length === 0) return [];
  // A message that cannot be recorded would be sent again and again.
  await values.set("telling", lines[0]);
  try {
    await send(`jamf-heal: ${lines.map(plain).join("\n")}`);
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    return [`Nobody is told: ${error.message}`];
  }
  if (untold.length > 0) await macs.told(untold.at(-1)!.since);
  for (const condition of changed) {
    await values.set(nameOf(condition), condition.text);
  }
  return [];
}

/** What a Mac calls itself must not be a link, a mention or a line of its own in a chat. */
function plain(text: string): string {
  return printable(text).replace(/[<>&]/g, "_");
}

function nameOf({ name }: Condition): string {
  return `told:${name}`;
}
