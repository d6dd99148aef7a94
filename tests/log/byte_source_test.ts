import { assertEquals } from "@std/assert";
import { bytesSource } from "../../lib/log/byte_source.ts";

Deno.test("bytesSource() gives the bytes it was made of, from any offset", () => {
  const source = bytesSource(new TextEncoder().encode("one\ntwo\n"));
  assertEquals(source.size, 8);
  const bytes = new Uint8Array(3);
  source.read(bytes, 4);
  assertEquals(new TextDecoder().decode(bytes), "two");
});
