// Notifies a person of what has begun, and what has ended, once, and once a week of what is left.

import { printable } from "../../../lib/shared/print.ts";
import { formatTimestamp } from "../../../lib/shared/timestamp.ts";
import { ServerError } from "../http/client.ts";
import type { Mac, Macs } from "../store/macs.ts";
import type { Values } from "../store/driver.ts";
import type { SweepReport } from "./sweep.ts";

export interface NoticeDeps {
  readonly macs: Pick<Macs, "inState" | "setNotified">;
  readonly values: Pick<Values, "get" | "set">;
  /** `undefined` if nobody is notified. */
  readonly send: ((text: string) => Promise<void>) | undefined;
  /** Whole seconds since 1970. */
  readonly now: () => number;
}

/** Something that lasts, and is notified of once a day while it holds. */
export interface Condition {
  readonly name: string;
  /** The notice when it begins; `undefined` if it does not hold. */
  readonly text: string | undefined;
  /** The notice when it has ended. */
  readonly end: string;
}

/** Macs that are named in one message. */
const MAX_NAMED = 20;
const DAY = 86_400;
const WEEK = 7 * DAY;

/** Why nothing is redeployed. */
export function tooManyText({ count, max }: NonNullable<SweepReport["tooMany"]>): string {
  const macs = `Nothing is redeployed: ${count} Macs need it or still fail after it`;
  if (count < max / 2) {
    return `${macs}; more Macs must be online to tell whether the cause has ended`;
  }
  const limit = count > max ? "more than" : "not yet fewer than half of what";
  return `${macs}, ${limit} --max-failing allows (${max}). ` +
    "Look for a common cause; if there is none, give a higher number";
}

/** What a sweep found that is not about one Mac. */
export function conditionsOf(
  { tooMany, isCounted }: Pick<SweepReport, "tooMany" | "isCounted">,
): Condition[] {
  if (!isCounted) return [];
  const text = tooMany && tooManyText(tooMany);
  const end = "--max-failing no longer stops the redeploys";
  return [{ name: "too_many", text, end }];
}

/** In seconds: a server that is away for less is no news, nor is one good sweep among others. */
const FAILING_TIME = 900;

/**
 * Sweeps that do not end well.
 *
 * @param problem Of the newest one; `undefined` if it ended well.
 */
export async function failingCondition(
  values: NoticeDeps["values"],
  problem: string | undefined,
  now: number,
): Promise<Condition[]> {
  const [since, goodSince] = await Promise.all(
    ["failing_since", "good_since"].map(async (name) => Number(await values.get(name)) || now),
  );
  const isFailing = problem !== undefined;
  const isLong = now - (isFailing ? since! : goodSince!) >= FAILING_TIME;
  if (isFailing || isLong) await values.set("failing_since", isFailing ? `${since}` : undefined);
  await values.set("good_since", isFailing ? undefined : `${goodSince}`);
  if (!isLong) return [];
  const text = problem && `Sweeps do not end well since ${formatTimestamp(since!)}: ${problem}`;
  return [{ name: "failing", text, end: "Sweeps end well again" }];
}

/**
 * Notifies of the Macs that need a person, once an illness, and of the conditions, in one message. It is recorded after the
 * message was taken: one that fails is repeated by the next sweep.
 *
 * @returns What did not work, for a person.
 */
export async function notify(
  deps: NoticeDeps,
  conditions: readonly Condition[],
): Promise<string[]> {
  const { macs, values, send } = deps;
  if (send === undefined) return [];
  const now = deps.now();
  const all = await macs.inState("needs_person", Number.MAX_SAFE_INTEGER);
  const persons = all.filter(({ notifiedAt }) => notifiedAt === undefined);
  const digestAt = Number(await values.get(DIGEST)) || now;
  const isDigest = all.length > persons.length && digestAt <= now - WEEK;
  const lines: string[] = [];
  const changed: Condition[] = [];
  for (const condition of conditions) {
    const { text, end } = condition;
    const notifiedAt = Number(await values.get(nameOf(condition))) || 0;
    if (text === undefined ? notifiedAt === 0 : notifiedAt > now - DAY) continue;
    changed.push(condition);
    lines.push(text ?? end);
  }
  if (persons.length > 0) lines.push(...personLines(persons));
  if (isDigest) lines.push(digestText(all));
  if (lines.length === 0) return [];
  // A message that cannot be recorded would be sent again and again.
  await values.set("notifying", lines[0]);
  try {
    await send(`jamf-heal: ${lines.map(printable).join("\n")}`);
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    return [`Nobody is told: ${error.message}`];
  }
  if (persons.length > 0) await macs.setNotified(now);
  const isFirst = persons.length > 0 && persons.length === all.length;
  if (isDigest || isFirst) await values.set(DIGEST, `${now}`);
  for (const condition of changed) {
    await values.set(nameOf(condition), condition.text && `${now}`);
  }
  return [];
}

function personLines(persons: readonly Mac[]): string[] {
  const { length } = persons;
  const head = length === 1 ? "A Mac needs a person:" : `${length} Macs need a person:`;
  const named = persons.slice(0, MAX_NAMED).map(({ serial, reason }) => `${serial}: ${reason}`);
  const rest = length - named.length;
  return [head, ...named, ...(rest > 0 ? [`and ${rest} more: see jamf-heal status`] : [])];
}

/** How many Macs need a person, by rule; without their names. */
function digestText(macs: readonly Mac[]): string {
  const rules = [...Map.groupBy(macs, ({ rule }) => rule)].map(([rule, { length }]) =>
    `${length} ${rule}`
  );
  const counts = rules.sort().join(", ");
  return `Weekly reminder of all Macs that need a person: ${counts}; see jamf-heal status`;
}

/** The value with the time of the last weekly reminder. */
const DIGEST = "digest_at";

function nameOf({ name }: Condition): string {
  return `notified:${name}`;
}
