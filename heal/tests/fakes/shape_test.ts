import { assertEquals } from "@std/assert";
import { mismatches, type Shape } from "./shape.ts";

const SHAPE: Shape = {
  id: "string",
  count: "integer?",
  fine: "boolean?",
  at: "stamp?",
  list: [{ name: "string?" }],
};

Deno.test("mismatches() finds what is not as described", () => {
  const good = {
    id: "1",
    count: 1,
    fine: true,
    at: "2024-06-21T08:37:34.65Z",
    list: [{ name: null }],
  };
  const cases: [changed: Record<string, unknown>, found: string[]][] = [
    [{}, []],
    [{ count: null, fine: undefined, list: [] }, []],
    [{ list: [null] }, []],
    [{ id: 1 }, [".id: no string"]],
    [{ id: null }, [".id: no string"]],
    [{ count: "1" }, [".count: no integer?"]],
    [{ count: 1.5 }, [".count: no integer?"]],
    [{ fine: "true" }, [".fine: no boolean?"]],
    [{ at: "yesterday" }, [".at: no stamp?"]],
    [{ at: "2024-06-21T08:37:34+0000" }, [".at: no stamp?"]],
    [{ list: {} }, [".list: no list"]],
    [{ list: [{ name: 1 }, "x"] }, [".list[0].name: no string?", ".list[1]: no object"]],
    [{ more: 1 }, [".more: not described"]],
  ];
  for (const [changed, found] of cases) {
    assertEquals(mismatches({ ...good, ...changed }, SHAPE), found, JSON.stringify(changed));
  }
});
