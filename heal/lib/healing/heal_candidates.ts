// Asks Jamf Pro about the Macs that Fleet and the limits do not exclude, one after the other, and redeploys.

import { ServerError } from "../http/client.ts";
import { ReplyError } from "../http/reply.ts";
import type { Mac } from "../store/macs.ts";
import { decide, type Decision, type Facts } from "./decide.ts";
import { findBySerial } from "./find_computer.ts";
import { limitReason, type Requested, requestedReason, sendRedeploy } from "./send_redeploy.ts";
import type { Recorder } from "./recorder.ts";
import type { SweepDeps } from "./sweep_deps.ts";

/** Failures one after the other, after which Jamf Pro is asked no more. */
const MAX_FAILURES = 3;
const HOUR = 3600;

/**
 * Decides about each candidate, and redeploys until the hourly limit is reached. Each is recorded at once.
 *
 * @returns What did not work, for a person.
 * @throws {StoreError} The store does not work.
 */
export async function healCandidates(
  deps: SweepDeps,
  candidates: readonly Facts[],
  recorder: Recorder,
  stop: AbortSignal,
  abort: AbortSignal,
): Promise<string[]> {
  const hourAgo = Math.floor(deps.now()) - HOUR;
  const remaining = deps.limits.maxPerHour - (await deps.redeploys.since(hourAgo)).length;
  const healing = new Healing(deps, recorder, abort, remaining);
  // Those first that were not asked about for the longest time: a Mac that always fails must not stop the rest.
  const queue = candidates.toSorted((one, other) =>
    (one.mac.lookedUpAt ?? 0) - (other.mac.lookedUpAt ?? 0) ||
    one.mac.failingSince - other.mac.failingSince || one.mac.hostId - other.mac.hostId
  );
  for (const [index, facts] of queue.entries()) {
    if (stop.aborted) {
      healing.problems.push(`Stopped: the next sweep decides about ${queue.length - index} Macs`);
      break;
    }
    await healing.heal(facts);
    await recorder.saveSome();
  }
  await recorder.save();
  return healing.problems;
}

class Healing {
  readonly problems: string[] = [];
  #failures = 0;

  constructor(
    private readonly deps: SweepDeps,
    private readonly recorder: Recorder,
    private readonly abort: AbortSignal,
    /** The redeploys that the hourly limit still allows. */
    private remaining: number,
  ) {}

  async heal(facts: Facts): Promise<void> {
    const { inventory, dryRun } = this.deps;
    const isLimited = this.remaining <= 0;
    const verdict = decide({ ...facts, isLimited });
    if (typeof verdict === "object") return this.recorder.add(facts.mac, verdict);
    if (this.#failures >= MAX_FAILURES) return this.recorder.add(facts.mac, unanswered(facts.mac));
    try {
      const found = await findBySerial(inventory, facts.host.serial, this.abort);
      this.#failures = 0;
      const computerId = found.computer?.id ?? facts.mac.computerId;
      const mac = { ...facts.mac, computerId, lookedUpAt: facts.now };
      const verdict = decide({ ...facts, isLimited, found });
      if (typeof verdict === "object") {
        const checkedInSince = verdict.rule === "checked_in"
          ? mac.checkedInSince ?? facts.now
          : mac.checkedInSince;
        this.recorder.add({ ...mac, checkedInSince }, verdict);
      } else if (dryRun) {
        this.remaining--;
        this.recorder.add(mac, {
          state: "would_redeploy",
          rule: "would_redeploy",
          reason: "dry run: it would be redeployed",
        });
      } else await this.#redeploy(mac, facts);
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
      // An answer that cannot be read may be about one Mac only.
      const isOne = error instanceof ReplyError && this.#failures + 1 < MAX_FAILURES;
      this.#failures += error instanceof ReplyError ? 1 : MAX_FAILURES;
      if (!isOne) this.problems.push(error.message);
      this.recorder.add(
        { ...facts.mac, lookedUpAt: facts.now },
        unanswered(facts.mac, error.message),
      );
    }
  }

  async #redeploy(mac: Mac, { host }: Facts): Promise<void> {
    const { limits } = this.deps;
    const { computerId } = mac;
    if (!await this.deps.isHeld()) {
      this.#fail("The lock of this sweep is lost: the store could not be reached");
      return this.recorder.add(mac, unanswered(mac));
    }
    const intent = { serial: host.serial, computerId: computerId!, origin: "sweep" } as const;
    const sent = await sendRedeploy(this.deps, intent, limits, this.abort);
    if (sent.kind === "requested") this.#addRequested(mac, sent);
    else if (sent.kind === "cooling_down") {
      this.#add(mac, "waits", "cool_down", limitReason(sent, limits));
    } else {
      this.remaining = 0;
      this.#add(mac, "waits", "hourly_limit", "the hourly limit is reached");
    }
    await this.recorder.save();
  }

  #addRequested(mac: Mac, { state, reason, isFinal, at: askedAt, unrecorded }: Requested): void {
    if (state === "refused" && !isFinal) {
      this.#fail(`Jamf Pro refuses to redeploy: ${reason}`);
      return this.recorder.add(mac, unanswered(mac, reason));
    }
    this.remaining--;
    if (state === "refused") return this.#add(mac, "needs_person", "refused", reason);
    // A server that does not answer is not asked for the next Mac.
    if (state === "unknown") this.#fail(`The answer about ${mac.serial} is not known: ${reason}`);
    else if (unrecorded !== undefined) {
      this.#fail(`The redeploy of ${mac.serial} is not recorded: ${unrecorded}`);
    }
    this.#add(mac, "redeployed", "redeployed", requestedReason({ askedAt, state }));
  }

  #add(mac: Mac, state: Mac["state"], rule: string, reason: string): void {
    this.recorder.add(mac, { state, rule, reason });
  }

  /** Jamf Pro is asked no more. */
  #fail(problem: string): void {
    this.problems.push(problem);
    this.#failures = MAX_FAILURES;
  }
}

/** A Mac that needs a person still needs one. */
function unanswered(
  mac: Mac,
  reason = "not asked: a problem ended the requests of this sweep",
): Decision {
  return mac.state === "needs_person" ? mac : { state: "waits", rule: "jamf_unanswered", reason };
}
