// What the real program exports by OpenTelemetry, seen by a collector.
import { assertEquals } from "@std/assert";
import { RedeployFixture, SECRETS } from "./helpers/redeploy_fixture.ts";
import { freePort, Service } from "./helpers/program.ts";
import { until } from "./helpers/until.ts";
import { webhookBody } from "./fakes/webhook_body.ts";

Deno.test("with OTEL_DENO, spans and counters are exported, without a secret", async () => {
  await using at = await RedeployFixture.start();
  at.addMacs(2);
  let exported = "";
  await using collector = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      exported += (await request.text()).replaceAll('": "', '":"');
      return Response.json({});
    },
  );
  const service = new Service(freePort(), [], {
    ...at.variables,
    OTEL_DENO: "true",
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.addr.port}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_METRIC_EXPORT_INTERVAL: "500",
    OTEL_BSP_SCHEDULE_DELAY: "200",
  });
  await service.listening;
  const response = await fetch(new URL("/fleet/failing-policy", service.url("")), {
    method: "POST",
    headers: { authorization: `Basic ${btoa(`fleet:${SECRETS.webhook}`)}` },
    body: JSON.stringify(webhookBody({ hostIds: [1, 2] })),
  });
  await response.body?.cancel();
  const wanted = [
    '"name":"job"',
    "jamf_heal.delivered_hosts",
    "jamf_heal.job_steps",
    "jamf_heal.redeploy_requests",
  ];
  await until(() => wanted.every((name) => exported.includes(name)));
  assertEquals((await service.end("SIGTERM")).code, 0);
  assertEquals(response.status, 202);
  const tokens = at.jamf.requests.map(({ headers }) => headers["authorization"]?.slice(7));
  for (const secret of [...Object.values(SECRETS), ...tokens]) {
    if (secret) assertEquals(exported.includes(secret), false, `"${secret}" is exported`);
  }
});
