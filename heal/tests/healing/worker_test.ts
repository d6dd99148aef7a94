import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { FLEET } from "../fakes/fleet.ts";
import { JAMF } from "../fakes/jamf_pro.ts";
import type { Misbehaviour } from "../fakes/misbehaviour.ts";
import { until } from "../helpers/until.ts";
import { POLICY, WorkerFixture } from "../helpers/worker_fixture.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;

Deno.test("a Mac that fails is redeployed, and healed when it checks in", async () => {
  await using at = await WorkerFixture.start();
  const mac = at.addMac(7);
  await at.deliver(7);
  const [requested] = await at.work();
  const { state, serial, computer_id, policy_name } = requested!;
  const learned = [mac.serialNumber, "7", POLICY];
  assertEquals([state, serial, computer_id, policy_name], ["redeployed", ...learned]);
  assertEquals(requested?.command_uuid, at.jamf.redeploys[0]?.commandUuid);
  assertEquals((await at.work(DAY - HOUR))[0]?.state, "redeployed");
  mac.lastContactTime = new Date(at.system.now());
  const [early] = await at.work(HOUR / 2 + 1);
  assertEquals(early?.state, "redeployed");
  const [late] = await at.work(HOUR);
  assertEquals(late?.state, "healed");
  assertMatch(late!.reason, /^checked in at \d{4}-/);
  assertEquals(at.jamf.redeploys.length, 1);
});

Deno.test("a job ends without a redeploy if that is not possible or not needed", async () => {
  const recently = new Date(Date.now() + 5000);
  const cases: [name: string, set: (at: WorkerFixture) => void, state: string, reason: RegExp][] = [
    ["no such host", () => {}, "skipped", /^Fleet no longer has this host$/],
    [
      "no such policy",
      (at) => at.addMac(7, {}, { policies: [] }),
      "skipped",
      /^Fleet no longer checks this policy on this host$/,
    ],
    [
      "passing again",
      (at) => at.addMac(7, {}, { policies: [{ id: 1, name: POLICY, response: "pass" }] }),
      "skipped",
      /^the policy no longer fails$/,
    ],
    [
      "another policy",
      (at) => at.addMac(7, {}, { policies: [{ id: 1, name: "FileVault", response: "fail" }] }),
      "ignored",
      /^the policy is not in HEAL_POLICIES$/,
    ],
    [
      "no Mac",
      (at) => at.addMac(7, {}, { platform: "windows" }),
      "skipped",
      /its platform in Fleet is "windows"$/,
    ],
    [
      "unknown to Jamf Pro",
      (at) => at.fleet.addHost({ id: 7, hardwareSerial: "C0NONE" }),
      "needs_person",
      /^Jamf Pro has no computer with serial number C0NONE$/,
    ],
    [
      "twice in Jamf Pro",
      (at) => {
        at.addMac(7, { serialNumber: "TWICE" });
        at.jamf.addComputer({ id: "8", serialNumber: "TWICE" });
      },
      "needs_person",
      /more than one computer with serial number TWICE: ids 7 and 8$/,
    ],
    [
      "a serial number that is none",
      (at) => at.fleet.addHost({ id: 7, hardwareSerial: 'A" or "B' }),
      "needs_person",
      /is not a serial number$/,
    ],
    ["unmanaged", (at) => at.addMac(7, { managed: false }), "needs_person", /^not managed/],
    ["no MDM", (at) => at.addMac(7, { mdmCapable: false }), "needs_person", /by MDM/],
    [
      "checked in since",
      (at) => at.addMac(7, { lastContactTime: recently }),
      "skipped",
      /^checked in at .*: it reaches its server$/,
    ],
  ];
  for (const [name, set, state, reason] of cases) {
    await using at = await WorkerFixture.start();
    set(at);
    await at.deliver(7);
    const [job] = await at.work();
    assertEquals(job?.state, state as "skipped", name);
    assertMatch(job!.reason, reason, name);
    assertEquals(at.jamf.seen(JAMF.redeploy).length, 0, name);
  }
});

Deno.test("the name of the policy is read from Fleet, and one request ends all its jobs", async () => {
  await using at = await WorkerFixture.start();
  at.policies = ["Something else"];
  for (let id = 1; id <= 50; id++) at.addMac(id);
  await at.deliver(...Array.from({ length: 50 }, (_, i) => i + 1));
  const jobs = await at.work();
  assertEquals(jobs.every(({ state }) => state === "ignored"), true);
  assertEquals(at.fleet.requests.length <= 4, true, `${at.fleet.requests.length} requests`);
});

