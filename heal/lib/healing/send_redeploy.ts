// Redeploys the framework to one computer, for a sweep and for a person. The only caller of the request.

import { formatTimestamp } from "../../../lib/shared/timestamp.ts";
import type { RedeployResult } from "../jamf/request_redeploy.ts";
import { StoreError } from "../store/driver.ts";
import type {
  LimitReached,
  RateLimits,
  Redeploy,
  RedeployIntent,
  Redeploys,
} from "../store/redeploys.ts";

export interface SendDeps {
  readonly redeploys: Redeploys;
  readonly requestRedeploy: (computerId: string, signal?: AbortSignal) => Promise<RedeployResult>;
  /** Whole seconds since 1970. */
  readonly now: () => number;
  /** In milliseconds. Ends early, with an error, once the signal is aborted. */
  readonly sleep: (time: number, signal?: AbortSignal) => Promise<void>;
}

/** A request and what became of it, or the limit that does not allow it. */
export type Sent = Requested | LimitReached;

export interface Requested extends RedeployResult {
  readonly kind: "requested";
  /** In seconds since 1970. */
  readonly at: number;
  /** The reason, if its result could not be recorded. */
  readonly unrecorded: string | undefined;
}

/** In milliseconds: how long an answer is kept for a store that does not work, and the pause between two tries. */
const RECORDING_TIME = 180_000;
const RECORDING_PAUSE = 2000;

/**
 * Redeploys the framework to a computer, if the rate limits allow it. The request is recorded before it is sent, and its
 * result after.
 *
 * @param limits `undefined` ignores them.
 * @param signal Stops the request, and the wait for a store that does not work.
 * @param lost A request without an answer, of which this is the repeat.
 * @throws {StoreError} The request could not be recorded, and was not sent.
 */
export async function sendRedeploy(
  deps: SendDeps,
  intent: RedeployIntent,
  limits: RateLimits | undefined,
  signal?: AbortSignal,
  lost?: Redeploy,
): Promise<Sent> {
  const claim = await deps.redeploys.claim(intent, limits, deps.now(), lost);
  if (claim.kind !== "granted") return claim;
  const { redeploy } = claim;
  const result = await deps.requestRedeploy(redeploy.computerId, signal);
  const { askedAt: at, attempts } = redeploy;
  // The first of two requests may have been done, so both count.
  const state = attempts > 1 && result.state === "refused" ? "unknown" : result.state;
  const counted = { ...result, state };
  const unrecorded = await record(deps, redeploy, counted, signal);
  return { kind: "requested", at, ...counted, unrecorded };
}

/** Tries again while the store does not work. Returns the reason if the result could not be recorded. */
async function record(
  { redeploys, sleep }: SendDeps,
  redeploy: Redeploy,
  result: RedeployResult,
  signal?: AbortSignal,
): Promise<string | undefined> {
  for (let waited = 0;; waited += RECORDING_PAUSE) {
    try {
      await redeploys.settle(redeploy, result);
      return undefined;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (waited >= RECORDING_TIME || signal?.aborted) return error.message;
      await sleep(RECORDING_PAUSE, signal).catch(() => {});
    }
  }
}

/** Why the rate limits do not allow it. */
export function limitReason(
  limit: LimitReached,
  { coolDown, maxPerHour }: RateLimits,
): string {
  if (limit.kind === "cooling_down") {
    const [at, end] = [limit.askedAt, limit.askedAt + coolDown].map(formatTimestamp);
    return `redeployed at ${at}: the cool-down lasts until ${end}`;
  }
  const what = maxPerHour === 1 ? "one redeploy" : `${maxPerHour} redeploys`;
  return `the limit of ${what} an hour is reached: the next can be at ${
    formatTimestamp(limit.until)
  }`;
}
