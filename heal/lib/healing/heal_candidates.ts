// Asks Jamf Pro about the Macs that Fleet and their redeploys do not exclude, one after the other, and redeploys.

import { checkClock, ServerError } from "../http/client.ts";
import { ReplyError } from "../http/reply.ts";
import { MAX_UUIDS, sentTo, waitingFor, withUuids } from "../jamf/mdm_commands.ts";
import type { Redeploy } from "../store/redeploys.ts";
import {
  byState,
  decide,
  type Facts,
  hasCheckedIn,
  HIDDEN,
  isKnownDue,
  lostRequest,
  person,
  type Question,
  requested,
  wait,
} from "./decide.ts";
import { findBySerial } from "./find_computer.ts";
import type { TooMany } from "./max_failing.ts";
import type { Recorder } from "./recorder.ts";
import { limitReason, type Requested, sendRedeploy } from "./send_redeploy.ts";
import type { SweepDeps } from "./sweep_deps.ts";

/** Look-ups in Jamf Pro in one sweep, and those of them that are kept for the Macs that are redeployed. */
const MAX_LOOKUPS = 200;
const RESERVED_LOOKUPS = 50;
/** Failures one after the other, after which no server is asked any more. */
const MAX_FAILURES = 3;
/** The statuses of a missing right. */
const REFUSALS = [401, 403];
const HOUR = 3600;
const DAY = 24 * HOUR;
/** In seconds: when a lost request may have been sent, before and after its record. The clocks may differ. */
const SENT_BEFORE = 300;
const SENT_AFTER = 600;

/** What was done about the candidates. */
export interface Healed {
  /** Set if more Macs fail than `--max-failing` allows. */
  readonly tooMany: TooMany | undefined;
  /** Whether that is known: not if it was stopped before. */
  readonly isCounted: boolean;
  /** What did not work, for a person. */
  readonly problems: readonly string[];
}

/**
 * Decides about each candidate, and redeploys until a limit is reached. Each is recorded at once.
 *
 * @param findTooMany Whether too many Macs fail, by those that would be redeployed now.
 */
export async function healCandidates(
  deps: SweepDeps,
  candidates: readonly Facts[],
  findTooMany: (due: readonly Facts[]) => Promise<TooMany | undefined>,
  recorder: Recorder,
  stop: AbortSignal,
  abort: AbortSignal,
): Promise<Healed> {
  const hourAgo = Math.floor(deps.now()) - HOUR;
  const remaining = deps.limits.maxPerHour - (await deps.redeploys.since(hourAgo)).length;
  const healing = new Healing(deps, recorder, abort, remaining);
  const forEach = async (
    queue: readonly Facts[],
    work: (facts: Facts) => Promise<void>,
  ): Promise<void> => {
    for (const [index, facts] of queue.entries()) {
      if (stop.aborted) {
        const rest = queue.length - index;
        healing.problems.push(`Stopped: the next sweep decides about ${rest} Macs`);
        return;
      }
      await work(facts);
      await recorder.saveSome();
    }
  };
  const due: Facts[] = [];
  const asked = await healing.askCommands(candidates);
  await forEach(asked.toSorted(byLookup), async (facts) => {
    const found = await healing.find(facts);
    if (found !== undefined) due.push(found);
  });
  const isCounted = !stop.aborted;
  const tooMany = isCounted ? await findTooMany(due) : undefined;
  const isTooMany = tooMany !== undefined;
  if (isCounted) {
    await forEach(due.toSorted(byTime), (facts) => healing.heal({ ...facts, isTooMany }));
  }
  await recorder.save();
  return { tooMany, isCounted, problems: healing.end() };
}

/** Those first that were not asked about for the longest time: a Mac that always fails must not stop the rest. */
function byLookup(one: Facts, other: Facts): number {
  return (one.mac.lookedUpAt ?? 0) - (other.mac.lookedUpAt ?? 0) || byTime(one, other);
}

function byTime({ mac: one }: Facts, { mac: other }: Facts): number {
  return one.failingSince - other.failingSince || one.hostId - other.hostId;
}

class Healing {
  readonly problems: string[] = [];
  #failures = 0;
  #lookups = 0;
  #hasAnswer = false;
  #lastFailure: string | undefined;
  /** Whether the API client may not see commands. */
  #isHidden = false;

  constructor(
    private readonly deps: SweepDeps,
    private readonly recorder: Recorder,
    private readonly abort: AbortSignal,
    /** The redeploys that the hourly limit still allows. */
    private remaining: number,
  ) {}

