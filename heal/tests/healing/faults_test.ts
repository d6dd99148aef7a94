// Sweeps over HTTP, with servers that misbehave.
import { assertEquals, assertLessOrEqual, assertMatch } from "@std/assert";
import fc from "fast-check";
import { ServerError } from "../../lib/http/client.ts";
import { Macs } from "../../lib/store/macs.ts";
import { serialOf } from "../fakes/jamf_computer.ts";
import { JAMF } from "../fakes/jamf_pro.ts";
import type { Misbehaviour } from "../fakes/misbehaviour.ts";
import { bySize } from "../../../tests/helpers/test_size.ts";
import { InProcess } from "../helpers/in_process.ts";

const HOUR = 3600;
const MISBEHAVIOURS: readonly Misbehaviour[] = [
  { status: 500 },
  { status: 502, body: "<html>" },
  { status: 503, headers: { "retry-after": "1" } },
  { status: 429, headers: { "retry-after": "-5" } },
  { status: 404, body: { message: "no Route matched with those values" } },
  { status: 403 },
  { status: 200, body: {} },
  { reset: true },
  { reset: true, after: true },
  { half: true },
  { wrongTypes: true },
  { malformed: true },
];

Deno.test("a sweep over HTTP redeploys, and the Macs are healed", async () => {
  await using at = await InProcess.start();
  const macs = [1, 2, 3].map((id) => at.addMac(id));
  await at.sweep();
  assertEquals(at.jamf.redeploys.map(({ computerId }) => computerId), ["1", "2", "3"]);
  at.system.ahead += 2 * HOUR * 1000;
  for (const [index] of macs.entries()) at.fleet.respond(index + 1, "pass");
  const { macs: healed } = await at.sweep();
  assertEquals(healed.map(({ state }) => state), ["healed", "healed", "healed"]);
});

Deno.test("whatever servers answer, no Mac is lost, and none is redeployed twice", async () => {
  const faults = fc.array(
    fc.tuple(fc.constantFrom("fleet", "jamf"), fc.constantFrom(...MISBEHAVIOURS), fc.nat(12)),
    { minLength: 1, maxLength: 4 },
  );
  await fc.assert(
    fc.asyncProperty(faults, async (faults) => {
      await using at = await InProcess.start();
      for (const id of [1, 2, 3, 4]) at.addMac(id);
      for (const [server, how, requests] of faults) {
        if (requests > 0) at[server as "fleet" | "jamf"].misbehave(/./, PASS, requests);
        at[server as "fleet" | "jamf"].misbehave(/./, how);
      }
      for (let quarter = 0; quarter < 30; quarter++) {
        try {
          await at.sweep();
        } catch (error) {
          if (!(error instanceof ServerError)) throw error;
        }
        at.system.ahead += 900_000;
        // It is online, and has not answered the policy yet.
        for (const host of at.fleet.hosts.values()) {
          host.seenAt = Math.floor(at.system.now() / 1000);
        }
      }
      const counts = Map.groupBy(at.jamf.redeploys, ({ computerId }) => computerId);
      for (const [id, { length }] of counts) assertEquals(length, 1, id);
      const asked = await at.redeploys.list(99);
      const unknown = asked.filter(({ state }) => state === "unknown");
      assertLessOrEqual(4, counts.size + unknown.length);
      assertEquals(new Set(asked.map(({ computerId }) => computerId)).size, 4);
      const macs = await new Macs(at.driver).open();
      assertEquals(macs.map(({ rule }) => rule), macs.map(() => "redeployed"));
    }),
    { numRuns: bySize(20, 200) },
  );
});

/** Does nothing wrong. */
const PASS: Misbehaviour = { slow: 0 };

Deno.test("a rotated secret is tried once by a sweep, and once for a list of Macs", async () => {
  await using at = await InProcess.start();
  for (let id = 1; id <= 20; id++) at.addMac(id);
  at.jamf.misbehave(JAMF.token, { status: 401, body: { error: "invalid_client" } }, Infinity);
  for (const requests of [1, 2]) {
    const { problems } = await at.sweep();
    assertMatch(problems.join(), /^Jamf Pro refused the login: .* invalid_client/);
    assertEquals(at.jamf.seen(JAMF.token).length, requests);
  }
  const reports = await at.redeploy([1, 2, 3].map(serialOf));
  assertEquals(reports.map(({ outcome }) => outcome), ["failed", "failed", "failed"]);
  assertEquals(at.jamf.seen(JAMF.token).length, 3);
});

Deno.test("a 503 of a proxy after Jamf Pro has acted is one request, which counts for every limit", async () => {
  await using at = await InProcess.start();
  at.limits = { ...at.limits, maxPerHour: 1 };
  for (const id of [1, 2]) at.addMac(id);
  at.jamf.misbehave(JAMF.redeploy, { status: 503, body: "<html>", after: true }, Infinity);
  for (let sweep = 0; sweep < 3; sweep++) await at.sweep();
  assertEquals([at.jamf.redeploys.length, at.jamf.seen(JAMF.redeploy).length], [1, 1]);
});

Deno.test("an idle fleet costs the lists of policies and hosts, and no request to Jamf Pro", async () => {
  await using at = await InProcess.start();
  at.addMac(1);
  at.fleet.respond(1, "pass");
  await at.sweep();
  const paths = at.fleet.requests.map(({ path }) => path.replace("/api/v1/fleet/", ""));
  assertEquals(paths, ["fleets", "global/policies", "fleets/0/policies", "hosts"]);
  assertEquals(at.jamf.requests, []);
});
