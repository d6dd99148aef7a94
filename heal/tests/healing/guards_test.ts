import { assertEquals } from "@std/assert";
import { objectionTo } from "../../lib/healing/guards.ts";

Deno.test("objectionTo() finds Macs that MDM cannot reach, and that have recovered", () => {
  const well = {
    id: "1",
    name: "",
    serial: "A",
    isManaged: true,
    isMdmCapable: true,
    checkIn: 100,
  };
  const cases: [change: Partial<typeof well>, since: number | undefined, state?: string][] = [
    [{}, 100],
    [{}, 99, "skipped"],
    [{ checkIn: undefined as unknown as number }, 0],
    [{}, undefined],
    [{ isManaged: false }, 100, "needs_person"],
    [{ isManaged: false }, undefined, "needs_person"],
    [{ isMdmCapable: false }, 0, "needs_person"],
    [{ isMdmCapable: false }, undefined, "needs_person"],
  ];
  for (const [change, since, state] of cases) {
    assertEquals(objectionTo({ ...well, ...change }, since)?.state, state as "skipped" | undefined);
  }
});
