import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Job } from "../../lib/healing/job.ts";
import type { StoreSettings } from "../../lib/config/settings.ts";
import { type Driver, StoreError } from "../../lib/store/driver.ts";
import { Jobs, listJobs } from "../../lib/store/jobs.ts";
import { openStore } from "../../lib/store/open.ts";
import { Redeploys } from "../../lib/store/redeploys.ts";
import { type Case, testOnBoth, type TestStore } from "../helpers/databases.ts";

const HOUR = 3600;
const NOW = 1_800_000_000;
const RATE_LIMITS = { coolDown: 24 * HOUR, maxPerHour: 3 };

/** Two instances on one store. */
class StoreFixture implements AsyncDisposable {
  readonly jobs: Jobs;
  readonly others: Jobs;
  readonly redeploys: Redeploys;

  constructor(
    readonly settings: StoreSettings,
    readonly driver: Driver,
    readonly otherDriver: Driver,
  ) {
    this.jobs = new Jobs(driver, "one");
    this.others = new Jobs(otherDriver, "two");
    this.redeploys = new Redeploys(driver);
  }

  static async on({ settings }: TestStore): Promise<StoreFixture> {
    // Both create the tables at the same time.
    const [one, two] = await Promise.all([openStore(settings), openStore(settings)]);
    return new StoreFixture(settings, one, two);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.driver.close();
    await this.otherDriver.close();
  }

  /** Leases the only job. */
  async lease(now = NOW): Promise<Job> {
    const job = await this.jobs.lease(now, now + 60);
    assert(job !== undefined);
    return job;
  }

  claim(job: Job, now = NOW): ReturnType<Redeploys["claim"]> {
    const computerId = `${job.host_id}`;
    return this.redeploys.claim(
      { computerId, serial: "A", job: { id: job.id, owner: "one", policyName: "Trust" } },
      RATE_LIMITS,
      now,
    );
  }

  async states(): Promise<string[]> {
    return (await listJobs(this.driver, undefined)).map(({ state }) => state);
  }
}

const QUEUED = { state: "queued", reason: "waits", commandUuid: "uuid-1" } as const;

