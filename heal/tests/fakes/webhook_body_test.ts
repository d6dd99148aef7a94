import { assertEquals } from "@std/assert";
import { WEBHOOK_SHAPE } from "./fleet_description.ts";
import { mismatches } from "./shape.ts";
import { idsFrom, webhookBody } from "./webhook_body.ts";

Deno.test("webhookBody() is what Fleet sends", () => {
  const at = new Date("2026-01-02T03:04:05.678Z");
  const body = JSON.parse(
    JSON.stringify(webhookBody({ policyId: 3, policyName: "P", hostIds: [5, 9], at })),
  );
  assertEquals(mismatches(body, WEBHOOK_SHAPE), []);
  assertEquals(body.timestamp, "2026-01-02T03:04:05.678Z");
  const { id, name, failing_host_count, team_id, fleet_id } = body.policy;
  assertEquals([id, name, failing_host_count, team_id, fleet_id], [3, "P", 2, null, null]);
  assertEquals(
    body.hosts,
    [5, 9].map((id) => ({
      id,
      hostname: `mac-${id}.local`,
      display_name: `Mac ${id}`,
      url: `https://fleet.example.com/hosts/${id}`,
    })),
  );
});

Deno.test("webhookBody() of 8,000 hosts is less than 1 MiB", () => {
  const length = JSON.stringify(webhookBody({ hostIds: idsFrom(100_000, 8000) })).length;
  assertEquals(length < 1024 * 1024, true, `${length}`);
});
