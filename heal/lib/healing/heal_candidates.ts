// Decides about the Macs that Fleet and their redeploys do not exclude, one after the other, and redeploys.

import { ServerError } from "../http/client.ts";
import { Answers } from "./answers.ts";
import { decide, lostRequest } from "./decide.ts";
import {
  byState,
  type Decision,
  type Facts,
  person,
  type Question,
  requested,
  wait,
} from "./decision.ts";
import { Failures } from "./failures.ts";
import type { TooMany } from "./max_failing.ts";
import type { Recorder } from "./recorder.ts";
import { limitReason, type Requested, sendRedeploy } from "./send_redeploy.ts";
import type { SweepDeps } from "./deps.ts";

/** What is asked about each Mac, and what only about one that is redeployed if nothing is against it. */
const FIRST: readonly Question[] = ["ask_command", "ask_jamf"];
const LAST: readonly Question[] = [...FIRST, "ask_jamf_again", "ask_waiting", "ask_fleet"];
/** Look-ups in Jamf Pro in one sweep, and those of them that are kept for the Macs that are redeployed. */
const MAX_LOOKUPS = 200;
const RESERVED_LOOKUPS = 50;
/** What was decided before stays, or the Mac waits. */
const LEFT = wait(
  "not_asked",
  `a sweep asks about ${MAX_LOOKUPS} Macs at most: the next one goes on`,
);
/** Commands that are asked about in one sweep. The rest follows in the next ones. */
const MAX_COMMANDS = 50;
const HOUR = 3600;
const DAY = 24 * HOUR;

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
  const hourAgo = deps.now() - HOUR;
  const remaining = deps.limits.maxPerHour - (await deps.redeploys.since(hourAgo)).length;
  const healing = new Healing(deps, recorder, abort, remaining);
  const due: Facts[] = [];
  await healing.forEach(inTurn(candidates), stop, async (facts) => {
    const found = await healing.ask(facts, FIRST, MAX_LOOKUPS - RESERVED_LOOKUPS);
    if (found !== undefined) due.push(found);
  });
  const { failures } = healing;
  const counted = stop.aborted ? NOT_COUNTED : await count(() => findTooMany(due), failures);
  const isTooMany = counted.tooMany !== undefined;
  if (counted.isCounted) {
    const heal = (facts: Facts): Promise<void> => healing.heal({ ...facts, isTooMany });
    await healing.forEach(due.toSorted(byTime), stop, heal);
  }
  await recorder.save();
  return { ...counted, problems: failures.end() };
}

type Counted = Pick<Healed, "tooMany" | "isCounted">;

const NOT_COUNTED: Counted = { tooMany: undefined, isCounted: false };

/** Without the number, nobody is redeployed. */
async function count(
  findTooMany: () => Promise<TooMany | undefined>,
  failures: Failures,
): Promise<Counted> {
  try {
    return { tooMany: await findTooMany(), isCounted: true };
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    failures.stop(`Cannot count the hosts that are online: ${error.message}`);
    return NOT_COUNTED;
  }
}

/** Those first that were not asked about for the longest time: a Mac that always fails must not stop the rest. */
function inTurn(candidates: readonly Facts[]): Facts[] {
  const asked = candidates.map((facts) => ({ facts, at: askedAt(facts) }));
  asked.sort((one, other) => one.at - other.at || byTime(one.facts, other.facts));
  return asked.map(({ facts }) => facts);
}

/** When what has to be asked first was last asked. */
function askedAt(facts: Facts): number {
  const { mac: { lookedUpAt = 0 }, redeploys: [last] } = facts;
  const isCommand = decide(facts) === "ask_command";
  return Math.max(lookedUpAt, isCommand ? last?.commandAskedAt ?? 0 : 0);
}

function byTime({ mac: one }: Facts, { mac: other }: Facts): number {
  return one.failingSince - other.failingSince || one.hostId - other.hostId;
}

class Healing {
  readonly failures = new Failures();
  readonly #answers: Answers;
  #lookups = 0;
  #commands = 0;

  constructor(
    private readonly deps: SweepDeps,
    private readonly recorder: Recorder,
    private readonly abort: AbortSignal,
    /** The redeploys that the hourly limit still allows. */
    private remaining: number,
  ) {
    this.#answers = new Answers(deps, abort);
  }

  async forEach(
    queue: readonly Facts[],
    stop: AbortSignal,
    work: (facts: Facts) => Promise<void>,
  ): Promise<void> {
    for (const [index, facts] of queue.entries()) {
      if (stop.aborted) {
        const rest = queue.length - index;
        return this.failures.stop(`Stopped: the next sweep decides about ${rest} Macs`);
      }
      await work(facts);
      await this.recorder.saveSome();
    }
  }

