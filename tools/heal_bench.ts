// Measures the real program with fakes, on both kinds of store: sweeps over 8,000 failing hosts of 100,000, the status of
// 100,000 Macs, and 50 calls of the webhook a second while 100 clients never finish their bodies. Everything runs on this
// machine.

import { newMac } from "../heal/lib/healing/observe.ts";
import { MAC_STATES, Macs } from "../heal/lib/store/macs.ts";
import { openStore } from "../heal/lib/store/open.ts";
import { SECRETS, Servers } from "../heal/tests/helpers/servers.ts";
import { storeAt, type TestStore } from "../heal/tests/helpers/databases.ts";
import {
  freePort,
  Service,
  start,
  type Variables,
  WEBHOOK,
} from "../heal/tests/helpers/program.ts";
import { Postgres, whyNoPostgres } from "../heal/tests/fakes/postgres.ts";
import { serialOf } from "../heal/tests/fakes/jamf_computer.ts";

const HOSTS = 100_000;
const FAILING = 8000;
/** Of 90 days, at 20 an hour. */
const REDEPLOYS = 43_200;
const SLOW_CLIENTS = 100;
const CALLS_A_SECOND = 50;
const SECONDS = 30;

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** In MiB, now and at most; 0 where there is no `/proc`. Deno itself reads nothing there. */
async function memoryOf(pid: number): Promise<{ readonly now: number; readonly most: number }> {
  const { stdout } = await new Deno.Command("cat", {
    args: [`/proc/${pid}/status`],
    stderr: "null",
  }).output();
  const status = new TextDecoder().decode(stdout);
  const field = (name: string): number =>
    Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024;
  return { now: field("VmRSS"), most: field("VmHWM") };
}

/** Runs the program, and gives its time, its most memory, and of a sweep the last line. */
async function measure(args: readonly string[], variables: Variables): Promise<string> {
  const begun = performance.now();
  const process = start(args, variables);
  let most = 0;
  const timer = setInterval(async () => {
    most = Math.max(most, (await memoryOf(process.pid)).most);
  }, 50);
  const { stdout, stderr, code } = await process.output();
  clearInterval(timer);
  const seconds = (performance.now() - begun) / 1000;
  const text = new TextDecoder().decode(stdout).trimEnd();
  const last = args[0] === "sweep" ? `, ${text.slice(text.lastIndexOf("\n") + 1)}` : "";
  if (code === 2) throw new Error(new TextDecoder().decode(stderr));
  return `${seconds.toFixed(1)} s, ${most.toFixed(0)} MiB, ${stdout.length} bytes${last}`;
}

/** Sweeps with the usual limits, once more, and without limits. */
async function measureSweeps(at: Servers, { text }: TestStore): Promise<void> {
  const variables = { ...at.variables, HEAL_STORE: text };
  const limit = ["--max-failing", `${HOSTS}`];
  const cases: [name: string, args: readonly string[]][] = [
    ["first sweep, with a share as the limit", []],
    ["first sweep, 20 an hour", limit],
    ["second sweep", limit],
    ["sweep without a limit", [...limit, "--max-per-hour", `${HOSTS}`]],
    ["sweep after it", limit],
  ];
  for (const [name, args] of cases) {
    const before = [at.fleet.requests.length, at.jamf.requests.length];
    const measured = await measure(["sweep", ...args], variables);
    const [fleet, jamf] = [at.fleet.requests.length, at.jamf.requests.length]
      .map((count, index) => count - before[index]!);
    print(`  ${name}: ${measured}; requests to Fleet ${fleet}, to Jamf Pro ${jamf}`);
  }
}

/** The status of a store with a row for each host. */
async function measureStatus({ settings, text }: TestStore): Promise<void> {
  const driver = await openStore(settings);
  const now = Math.floor(Date.now() / 1000);
  await new Macs(driver).record(
    Array.from({ length: HOSTS }, (_, index) => {
      const host = { id: index + 1, serial: serialOf(index + 1) };
      const state = MAC_STATES[index % MAC_STATES.length]!;
      const reason = "not managed by Jamf Pro: enrol this Mac again";
      const mac = newMac(host, ["jamf-pulse: no device signature error"], now);
      return { ...mac, state, rule: "bench", reason };
    }),
  );
  await driver.exclusive((query) =>
    query(
      `INSERT INTO redeploy_requests (serial, computer_id, origin, asked_at, attempts, state, reason)
       WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${REDEPLOYS})
       SELECT 'C' || i, CAST(i AS TEXT), 'sweep', CAST($1 AS BIGINT) - 180 * i, 1, 'queued', '' FROM n`,
      [now],
    )
  );
  await driver.close();
  for (const args of [[], ["--json"], ["--all"], ["--json", "--all"]]) {
    print(
      `  status ${args.join(" ")}: ${await measure(["status", ...args], { HEAL_STORE: text })}`,
    );
  }
}