const CASES: readonly Case<StoreFixture>[] = [
  ["deliver() counts a host once while its job is open, and again after its end", async (at) => {
    assertEquals(await at.jobs.deliver(1, [1, 2, 2], NOW), { accepted: 2, repeated: 0 });
    assertEquals(await at.others.deliver(1, [2, 3], NOW + 5), { accepted: 1, repeated: 1 });
    assertEquals(await at.jobs.deliver(2, [2], NOW), { accepted: 1, repeated: 0 });
    assertEquals(await at.jobs.deliver(2, [], NOW), { accepted: 0, repeated: 0 });
    const [, , second] = await listJobs(at.driver, undefined);
    const { host_id, created_at, delivered_at, deliveries } = second!;
    assertEquals([host_id, created_at, delivered_at, deliveries], [2, NOW, NOW + 5, 2]);
    const job = await at.lease();
    await at.jobs.change(job, { state: "skipped", reason: "x" }, {}, NOW);
    assertEquals(await at.jobs.deliver(1, [1], NOW), { accepted: 1, repeated: 0 });
  }],
  ["concurrent deliver() loses no host and repeats none", async (at) => {
    const ids = (from: number): number[] => Array.from({ length: 200 }, (_, i) => from + i);
    const all = await Promise.all(
      Array.from(
        { length: 20 },
        (_, i) => (i % 2 ? at.jobs : at.others).deliver(1, ids(i * 50), NOW),
      ),
    );
    assertEquals(all.reduce((sum, { accepted }) => sum + accepted, 0), 19 * 50 + 200);
    assertEquals((await at.states()).length, 19 * 50 + 200);
  }],
  ["lease() gives each due job to one instance, the longest due first", async (at) => {
    await at.jobs.deliver(1, [5], NOW + 1);
    await at.jobs.deliver(1, [4], NOW);
    await at.jobs.deliver(1, [6], NOW + 99);
    const hostOf = (job: Job | undefined): number | undefined => job?.host_id;
    assertEquals(hostOf(await at.jobs.lease(NOW + 1, NOW + 60)), 4);
    assertEquals(hostOf(await at.others.lease(NOW + 1, NOW + 60)), 5);
    assertEquals(hostOf(await at.jobs.lease(NOW + 1, NOW + 60)), undefined);
  }],
  ["concurrent lease() returns no job twice", async (at) => {
    await at.jobs.deliver(1, Array.from({ length: 60 }, (_, i) => i + 1), NOW);
    const leased = await Promise.all(
      Array.from({ length: 60 }, (_, i) => (i % 2 ? at.jobs : at.others).lease(NOW, NOW + 60)),
    );
    const hosts = leased.filter((job) => job !== undefined).map(({ host_id }) => host_id);
    assertEquals(new Set(hosts).size, hosts.length);
    while (hosts.length <= 60 && await at.jobs.lease(NOW, NOW + 60)) hosts.push(0);
    assertEquals(hosts.length, 60);
  }],
  [
    "after the end of a lease, another instance takes the job, and the first may not change it",
    async (at) => {
      await at.jobs.deliver(1, [1], NOW);
      const job = await at.lease();
      assertEquals(await at.others.lease(NOW + 59, NOW + 120), undefined);
      const taken = await at.others.lease(NOW + 60, NOW + 120);
      assertEquals(taken?.id, job.id);
      assertEquals(await at.jobs.change(job, { state: "healed", reason: "" }, {}, NOW), false);
      assertEquals((await at.claim(job, NOW + 61)).kind, "lease_lost");
      assertEquals(await at.states(), ["waiting"]);
    },
  ],
  ["change() records, ends or postpones a job, and gives it back", async (at) => {
    await at.jobs.deliver(1, [1], NOW);
    const learned = { policy_name: "Jamf trust", serial: "A", computer_id: "9" };
    const later = { state: "waiting", reason: "no answer", due_at: NOW + 60, tries: 1 } as const;
    const job = await at.lease();
    assert(await at.jobs.change(job, { ...later, unanswered_since: NOW }, learned, NOW));
    const again = await at.lease(NOW + 60);
    const { tries, unanswered_since, serial, ended_at } = again;
    assertEquals([tries, unanswered_since, serial, ended_at], [1, NOW, "A", null]);
    assert(await at.jobs.change(again, { state: "healed", reason: "well" }, {}, NOW + 70));
    const [ended] = await listJobs(at.driver, "healed");
    assertEquals([ended?.tries, ended?.ended_at, ended?.computer_id], [0, NOW + 70, "9"]);
    assertEquals(await listJobs(at.driver, "waiting"), []);
  }],
  ["giveBack() gives back the jobs of this instance only", async (at) => {
    await at.jobs.deliver(1, [1, 2], NOW);
    await at.lease();
    await at.others.lease(NOW, NOW + 60);
    await at.jobs.giveBack();
    assertEquals((await at.others.lease(NOW, NOW + 60))?.host_id, 1);
    assertEquals(await at.others.lease(NOW, NOW + 60), undefined);
  }],
  [
    "ignore() ends the waiting jobs of a policy, and postpone() postpones those that are due",
    async (at) => {
      await at.jobs.deliver(1, [1, 2], NOW);
      await at.jobs.deliver(2, [3], NOW + 1);
      const leased = await at.lease();
      await at.jobs.ignore(1, "FileVault", "not configured", NOW);
      assertEquals((await at.states()).toSorted(), ["ignored", "waiting", "waiting"]);
      await at.jobs.postpone(NOW + 1, NOW + 500, "limit");
      assertEquals(await at.others.lease(NOW + 1, NOW + 60), undefined);
      assert(await at.jobs.change(leased, { state: "healed", reason: "" }, {}, NOW));
      assertEquals((await at.others.lease(NOW + 500, NOW + 600))?.reason, "limit");
    },
  ],
  ["claim() allows one redeploy of a computer in the cool-down", async (at) => {
    const claim = (now: number): ReturnType<Redeploys["claim"]> =>
      at.redeploys.claim({ computerId: "1", serial: "A" }, RATE_LIMITS, now);
    const first = await claim(NOW);
    assert(first.kind === "granted");
    await at.redeploys.settle(first.redeploy, QUEUED, undefined, NOW);
    assertEquals((await claim(NOW + 24 * HOUR - 1)).kind, "cooling_down");
    assertEquals((await claim(NOW + 24 * HOUR)).kind, "granted");
  }],
  [
    "claim() allows a number of redeploys an hour, and returns when the next is allowed",
    async (at) => {
      const kinds: string[] = [];
      for (let i = 1; i <= 4; i++) {
        const claim = await at.redeploys.claim(
          { computerId: `${i}`, serial: "A" },
          RATE_LIMITS,
          NOW + i,
        );
        kinds.push(claim.kind);
        if (claim.kind === "hourly_limit") assertEquals(claim.until, NOW + 1 + HOUR);
      }
      assertEquals(kinds, ["granted", "granted", "granted", "hourly_limit"]);
      assertEquals(await at.redeploys.limitedUntil(3, NOW + 4), NOW + 1 + HOUR);
      assertEquals(await at.redeploys.limitedUntil(4, NOW + 4), undefined);
      assertEquals(await at.redeploys.limitedUntil(3, NOW + 1 + HOUR), undefined);
      const forced = await at.redeploys.claim({ computerId: "1", serial: "A" }, undefined, NOW + 5);
      assertEquals(forced.kind, "granted");
    },
  ],
  ["concurrent claim() grants no more than the rate limits allow", async (at) => {
    const other = new Redeploys(at.otherDriver);
    const claims = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        (i % 2 ? at.redeploys : other)
          .claim({ computerId: `${i % 5}`, serial: "A" }, RATE_LIMITS, NOW)),
    );
    assertEquals(claims.filter(({ kind }) => kind === "granted").length, 3);
  }],
  [
    "claim() and settle() do not count what was refused, and dry runs record nothing",
    async (at) => {
      const claimant = { computerId: "1", serial: "A" };
      assertEquals((await at.redeploys.claim(claimant, RATE_LIMITS, NOW, true)).kind, "granted");
      const claim = await at.redeploys.claim(claimant, RATE_LIMITS, NOW);
      assert(claim.kind === "granted");
      await at.redeploys.settle(claim.redeploy, { state: "refused", reason: "no" }, undefined, NOW);
      assertEquals((await at.redeploys.claim(claimant, RATE_LIMITS, NOW)).kind, "granted");
    },
  ],
  ["claim() repeats a redeploy in flight once", async (at) => {
    await at.jobs.deliver(1, [1], NOW);
    const first = await at.claim(await at.lease());
    const again = await at.claim(await at.lease(NOW + 60), NOW + 60);
    assert(first.kind === "granted" && again.kind === "granted");
    assertEquals([again.redeploy.id, again.redeploy.attempts], [first.redeploy.id, 2]);
    const third = await at.claim(await at.lease(NOW + 120), NOW + 120);
    assertEquals(third.kind, "asked_twice");
  }],
  ["postpone() and ignore() skip a job whose request may have been sent", async (at) => {
    await at.jobs.deliver(1, [1], NOW);
    await at.claim(await at.lease());
    await at.jobs.giveBack();
    await at.jobs.postpone(NOW, NOW + 500, "limit");
    await at.jobs.ignore(1, "x", "x", NOW);
    assertEquals((await at.lease()).state, "waiting");
  }],
  ["settle() makes the job redeployed, and its end leaves nothing in flight", async (at) => {
    await at.jobs.deliver(1, [1, 2], NOW);
    const one = await at.claim(await at.lease());
    assert(one.kind === "granted");
    await at.redeploys.settle(one.redeploy, QUEUED, "one", NOW + 120);
    const [, job] = await listJobs(at.driver, undefined);
    const { state, reason, redeployed_at, due_at, command_uuid, attempts } = job!;
    assertEquals([state, reason, command_uuid], ["redeployed", "waits", "uuid-1"]);
    assertEquals([redeployed_at, due_at, attempts], [NOW, NOW + 120, 1]);
    // All that another instance needs to take over after a crash.
    assertEquals([job!.computer_id, job!.serial, job!.policy_name], ["1", "A", "Trust"]);
    const second = await at.lease();
    const two = await at.claim(second);
    assert(two.kind === "granted");
    await at.jobs.change(second, { state: "skipped", reason: "" }, {}, NOW);
    const rows = await at.driver.query("SELECT state FROM redeploys ORDER BY id");
    assertEquals(rows.map(({ state }) => state), ["queued", "unknown"]);
  }],
  [
    "settle() does not change a job of another instance, which then learns the result",
    async (at) => {
      await at.jobs.deliver(1, [1], NOW);
      const claim = await at.claim(await at.lease());
      assert(claim.kind === "granted");
      const taken = await at.others.lease(NOW + 60, NOW + 120);
      await at.redeploys.settle(claim.redeploy, QUEUED, "one", NOW + 120);
      assertEquals(await at.states(), ["waiting"]);
      const job = { id: taken!.id, owner: "two", policyName: "Trust" };
      const again = await at.redeploys.claim(
        { computerId: "1", serial: "A", job },
        RATE_LIMITS,
        NOW + 61,
      );
      assert(again.kind === "asked_before");
      const [job2] = await listJobs(at.driver, undefined);
      assertEquals(job2?.redeployed_at, NOW);
      assertEquals(again.redeploy.command_uuid, "uuid-1");
    },
  ],
  ["forget() deletes jobs that have ended, and keeps the others", async (at) => {
    await at.jobs.deliver(1, [1, 2], NOW);
    await at.jobs.change(await at.lease(), { state: "healed", reason: "" }, {}, NOW);
    await at.jobs.forget(NOW);
    assertEquals((await at.states()).length, 2);
    await at.jobs.forget(NOW + 1);
    assertEquals(await at.states(), ["waiting"]);
  }],
  ["a failed transaction changes nothing, and the next one works", async (at) => {
    await assertRejects(
      () =>
        at.driver.exclusive(async (query) => {
          await query("INSERT INTO store_version (version) VALUES ($1)", [0]);
          throw new RangeError("halfway");
        }),
      RangeError,
    );
    assertEquals((await at.driver.query("SELECT * FROM store_version")).length, 1);
  }],
  ["a store of a newer program is refused", async (at) => {
    await at.driver.query("UPDATE store_version SET version = 2");
    await assertRejects(() => openStore(at.settings), StoreError, "made by a newer jamf-heal");
  }],
];

testOnBoth("the store", (store) => StoreFixture.on(store), CASES);