/** A Mac whose job is healed, and that has just begun to fail again. */
async function failingAgain(at: WorkerFixture): Promise<void> {
  const mac = at.addMac(7);
  at.jamf.computers.set("7", mac);
  await at.deliver(7);
  await at.work();
  mac.lastContactTime = new Date(at.system.now() + 1000);
  await at.work(HOUR);
  await at.deliver(7);
}

Deno.test("a job waits for the end of the cool-down: Fleet delivers a Mac only once", async () => {
  await using at = await WorkerFixture.start();
  await failingAgain(at);
  const [, second] = await at.work();
  assertEquals(second?.state, "waiting");
  assertMatch(second!.reason, /^redeployed at .*: the cool-down lasts until /);
  const jobs = await at.work(DAY);
  assertEquals(jobs.map(({ state }) => state), ["healed", "redeployed"]);
  assertEquals(at.jamf.redeploys.length, 2);
});

Deno.test("after the cool-down, a job looks in Fleet again before it redeploys", async () => {
  await using at = await WorkerFixture.start();
  await failingAgain(at);
  await at.work();
  at.fleet.hosts.get(7)!.policies[0]!.response = "pass";
  const [, second] = await at.work(DAY);
  assertEquals([second?.state, second?.reason], ["skipped", "the policy no longer fails"]);
  assertEquals(at.jamf.redeploys.length, 1);
});

Deno.test("at the hourly limit, the other jobs wait without requests to the servers", async () => {
  await using at = await WorkerFixture.start();
  at.rateLimits = { ...at.rateLimits, maxPerHour: 5 };
  const ids = Array.from({ length: 60 }, (_, i) => i + 1);
  for (const id of ids) at.addMac(id);
  await at.deliver(...ids);
  const jobs = await at.work();
  assertEquals(at.jamf.redeploys.length, 5);
  const waiting = jobs.filter(({ state }) => state === "waiting");
  assertEquals(waiting.length, 55);
  assertMatch(waiting[0]!.reason, /^the limit of 5 redeploys an hour is reached: the next can be /);
  assertEquals(at.fleet.requests.length <= 5 + 4, true, `${at.fleet.requests.length} requests`);
  await at.work(HOUR + 1);
  assertEquals(at.jamf.redeploys.length, 10);
  assertEquals(new Set(at.jamf.redeploys.map(({ computerId }) => computerId)).size, 10);
});

Deno.test("a dry run looks everything up, and changes nothing", async () => {
  await using at = await WorkerFixture.start();
  at.dryRun = true;
  at.addMac(7);
  at.addMac(8, { managed: false });
  await at.deliver(7, 8);
  const jobs = await at.work();
  assertEquals(jobs.map(({ state, reason }) => `${state}: ${reason}`), [
    "waiting: dry run: it would be redeployed",
    "needs_person: not managed by Jamf Pro: enrol this Mac again",
  ]);
  assertEquals(at.jamf.seen(JAMF.redeploy).length, 0);
  assertEquals(await at.driver.query("SELECT * FROM redeploys"), []);
  // Fleet does not deliver it again.
  at.dryRun = false;
  assertEquals((await at.work(HOUR))[0]?.state, "redeployed");
});

Deno.test("a Mac that fails again while its job waits has not recovered by itself", async () => {
  await using at = await WorkerFixture.start();
  at.rateLimits = { ...at.rateLimits, maxPerHour: 1 };
  at.addMac(1);
  const mac = at.addMac(7);
  await at.deliver(1, 7);
  await at.work();
  at.system.ahead += 600_000;
  mac.lastContactTime = new Date(at.system.now());
  at.system.ahead += 600_000;
  await at.deliver(7);
  const [, job] = await at.work(HOUR);
  assertEquals([job?.state, job?.deliveries], ["redeployed", 2]);
});

Deno.test("a Mac that fails again after its redeploy is not healed by an earlier check-in", async () => {
  await using at = await WorkerFixture.start();
  const mac = at.addMac(7);
  await at.deliver(7);
  await at.work();
  at.system.ahead += 60_000;
  mac.lastContactTime = new Date(at.system.now());
  at.system.ahead += 60_000;
  await at.deliver(7);
  assertEquals((await at.work(HOUR))[0]?.state, "redeployed");
  mac.lastContactTime = new Date(at.system.now());
  assertEquals((await at.work(HOUR))[0]?.state, "healed");
});