  /** What did not work: also an answer that no Mac got, which else may be about one Mac only. */
  end(): readonly string[] {
    const isAnswered = this.#hasAnswer || this.problems.length > 0;
    return isAnswered || this.#lastFailure === undefined ? this.problems : [this.#lastFailure];
  }

  /** Asks about the commands of all redeploys that wait for one, in one request. */
  async askCommands(candidates: readonly Facts[]): Promise<readonly Facts[]> {
    const { readCommands, redeploys } = this.deps;
    const asking = candidates.filter((facts) => decide(facts) === "ask_command")
      .toSorted((one, other) => askedAtOf(one) - askedAtOf(other));
    if (asking.length === 0) return candidates;
    let asked = asking.map(({ redeploys: [last], now }) => ({ ...last!, commandAskedAt: now }));
    try {
      // Those first that were not asked about for the longest time; the rest follows in the next sweeps.
      const [now, later] = [asked.slice(0, MAX_UUIDS), asked.slice(MAX_UUIDS)];
      const filter = withUuids(now.map(({ commandUuid }) => commandUuid!));
      const found = await readCommands(filter, this.abort);
      const states = new Map(found?.map(({ uuid, state }) => [uuid, state]));
      this.#isHidden = found === undefined;
      const answered = now.map((last) => {
        const commandState = this.#isHidden ? HIDDEN : states.get(last.commandUuid!) ?? "";
        const isNew = commandState !== last.commandState;
        const commandSince = isNew ? last.commandAskedAt : last.commandSince;
        return { ...last, commandState, commandSince };
      });
      await redeploys.record(answered);
      asked = [...answered, ...later];
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
      this.problems.push(error.message);
    }
    const known = new Map(asking.map((facts, index) => [facts, withLast(facts, asked[index]!)]));
    return candidates.map((facts) => known.get(facts) ?? facts);
  }

  /** Asks Jamf Pro about a Mac, and returns it if it would be redeployed now, but for a limit. */
  async find(facts: Facts): Promise<Facts | undefined> {
    if (isKnownDue(facts.mac, facts.now) && decide(facts) === "ask_jamf") return facts;
    return await this.#ask(facts, ["ask_jamf"], MAX_LOOKUPS - RESERVED_LOOKUPS);
  }

  /** Redeploys, if nothing is against it. */
  async heal(facts: Facts): Promise<void> {
    const limited = { ...facts, isLimited: this.remaining <= 0 };
    const questions = ["ask_jamf", "ask_waiting", "ask_fleet"] as const;
    const asked = await this.#ask(limited, questions, MAX_LOOKUPS);
    if (asked === undefined) return;
    if (!this.deps.dryRun) return await this.#redeploy(asked);
    this.remaining--;
    const decision = byState("would_redeploy", "dry run: it would be redeployed");
    this.recorder.add(asked.mac, decision);
  }

