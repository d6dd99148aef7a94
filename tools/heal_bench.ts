/**
 * Measures the program under load: one delivery of 8,000 hosts, then 50 deliveries a second for 30 seconds while 100
 * clients never end their bodies. Everything runs on this machine, the stand-ins for Jamf Pro and Fleet as processes of
 * their own.
 *
 * @module
 */

import { SECRETS, variablesFor } from "../heal/tests/helpers/redeploy_fixture.ts";
import { deliver, measuredText, sustainLoad } from "../heal/tests/helpers/load.ts";
import { freePort, Service } from "../heal/tests/helpers/program.ts";
import { startProcess } from "../heal/tests/fakes/serve.ts";

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

if (import.meta.main) {
  const dir = await Deno.makeTempDir({ prefix: "jamf-heal-bench-" });
  try {
    await using jamf = await startProcess({ which: "jamf", count: HOSTS, healsAfter: 1000 });
    await using fleet = await startProcess({ which: "fleet", count: HOSTS });
    const variables = variablesFor(jamf.url, fleet.url, `${dir}/heal.db`);
    await using service = new Service(freePort(), [], variables);
    await service.listening;
    const { status, time } = await deliver(service, Array.from({ length: 8000 }, (_, i) => i + 1));
    print(`8,000 hosts in one delivery: ${status} after ${time.toFixed(0)} ms`);
    const slow = await Promise.all(Array.from({ length: 100 }, () => slowClient(service.port)));
    print(`50 deliveries a second for 30 s: ${measuredText(await sustainLoad(service, 50, 30))}`);
    for (const connection of slow) connection.close();
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}
