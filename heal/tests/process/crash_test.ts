// kill -9 at random moments: nothing is lost, and nothing is redeployed twice but what was in flight.
import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { skip } from "../../../tests/helpers/skip.ts";
import { type JobRecord, listJobs } from "../../lib/store/jobs.ts";
import { openStore } from "../../lib/store/open.ts";
import { RedeployFixture, SECRETS, variablesFor } from "../helpers/redeploy_fixture.ts";
import { storeAt, type TestStore } from "../helpers/databases.ts";
import { freePort, Service } from "../helpers/program.ts";
import { Postgres, whyNoPostgres } from "../fakes/postgres.ts";
import { startProcess } from "../fakes/serve.ts";
import { webhookBody } from "../fakes/webhook_body.ts";

const HOSTS = 1000;
/** Jobs that one instance works on at once, and so may have in flight when it dies. */
const WORKER_SLOTS = 4;
const ARGS = ["--lease", "2s", "--max-per-hour", "100000"];

function randomTo(most: number): number {
  return 1 + Math.floor(Math.random() * most);
}

function pause(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, time));
}

/** Webhooks of 1 to 200 hosts, every third of which comes again. */
function batches(): number[][] {
  const all: number[][] = [];
  for (let first = 1; first <= HOSTS;) {
    const length = Math.min(randomTo(200), HOSTS - first + 1);
    const hosts = Array.from({ length }, (_, i) => first + i);
    all.push(hosts);
    if (randomTo(3) === 1) all.push(hosts.slice(0, randomTo(length)));
    first += length;
  }
  return all;
}

/** As Fleet does: again, until it was taken. */
async function deliverAll(urlNow: () => string): Promise<void> {
  for (const hostIds of batches()) {
    const body = JSON.stringify(webhookBody({ hostIds }));
    let status = 0;
    while (status !== 202) {
      const response = await fetch(urlNow(), { method: "POST", body }).catch(() => undefined);
      await response?.body?.cancel().catch(() => {});
      status = response?.status ?? 0;
      if (status !== 202) await pause(50);
    }
  }
}

/** Kills and starts again until all is delivered, then lets it come to its end. */
async function storm(store: TestStore, instances: number, kills: number): Promise<void> {
  await using jamf = await startProcess({ which: "jamf", count: HOSTS });
  await using fleet = await startProcess({ which: "fleet", count: HOSTS });
  // So that many a kill comes between the deed and its record.
  await jamf.misbehave(/^POST .*\/redeploy\//, { slow: 20 }, Infinity);
  const variables = variablesFor(jamf.url, fleet.url, store.text);
  const services = Array.from(
    { length: instances },
    () => new Service(freePort(), ARGS, variables),
  );
  const urlNow = (): string => services[randomTo(instances) - 1]!.url(SECRETS.webhook);
  try {
    await Promise.all(services.map(({ listening }) => listening));
    const delivered = deliverAll(urlNow);
    for (let i = 0; i < kills; i++) {
      await pause(randomTo(700));
      const index = randomTo(instances) - 1;
      const { port } = services[index]!;
      await services[index]!.end("SIGKILL");
      services[index] = new Service(port, ARGS, variables);
      await services[index]!.listening;
    }
    await delivered;
    const jobs = await settled(store);
    const { redeploys } = await jamf.record();
    judge(jobs, redeploys!.map(({ computerId }) => computerId), kills);
    for (const { stderr } of services) assertEquals(/"event":"fault"/.test(stderr), false, stderr);
  } finally {
    for (const service of services) await service.end("SIGKILL");
  }
}

/** All jobs, once none waits any more. */
async function settled({ settings }: TestStore): Promise<JobRecord[]> {
  const driver = await openStore(settings);
  try {
    for (;;) {
      const jobs = await listJobs(driver, undefined);
      if (jobs.every(({ state }) => state !== "waiting")) return jobs;
      await pause(200);
    }
  } finally {
    await driver.close();
  }
}

function judge(jobs: readonly JobRecord[], redeployed: readonly string[], kills: number): void {
  assertEquals(new Set(jobs.map(({ host_id }) => host_id)).size, HOSTS);
  assertEquals(jobs.length, HOSTS);
  assertEquals(jobs.filter(({ state }) => state !== "redeployed"), []);
  const counts = Map.groupBy(redeployed, (id) => id);
  const attempts = new Map(jobs.map((job) => [job.computer_id, job.attempts]));
  // Killed twice between the record and the request: nobody asks a third time, and it is left to a person after a day.
  const missing = jobs.filter(({ computer_id }) => !counts.has(computer_id!));
  assertEquals(missing.filter((job) => job.attempts !== 2 || job.command_uuid !== null), []);
  assertLessOrEqual(missing.length, kills * WORKER_SLOTS);
  for (const [id, { length }] of counts) {
    assertLessOrEqual(length, 2, `computer ${id}`);
    // A repeat is on record; an attempt that never arrived may be, too.
    if (length === 2) assertEquals(attempts.get(id), 2, `computer ${id}`);
  }
  const twice = redeployed.length - counts.size;
  assertLessOrEqual(twice, kills * WORKER_SLOTS);
  const marked = jobs.filter(({ attempts }) => attempts === 2).length;
  assert(marked >= twice);
  // deno-lint-ignore no-console
  console.error(
    `    ${kills} kills: ${twice} of ${HOSTS} redeployed twice, ${marked} marked so, ${missing.length} never`,
  );
}

Deno.test("kill -9 at random moments loses no host, and repeats only what was in flight, on SQLite", async () => {
  await using at = await RedeployFixture.start();
  await storm({ settings: { kind: "sqlite", path: at.store }, text: at.store }, 1, 8);
});

Deno.test({
  name: "kill -9 of either of two instances on one PostgreSQL loses no host, and repeats only that",
  ignore: skip("crashes with PostgreSQL", whyNoPostgres),
  fn: async () => {
    await using postgres = await Postgres.start();
    await storm(storeAt(postgres.url), 2, 8);
  },
});
