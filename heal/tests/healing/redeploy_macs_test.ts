import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { StoreError } from "../../lib/store/driver.ts";
import { serialOf } from "../fakes/jamf_computer.ts";
import { JAMF, JAMF_PRIVILEGES, VIEW_COMMANDS } from "../fakes/jamf_pro.ts";
import type { Misbehaviour } from "../fakes/misbehaviour.ts";
import { InProcess } from "../helpers/in_process.ts";

/** Each with the number of its Mac. */
function outcomes(reports: readonly { serial: string; outcome: string }[]): string[] {
  return reports.map(({ serial, outcome }) => `${serial.replace(/^C0*/, "")} ${outcome}`);
}

Deno.test("redeployMacs() finds each Mac by its serial number", async () => {
  await using at = await InProcess.start();
  at.addMac(1, { serialNumber: "A" });
  at.addMac(2);
  const reports = await at.redeploy(["A", serialOf(2)]);
  assertEquals(outcomes(reports), ["A redeployed", "2 redeployed"]);
  assertEquals(
    reports.map(({ command_uuid }) => command_uuid),
    at.jamf.redeploys.map(({ commandUuid }) => commandUuid),
  );
  assertMatch(
    at.messages[0]!,
    /^A: "Mac 1", computer 1, last check/,
  );
  assertEquals(at.messages[1], "1/2 A redeployed");
});

Deno.test("redeployMacs() goes on after a failure", async () => {
  await using at = await InProcess.start();
  at.addMac(1, { managed: false });
  at.addMac(2);
  at.addMac(3, { lastContactTime: new Date() });
  at.addMac(4);
  at.jamf.misbehave(new RegExp(serialOf(4)), { status: 500 }, Infinity);
  const reports = await at.redeploy(["NONE", ...[1, 3, 4, 9, 2].map(serialOf)]);
  assertEquals(outcomes(reports), [
    "NONE needs_person",
    "1 needs_person",
    "3 skipped",
    "4 failed",
    "9 needs_person",
    "2 redeployed",
  ]);
  assertEquals(reports[3]?.reason, "Jamf Pro answered 500");
});

Deno.test("redeployMacs() shares the rate limits with sweeps", async () => {
  await using at = await InProcess.start();
  at.limits = { ...at.limits, maxPerHour: 2 };
  at.addMac(1);
  await at.sweep();
  at.addMac(2);
  at.addMac(3);
  const reports = await at.redeploy([1, 2, 3].map(serialOf));
  assertEquals(outcomes(reports), [
    "1 skipped",
    "2 redeployed",
    "3 skipped",
  ]);
  assertStringIncludes(reports[0]!.reason, "the cool-down lasts until");
  assertStringIncludes(reports[2]!.reason, "the limit of 2 redeploys an hour is reached");
});

Deno.test("force ignores the rate limits and a recent check-in, but not that MDM cannot reach a Mac", async () => {
  await using at = await InProcess.start();
  at.limits = { ...at.limits, maxPerHour: 1 };
  at.addMac(1, { lastContactTime: new Date() });
  at.addMac(2, { managed: false });
  at.addMac(3, { mdmCapable: false });
  const list = [1, 2, 3].map(serialOf);
  await at.redeploy([serialOf(1)], { force: true });
  assertEquals(outcomes(await at.redeploy(list, { force: true })), [
    "1 redeployed",
    "2 needs_person",
    "3 needs_person",
  ]);
  assertEquals(at.jamf.redeploys.length, 2);
});

Deno.test("the reason has the answer of Jamf Pro", async () => {
  const cases: [how: Misbehaviour, outcome: string, reason: RegExp][] = [
    [{ status: 403 }, "failed", /needs the privileges/],
    [
      { status: 422, body: { httpStatus: 422, errors: [] } },
      "needs_person",
      /^Jamf Pro answered 422$/,
    ],
    // Not from Jamf Pro, but from a proxy before it.
    [{ status: 404, body: "<html>" }, "failed", /^Jamf Pro answered 404$/],
    [{ status: 503, body: "<html>" }, "unknown", /^Jamf Pro answered 503$/],
    [{ status: 503, body: { httpStatus: 503, errors: [] } }, "failed", /^Jamf Pro answered 503$/],
    [{ reset: true, after: true }, "unknown", /^Cannot get an answer from /],
  ];
  for (const [how, outcome, reason] of cases) {
    await using at = await InProcess.start();
    at.addMac(1);
    at.jamf.misbehave(JAMF.redeploy, how, Infinity);
    const [report] = await at.redeploy([serialOf(1)]);
    assertEquals(report?.outcome, outcome as "failed", JSON.stringify(how));
    assertMatch(report!.reason, reason);
  }
});

Deno.test("a request without an answer counts for the cool-down", async () => {
  await using at = await InProcess.start();
  at.addMac(1);
  at.jamf.misbehave(JAMF.redeploy, { reset: true, after: true });
  await at.redeploy([serialOf(1)]);
  assertEquals(outcomes(await at.redeploy([serialOf(1)])), ["1 skipped"]);
  assertEquals(at.jamf.redeploys.length, 1);
});