/** A client that sends the beginning of a body, and no more. */
async function slowClient(port: number): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const head = `POST ${WEBHOOK} HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\n{`;
  await connection.write(new TextEncoder().encode(head));
  return connection;
}

/** Calls the webhook, whether the answers come or not. */
async function measureWebhook(at: Servers): Promise<void> {
  await using service = new Service(freePort(), ["--every", "30s"], at.variables);
  await service.listening;
  const slow = await Promise.all(
    Array.from({ length: SLOW_CLIENTS }, () => slowClient(service.port)),
  );
  const callWebhook = async (): Promise<{ status: number; time: number }> => {
    const begun = performance.now();
    const status = await service.callWebhook(SECRETS.webhook).catch(() => 0);
    return { status, time: performance.now() - begun };
  };
  const sent: ReturnType<typeof callWebhook>[] = [];
  const begun = performance.now();
  const before = (await memoryOf(service.pid)).now;
  for (let i = 0; i < CALLS_A_SECOND * SECONDS; i++) {
    const due = begun + i * 1000 / CALLS_A_SECOND;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
    sent.push(callWebhook());
  }
  const answers = await Promise.all(sent);
  const times = answers.map(({ time }) => time).sort((a, b) => a - b);
  const at99 = times[Math.floor(times.length * 0.99)]!;
  const accepted = answers.filter(({ status }) => status === 202).length;
  const { now, most } = await memoryOf(service.pid);
  print(
    `  ${accepted} of ${answers.length} accepted, median ${
      times[times.length >> 1]!.toFixed(1)
    } ms, 99th percentile ${at99.toFixed(1)} ms, memory ${before.toFixed(0)} -> ${
      now.toFixed(0)
    } MiB, at most ${most.toFixed(0)} MiB`,
  );
  for (const connection of slow) connection.close();
}

/** Adds the hosts, of which one in so many fails. */
function addHosts(at: Servers): void {
  for (let id = 1; id <= HOSTS; id++) {
    const isFailing = id % (HOSTS / FAILING) < 1;
    const response = isFailing ? "fail" : "pass";
    const hardwareSerial = serialOf(id);
    at.fleet.addHost({ id, hardwareSerial, policies: [{ id: 1, response }] });
    if (isFailing) at.jamf.addComputer({ id: `${id}`, serialNumber: hardwareSerial });
  }
}

async function measureAll(name: string, makeStore: () => Promise<TestStore>): Promise<void> {
  print(`${FAILING} of ${HOSTS} hosts fail, on ${name}`);
  {
    await using at = await Servers.start();
    addHosts(at);
    await measureSweeps(at, await makeStore());
  }
  print(`${HOSTS} Macs and ${REDEPLOYS} redeploys in the store, on ${name}`);
  await measureStatus(await makeStore());
}

if (import.meta.main) {
  const dir = await Deno.makeTempDir({ prefix: "jamf-heal-bench-" });
  let count = 0;
  await measureAll("SQLite", () => {
    const path = `${dir}/${++count}.db`;
    return Promise.resolve({ settings: { kind: "sqlite", path }, text: path });
  });
  if (whyNoPostgres !== undefined) print(`Not measured: PostgreSQL. ${whyNoPostgres}`);
  else {
    await using one = await Postgres.start();
    await using two = await Postgres.start();
    const stores = [one, two].map(({ url }) => storeAt(url));
    await measureAll("PostgreSQL", () => Promise.resolve(stores.shift()!));
  }
  print(`${CALLS_A_SECOND} calls of the webhook a second, ${SLOW_CLIENTS} clients that do not end`);
  await using at = await Servers.start();
  await measureWebhook(at);
  await Deno.remove(dir, { recursive: true });
}