Deno.test("waiting for the hourly limit does not count as a server that does not answer", async () => {
  await using at = await WorkerFixture.start();
  at.rateLimits = { ...at.rateLimits, maxPerHour: 1 };
  at.addMac(7);
  at.jamf.misbehave(JAMF.search, { status: 500 });
  await at.deliver(7);
  assertEquals((await at.work())[0]?.tries, 1);
  for (let hours = 0; hours < 26; hours++) {
    const other = { computerId: `9${hours}`, serial: "B" };
    await at.redeploys.claim(other, undefined, Math.floor(at.now()));
    await at.work(HOUR - 1);
  }
  at.jamf.misbehave(JAMF.search, { status: 500 });
  const [job] = await at.work(HOUR + 1);
  assertEquals([job?.state, job?.tries], ["waiting", 1]);
});

Deno.test("a stop does not abort a request", async () => {
  await using at = await WorkerFixture.start();
  for (let id = 1; id <= 20; id++) at.addMac(id);
  at.jamf.misbehave(JAMF.redeploy, { slow: 300 }, Infinity);
  await at.deliver(...Array.from({ length: 20 }, (_, i) => i + 1));
  const jobs = await at.work(0, AbortSignal.timeout(100));
  const done = at.jamf.redeploys.length;
  assertEquals(done < 20, true);
  assertEquals(jobs.filter(({ state }) => state === "redeployed").length, done);
  await at.work(HOUR);
  assertEquals(at.jamf.redeploys.length, 20);
});

Deno.test("a 404 of a proxy does not mean that Jamf Pro has no such computer", async () => {
  await using at = await WorkerFixture.start();
  at.addMac(7);
  await at.deliver(7);
  await at.work();
  at.jamf.misbehave(JAMF.computer, { status: 404, body: "<html>not here</html>" });
  const [job] = await at.work(HOUR);
  assertEquals([job?.state, job?.reason], ["redeployed", "Jamf Pro answered 404"]);
});

Deno.test("while a server does not answer, a job waits longer each time, and needs a person after a day", async () => {
  const cases: [match: RegExp, server: "jamf" | "fleet", how: Misbehaviour][] = [
    [FLEET.host, "fleet", { status: 500 }],
    [FLEET.host, "fleet", { malformed: true }],
    [FLEET.host, "fleet", { reset: true }],
    [JAMF.search, "jamf", { status: 503 }],
    [JAMF.search, "jamf", { half: true }],
    [JAMF.token, "jamf", { status: 500 }],
    [JAMF.redeploy, "jamf", { status: 403 }],
    [JAMF.redeploy, "jamf", { status: 429, body: { httpStatus: 429 } }],
  ];
  for (const [match, server, how] of cases) {
    await using at = await WorkerFixture.start();
    at.addMac(7);
    at[server].misbehave(match, how, Infinity);
    await at.deliver(7);
    const [job] = await at.work();
    const name = `${match} ${JSON.stringify(how)}`;
    assertEquals([job?.state, job?.tries], ["waiting", 1], name);
    await at.work(61);
    const again = (await at.records())[0]!;
    assertEquals(again.tries, 2, name);
    assertEquals(again.due_at - Math.floor(at.now()) >= 119, true, name);
    await at.work(DAY);
    const ended = (await at.records())[0]!;
    assertEquals(ended.state, "needs_person", name);
    assertStringIncludes(ended.reason, "no answer for a day: ", name);
    assertEquals(at.jamf.redeploys.length, 0, name);
  }
});

Deno.test("a request whose answer is not known is repeated once, recorded, and then followed", async () => {
  for (const after of [true, undefined] as const) {
    await using at = await WorkerFixture.start();
    at.addMac(7);
    at.jamf.misbehave(JAMF.redeploy, { reset: true, ...(after && { after }) }, Infinity);
    await at.deliver(7);
    assertEquals((await at.work())[0]?.state, "waiting");
    const [second] = await at.work(61);
    assertEquals([second?.state, second?.attempts], ["redeployed", 2]);
    await at.work(HOUR);
    assertEquals(at.jamf.seen(JAMF.redeploy).length, 2);
    assertEquals(at.jamf.redeploys.length, after ? 2 : 0);
    await at.work(DAY);
    const [ended] = await at.records();
    assertEquals(ended?.state, "needs_person");
    assertEquals(ended?.reason, "no check-in within a day after the redeploy");
  }
});

