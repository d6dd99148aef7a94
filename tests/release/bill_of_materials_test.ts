import { assertEquals } from "@std/assert";
import { billOfMaterials } from "../../release/bill_of_materials.ts";

Deno.test("billOfMaterials() lists Deno, V8 and the packages that the code imports, with their hashes", () => {
  const graph = {
    roots: ["file:///main.ts"],
    redirects: {},
    modules: [
      {
        specifier: "file:///main.ts",
        dependencies: [{ code: { specifier: "npm:/@a/b@1.0.0" } }, { type: {} }],
      },
      { specifier: "npm:/@a/b@1.0.0", npmPackage: "@a/b@1.0.0" },
      { specifier: "npm:/types@2.0.0", npmPackage: "types@2.0.0" },
    ],
  };
  const locked = { "@a/b@1.0.0": { integrity: `sha512-${btoa("\x00\xff")}` } };
  const bill = JSON.parse(
    billOfMaterials({
      version: "1.2.3",
      runtime: { deno: "2.9.6", v8: "15.0.245.2-rusty" },
      graph,
      locked,
      time: 1_745_572_898,
    }),
  );
  assertEquals(bill.metadata.timestamp, "2025-04-25T09:21:38.000Z");
  assertEquals(bill.metadata.component.version, "1.2.3");
  const [deno, v8, library, ...others] = bill.components;
  assertEquals([deno.type, deno.purl], ["platform", "pkg:github/denoland/deno@v2.9.6"]);
  assertEquals([v8.version, v8.purl], ["15.0.245.2-rusty", "pkg:github/v8/v8@15.0.245.2"]);
  assertEquals(library, {
    type: "library",
    name: "@a/b",
    version: "1.0.0",
    purl: "pkg:npm/%40a/b@1.0.0",
    hashes: [{ alg: "SHA-512", content: "00ff" }],
  });
  assertEquals(others, []);
});