  /** Asks until it is decided, which is recorded, or until another question must be asked. */
  async #ask(
    facts: Facts,
    questions: readonly Question[],
    maxLookups: number,
  ): Promise<Facts | undefined> {
    for (let known = facts;;) {
      const verdict = decide(known);
      if (typeof verdict === "object") return void this.recorder.add(known.mac, verdict);
      const question = questions.find((one) => one === verdict);
      if (question === undefined) return known;
      if (question === "ask_jamf" && this.#lookups >= maxLookups) {
        const reason = `a sweep asks Jamf Pro about ${MAX_LOOKUPS} Macs`;
        return void this.recorder.add(known.mac, wait("not_asked", reason));
      }
      if (this.#failures >= MAX_FAILURES) return void this.#recordUnasked(known);
      try {
        known = await this.#answer(known, question);
        known = { ...known, mac: { ...known.mac, unaskedSince: undefined } };
        [this.#failures, this.#hasAnswer] = [0, true];
      } catch (error) {
        if (!(error instanceof ServerError)) throw error;
        this.#addFailure(error);
        return void this.#recordUnasked(known, error.message);
      }
    }
  }

  async #answer(facts: Facts, question: Question): Promise<Facts> {
    const { inventory, jamf, fleet, policies } = this.deps;
    const { host, mac, now } = facts;
    if (question === "ask_waiting") return await this.#withWaiting(facts);
    if (question === "ask_fleet") {
      const detail = await fleet.host(host.id, this.abort);
      const ids = await fleet.hostsWithSerial(host.serial, this.abort);
      const isFailing = detail?.policies
        .some(({ name, response }) => policies.includes(name) && response === "fail") ?? false;
      return { ...facts, again: { isFailing, isShared: ids.some((id) => id !== host.id) } };
    }
    this.#lookups++;
    const found = await findBySerial(inventory, host.serial, this.abort);
    checkClock("Jamf Pro", jamf.clockDifference);
    const { computer } = found;
    const isIn = computer !== undefined && hasCheckedIn(host, computer);
    const checkedInSince = isIn ? mac.checkedInSince ?? now : undefined;
    const asked = { computerId: computer?.id ?? mac.computerId, checkedInSince, lookedUpAt: now };
    return { ...facts, found, mac: { ...mac, ...asked } };
  }

  /** The commands that wait for a computer, and that of a request without an answer. */
  async #withWaiting(facts: Facts): Promise<Facts> {
    const { readCommands, redeploys } = this.deps;
    const managementId = facts.found?.computer?.managementId;
    if (managementId === undefined || this.#isHidden) return { ...facts, waiting: [] };
    const lost = lostRequest(facts);
    if (lost !== undefined) {
      const [from, to] = [lost.askedAt - SENT_BEFORE, lost.askedAt + SENT_AFTER];
      const [command] = await readCommands(sentTo(managementId, from, to), this.abort) ?? [];
      if (command !== undefined) {
        const { uuid: commandUuid, state: commandState } = command;
        const times = { commandSince: facts.now, commandAskedAt: facts.now };
        const found = { ...lost, ...times, commandUuid, commandState, state: "queued" } as const;
        await redeploys.record([found]);
        return withLast(facts, found);
      }
    }
    const waiting = await readCommands(waitingFor(managementId), this.abort);
    this.#isHidden = waiting === undefined;
    return { ...facts, waiting: waiting ?? [] };
  }

  async #redeploy(facts: Facts): Promise<void> {
    const { limits } = this.deps;
    const { host, mac } = facts;
    if (!await this.deps.isHeld()) {
      this.#fail("The lock of this sweep is lost: the store could not be reached");
      return this.#recordUnasked(facts);
    }
    const intent = { serial: host.serial, computerId: mac.computerId!, origin: "sweep" } as const;
    const lost = lostRequest(facts);
    const sent = await sendRedeploy(this.deps, intent, limits, this.abort, lost);
    if (sent.kind === "hourly_limit") this.remaining = 0;
    if (sent.kind === "requested") this.#recordRequested(facts, sent);
    else this.recorder.add(mac, wait(sent.kind, limitReason(sent, limits)));
    await this.recorder.save();
  }

  #recordRequested(facts: Facts, sent: Requested): void {
    const { mac, host: { serial } } = facts;
    const { state, reason, isFinal, at: askedAt, unrecorded } = sent;
    if (state === "refused" && !isFinal) {
      this.#fail(`Jamf Pro refuses to redeploy: ${reason}`);
      return this.#recordUnasked(facts, reason);
    }
    this.remaining--;
    if (state === "refused") return this.recorder.add(mac, person("refused", reason));
    // A server that does not answer is not asked for the next Mac.
    if (state === "unknown") this.#fail(`The answer about ${serial} is not known: ${reason}`);
    else if (unrecorded !== undefined) {
      this.#fail(`The redeploy of ${serial} is not recorded: ${unrecorded}`);
    }
    this.recorder.add(mac, requested({ askedAt, state }));
  }

  /** A Mac that needs a person still needs one. */
  #recordUnasked(
    { mac, now }: Facts,
    reason = "not asked: a problem ended the requests of this sweep",
  ): void {
    const { unaskedSince = now } = mac;
    const decision = unaskedSince <= now - DAY
      ? person("not_askable", `for over a day: ${reason}`)
      : wait("no_reply", reason);
    const kept = mac.state === "needs_person" ? undefined : decision;
    this.recorder.add({ ...mac, unaskedSince, lookedUpAt: now }, kept);
  }

  /** An answer that cannot be read may be about one Mac only. */
  #addFailure(error: ServerError): void {
    this.#lastFailure = error.message;
    const isOne = error instanceof ReplyError && !REFUSALS.includes(error.status ?? 0);
    if (!isOne || ++this.#failures >= MAX_FAILURES) this.#fail(error.message);
  }

  /** No server is asked any more. */
  #fail(problem: string): void {
    this.problems.push(problem);
    this.#failures = MAX_FAILURES;
  }
}

function askedAtOf({ redeploys: [last] }: Facts): number {
  return last?.commandAskedAt ?? 0;
}

function withLast(facts: Facts, last: Redeploy): Facts {
  return { ...facts, redeploys: [last, ...facts.redeploys.slice(1)] };
}