  /** Asks until it is decided, which is recorded, or until nothing of the questions is left to be asked. */
  async ask(
    facts: Facts,
    questions: readonly Question[],
    maxLookups: number,
  ): Promise<Facts | undefined> {
    for (let known = facts;;) {
      const verdict = decide(known);
      if (typeof verdict === "object") return void this.#record(known, verdict);
      const question = questions.find((one) => one === verdict);
      if (question === undefined) return known;
      const isLookup = question === "ask_jamf" || question === "ask_jamf_again";
      // That of a lost request comes after its computer, and is looked for in any case.
      const isCommand = question === "ask_command" && known.found === undefined &&
        !this.#answers.isHidden;
      if (isLookup && this.#lookups >= maxLookups || isCommand && this.#commands >= MAX_COMMANDS) {
        return void this.recorder.add(known.mac, known.mac.state === "waits" ? LEFT : undefined);
      }
      if (this.failures.isOver(question)) return void this.#recordUnasked(known);
      this.#lookups += Number(isLookup);
      this.#commands += Number(isCommand);
      try {
        known = await this.#answers.addTo(known, question);
        this.failures.addAnswer(question);
      } catch (error) {
        if (!(error instanceof ServerError)) throw error;
        // A person knows of such a Mac.
        this.failures.add(question, error, known.mac.rule === "not_askable");
        return void this.#recordUnasked(known, error.message);
      }
    }
  }

  /** Redeploys, if nothing is against it. */
  async heal(facts: Facts): Promise<void> {
    const asked = await this.ask({ ...facts, isLimited: this.remaining <= 0 }, LAST, MAX_LOOKUPS);
    if (asked === undefined) return;
    if (!this.deps.dryRun) return await this.#redeploy(asked);
    this.remaining--;
    this.#record(asked, byState("would_redeploy", "dry run: it would be redeployed"));
  }

  async #redeploy(facts: Facts): Promise<void> {
    const { limits } = this.deps;
    const { host, mac } = facts;
    if (!await this.deps.isHeld()) {
      this.failures.stop("The lock of this sweep is lost: the store could not be reached");
      return this.#recordUnasked(facts);
    }
    const intent = { serial: host.serial, computerId: mac.computerId!, origin: "sweep" } as const;
    const lost = lostRequest(facts);
    const sent = await sendRedeploy(this.deps, intent, limits, this.abort, lost);
    if (sent.kind === "hourly_limit") this.remaining = 0;
    if (sent.kind === "requested") this.#recordRequested(facts, sent);
    else this.#record(facts, wait(sent.kind, limitReason(sent, limits)));
    await this.recorder.save();
  }

  #recordRequested(facts: Facts, sent: Requested): void {
    const { serial } = facts.host;
    const { state, reason, isFinal, at: askedAt, unrecorded } = sent;
    if (state === "refused" && !isFinal) {
      this.failures.stop(`Jamf Pro refuses to redeploy: ${reason}`);
      return this.#recordUnasked(facts, reason);
    }
    this.remaining--;
    if (state === "refused") return this.#record(facts, person("refused", reason));
    // A server that does not answer is not asked for the next Mac.
    if (state === "unknown") {
      this.failures.stop(`The answer about ${serial} is not known: ${reason}`);
    } else if (unrecorded !== undefined) {
      this.failures.stop(`The redeploy of ${serial} is not recorded: ${unrecorded}`);
    }
    this.#record(facts, requested({ askedAt, state }));
  }

  /**
   * A Mac that needs a person still needs one, and one that was redeployed waits for its result.
   *
   * @param answer Why it was asked in vain; absent if it was not asked, so that it is among the first next time.
   */
  #recordUnasked({ mac, now }: Facts, answer?: string): void {
    const { unaskedSince = now } = mac;
    const reason = answer ?? "a problem ended the requests of this sweep";
    const isLong = unaskedSince <= now - DAY && mac.state !== "needs_person";
    const decision = isLong
      ? person("not_askable", `could not be asked about for over a day: ${reason}`)
      : mac.state === "waits"
      ? wait("no_reply", reason)
      : undefined;
    const lookedUpAt = answer === undefined ? mac.lookedUpAt : now;
    this.recorder.add({ ...mac, unaskedSince, lookedUpAt }, decision);
  }

  #record({ mac }: Facts, decision: Decision): void {
    this.recorder.add({ ...mac, unaskedSince: undefined }, decision);
  }
}