Deno.test("nothing is redeployed while the clock differs from Jamf Pro's", async () => {
  await using at = await InProcess.start();
  at.addMac(1);
  const now = at.system.now;
  at.system.now = () => now() + 3 * 3_600_000;
  const [report] = await at.redeploy([serialOf(1)]);
  assertEquals(report?.outcome, "failed");
  assertMatch(
    report!.reason,
    /^The clocks of this machine and of "127[^"]+" differ by 180 minutes/,
  );
  assertEquals(at.jamf.redeploys, []);
});

Deno.test("wait follows the Macs until they check in, or the time is over", async () => {
  await using at = await InProcess.start();
  at.addMac(1);
  at.addMac(2);
  at.addMac(3, { managed: false });
  at.jamf.computers.get("1")!.lastContactTime = new Date(Date.now() - 86_400_000);
  const list = [1, 2, 3].map(serialOf);
  const waits = at.system.waits.length;
  at.system.sleep = (time) => {
    at.system.waits.push(time);
    if (at.system.waits.length === waits + 3) {
      at.jamf.computers.get("1")!.lastContactTime = new Date(at.system.now());
    }
    return Promise.resolve();
  };
  const reports = await at.redeploy(list, { wait: 600 });
  assertEquals(outcomes(reports), [
    "1 healed",
    "2 silent",
    "3 needs_person",
  ]);
  assertEquals(reports[1]?.reason, "no check-in within 600 seconds");
  const slept = at.system.waits.slice(waits).reduce((sum, time) => sum + time, 0);
  assertEquals(slept > 550_000 && slept < 650_000, true, `${slept} ms`);
});

Deno.test("a redeploy that could not be recorded is reported with its command", async () => {
  await using at = await InProcess.start();
  at.addMac(1);
  at.redeploys.settle = () => Promise.reject(new StoreError("The disk is full"));
  const [report] = await at.redeploy([serialOf(1)]);
  assertEquals(report?.command_uuid, at.jamf.redeploys[0]?.commandUuid);
  assertEquals(report?.outcome, "redeployed");
  assertEquals(report?.reason, "but it could not be recorded: The disk is full");
});

Deno.test("after a stop, the rest is not tried, and what was done is reported", async () => {
  await using at = await InProcess.start();
  for (const id of [1, 2, 3]) at.addMac(id);
  at.messages.push = (line) => {
    if (/^1\/3/.test(line)) at.stop.abort();
    return 0;
  };
  const reports = await at.redeploy([1, 2, 3].map(serialOf), { wait: 600 });
  assertEquals(outcomes(reports), [
    "1 redeployed",
    "2 skipped",
    "3 skipped",
  ]);
  assertEquals(reports[0]?.reason, "the command was stopped before it checked in");
  assertEquals(reports[2]?.reason, "the command was stopped");
  assertEquals(at.jamf.redeploys.length, 1);
});

Deno.test("many Macs are followed over few connections", async () => {
  await using at = await InProcess.start();
  at.limits = { ...at.limits, maxPerHour: 100 };
  const ids = Array.from({ length: 40 }, (_, i) => i + 1);
  for (const id of ids) at.addMac(id);
  const reports = await at.redeploy(ids.map(serialOf), { wait: 5 });
  assertEquals(reports.every(({ outcome }) => outcome === "silent"), true);
  const connections = Math.max(...at.jamf.requests.map(({ connection }) => connection));
  assertEquals(connections <= 5, true, `${connections} connections`);
});

Deno.test("a Mac with a redeploy or an old command that waits gets no second one, but by force", async () => {
  await using at = await InProcess.start();
  at.jamf.options.privileges = [...JAMF_PRIVILEGES, VIEW_COMMANDS];
  at.limits = { ...at.limits, coolDown: 60 };
  const [one, two] = [at.addMac(1), at.addMac(2)];
  const redeploy = async (force = false): Promise<string[]> => {
    const reports = await at.redeploy([serialOf(1), serialOf(2)], { force });
    return reports.map(({ outcome, reason }) => `${outcome} ${reason.replace(/20\S+Z/, "T")}`);
  };
  const { managementId } = two;
  const sentAt = new Date(Date.now() - 86_400_000);
  at.jamf.commands.push({ uuid: "u", managementId, sentAt, state: "PENDING" });
  const waits = "waits in Jamf Pro: the Mac is offline, or MDM does not reach it: enrol it again";
  assertEquals(await redeploy(), ["redeployed ", `skipped a command of T ${waits}`]);
  at.system.ahead += 120_000;
  const skipped = [`skipped the redeploy of T ${waits}`, `skipped a command of T ${waits}`];
  assertEquals(await redeploy(), skipped);
  assertEquals(await redeploy(true), ["redeployed ", "redeployed "]);
  assertEquals(one.managementId === managementId, false);
});
