import { assertEquals, assertRejects } from "@std/assert";
import { skip } from "../../../tests/helpers/skip.ts";
import { ResettingPort, whyNoReset } from "./resetting_port.ts";

Deno.test({
  name: "ResettingPort resets the connection",
  ignore: skip("a connection that is reset", whyNoReset),
  fn: async () => {
    await using port = await ResettingPort.start();
    const number = Number(new URL(port.url).port);
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: number });
    await connection.write(new TextEncoder().encode("GET"));
    const read = (): Promise<number | null> => connection.read(new Uint8Array(1));
    await assertRejects(read, Deno.errors.ConnectionReset);
    await assertRejects(() => fetch(port.url), TypeError);
    assertEquals(port.connections >= 2, true);
  },
});