Deno.test("after a refused repeat, the first request still counts", async () => {
  for (const status of [503, 404]) {
    await using at = await WorkerFixture.start();
    at.addMac(7);
    at.jamf.misbehave(JAMF.redeploy, { reset: true, after: true });
    at.jamf.misbehave(JAMF.redeploy, { status }, Infinity);
    await at.deliver(7);
    await at.work();
    const [job] = await at.work(61);
    assertEquals([job?.state, job?.attempts], ["redeployed", 2]);
    await at.work(HOUR);
    assertEquals(at.jamf.redeploys.length, 1);
    const [row] = await at.driver.query("SELECT state FROM redeploys");
    assertEquals(row?.["state"], "unknown");
  }
});

Deno.test("a request whose answer is not known is not repeated for a Mac that has checked in", async () => {
  await using at = await WorkerFixture.start();
  const mac = at.addMac(7);
  at.jamf.misbehave(JAMF.redeploy, { reset: true, after: true });
  await at.deliver(7);
  await at.work();
  mac.lastContactTime = new Date(at.system.now() + 5000);
  const [job] = await at.work(61);
  assertEquals([job?.state, at.jamf.redeploys.length], ["skipped", 1]);
  const [row] = await at.driver.query("SELECT state FROM redeploys");
  assertEquals(row?.["state"], "unknown");
});

Deno.test("a computer that is deleted before the request needs a person, and does not count for the rate limits", async () => {
  await using at = await WorkerFixture.start();
  at.addMac(7);
  at.jamf.misbehave(JAMF.redeploy, {
    status: 404,
    body: { httpStatus: 404, errors: [{ description: "Computer with given id does not exist" }] },
  });
  await at.deliver(7);
  const [job] = await at.work();
  assertEquals(job?.state, "needs_person");
  assertEquals(job?.reason, "Jamf Pro answered 404: Computer with given id does not exist");
  assertEquals(await at.driver.query("SELECT * FROM redeploys WHERE state <> 'refused'"), []);
});

Deno.test("two policies of one Mac redeploy it once", async () => {
  await using at = await WorkerFixture.start();
  at.policies = [POLICY, "Jamf trust"];
  const policies = [
    { id: 1, name: POLICY, response: "fail" as const },
    { id: 2, name: "Jamf trust", response: "fail" as const },
  ];
  at.addMac(7, {}, { policies });
  await at.deliver(7);
  await at.jobs.deliver(2, [7], Math.floor(at.now()));
  const jobs = await at.work();
  assertEquals(jobs.map(({ state }) => state).sort(), ["redeployed", "waiting"]);
  assertEquals(at.jamf.redeploys.length, 1);
});

Deno.test("a job that takes too long ends before another instance may take it", async () => {
  await using at = await WorkerFixture.start();
  at.lease = 1;
  at.addMac(7);
  at.fleet.misbehave(FLEET.host, { hang: true });
  await at.deliver(7);
  const [job] = await at.work();
  assertEquals([job?.state, job?.tries], ["waiting", 1]);
  // The server answers again.
  const [later] = await at.work(61);
  assertEquals([later?.state, later?.tries], ["redeployed", 0]);
});

Deno.test("run() works until it is stopped, and gives back the jobs that it could not finish", async () => {
  await using at = await WorkerFixture.start();
  at.addMac(7);
  at.fleet.misbehave(FLEET.host, { hang: true }, Infinity);
  await at.deliver(7);
  const stop = new AbortController();
  const abort = new AbortController();
  const worker = at.worker();
  const running = worker.run(stop.signal, abort.signal);
  await until(() => at.fleet.requests.length > 0);
  stop.abort();
  abort.abort();
  await running;
  const [row] = await at.driver.query("SELECT lease_owner, state FROM jobs");
  assertEquals({ ...row }, { lease_owner: null, state: "waiting" });
});

Deno.test("a worker deletes jobs and redeploys after 90 days, also while it runs on", async () => {
  await using at = await WorkerFixture.start();
  const mac = at.addMac(7);
  await at.deliver(7);
  const worker = at.worker();
  const rowsAfter = async (days: number): Promise<number[]> => {
    at.system.ahead += days * DAY * 1000;
    const never = new AbortController().signal;
    await worker.drain(never, never);
    const redeploys = await at.driver.query("SELECT id FROM redeploys");
    return [(await at.records()).length, redeploys.length];
  };
  assertEquals(await rowsAfter(0), [1, 1]);
  mac.lastContactTime = new Date(at.system.now() + 1000);
  assertEquals(await rowsAfter(1), [1, 1]);
  assertEquals((await at.records())[0]?.state, "healed");
  assertEquals(await rowsAfter(88), [1, 1]);
  assertEquals(await rowsAfter(3), [0, 0]);
});
