/**
 * Measures the program under load: one delivery of 8,000 hosts, then 50 deliveries a second for 30 seconds while 100
 * clients never finish their bodies. Everything runs on this machine.
 *
 * @module
 */

import { RedeployFixture, SECRETS } from "../heal/tests/helpers/redeploy_fixture.ts";
import { freePort, Service } from "../heal/tests/helpers/program.ts";
import { webhookBody } from "../heal/tests/fakes/webhook_body.ts";

const HOSTS = 15_000;

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

async function slowClient(port: number): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const head = `POST /fleet/failing-policy?secret=${SECRETS.webhook} HTTP/1.1\r\nHost: a\r\n` +
    "Content-Length: 9000\r\n\r\n{";
  await connection.write(new TextEncoder().encode(head));
  return connection;
}

/** What was measured. */
interface Measured {
  /** Deliveries that were sent, and those answered with 202. */
  readonly sent: number;
  readonly accepted: number;
  /** In milliseconds, of an answer. */
  readonly median: number;
  readonly p99: number;
  /** In MiB: resident memory after the first second, and at the end. */
  readonly memoryBefore: number;
  readonly memoryAfter: number;
}

/** Sends one delivery, and gives its status and how many milliseconds the answer took. */
async function deliver(
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
async function sustainLoad(
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
    accepted: answers.filter(({ status }) => status === 202).length,
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
function measuredText(measured: Measured): string {
  const { sent, accepted, median, p99, memoryBefore, memoryAfter } = measured;
  return `${accepted} of ${sent} accepted, median ${median.toFixed(1)} ms, 99th percentile ${
    p99.toFixed(1)
  } ms, memory ${memoryBefore.toFixed(0)} -> ${memoryAfter.toFixed(0)} MiB`;
}

if (import.meta.main) {
  await using at = await RedeployFixture.start();
  at.addMacs(HOSTS);
  await using service = new Service(freePort(), [], at.variables);
  await service.listening;
  const { status, time } = await deliver(service, Array.from({ length: 8000 }, (_, i) => i + 1));
  print(`8,000 hosts in one delivery: ${status} after ${time.toFixed(0)} ms`);
  const slow = await Promise.all(Array.from({ length: 100 }, () => slowClient(service.port)));
  print(`50 deliveries a second for 30 s: ${measuredText(await sustainLoad(service, 50, 30))}`);
  for (const connection of slow) connection.close();
}
