/**
 * Load on the real program, and what it makes of it.
 *
 * @module
 */

import { SECRETS } from "./redeploy_fixture.ts";
import type { Service } from "./program.ts";
import { webhookBody } from "../fakes/webhook_body.ts";

/** What was measured. */
export interface Measured {
  /** Deliveries that were sent, and those answered with 202. */
  readonly sent: number;
  readonly taken: number;
  /** In milliseconds, of an answer. */
  readonly median: number;
  readonly p99: number;
  /** In MiB: resident memory after the first second, and at the end. */
  readonly memoryBefore: number;
  readonly memoryAfter: number;
}

/** Sends one delivery, and gives its status and how many milliseconds the answer took. */
export async function deliver(
  service: Service,
  hostIds: readonly number[],
): Promise<{ status: number; time: number }> {
  const body = JSON.stringify(webhookBody({ hostIds }));
  const begun = performance.now();
  const response = await fetch(service.url(SECRETS.webhook), { method: "POST", body });
  await response.body?.cancel();
  return { status: response.status, time: performance.now() - begun };
}

/** Sends so many deliveries a second, of ten hosts each, whether the answers come or not. */
export async function sustainLoad(
  service: Service,
  perSecond: number,
  seconds: number,
): Promise<Measured> {
  const sent: Promise<{ status: number; time: number }>[] = [];
  const begun = performance.now();
  let memoryBefore = 0;
  for (let i = 0; i < perSecond * seconds; i++) {
    const due = begun + i * 1000 / perSecond;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
    if (i === perSecond) memoryBefore = memoryOf(service.pid);
    const first = 1 + i * 10;
    sent.push(deliver(service, Array.from({ length: 10 }, (_, k) => first + k)));
  }
  const answers = await Promise.all(sent);
  const times = answers.map(({ time }) => time).sort((a, b) => a - b);
  return {
    sent: answers.length,
    taken: answers.filter(({ status }) => status === 202).length,
    median: times[Math.floor(times.length / 2)]!,
    p99: times[Math.floor(times.length * 0.99)]!,
    memoryBefore,
    memoryAfter: memoryOf(service.pid),
  };
}

/** In MiB; 0 where `ps` is not installed. */
function memoryOf(pid: number): number {
  const args = ["-c", 'ps -o rss= -p "$1" 2>/dev/null || echo 0', "sh", `${pid}`];
  const { stdout } = new Deno.Command("sh", { args }).outputSync();
  return Number(new TextDecoder().decode(stdout)) / 1024;
}

/** One line of figures. */
export function measuredText(measured: Measured): string {
  const { sent, taken, median, p99, memoryBefore, memoryAfter } = measured;
  return `${taken} of ${sent} taken, median ${median.toFixed(1)} ms, 99th percentile ${
    p99.toFixed(1)
  } ms, memory ${memoryBefore.toFixed(0)} -> ${memoryAfter.toFixed(0)} MiB`;
}
