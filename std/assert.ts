// `@std` on npm comes as JavaScript alone: this is where its untyped module enters, and gets its types.
// @ts-types="./assert.d.ts"
export * from "npm:deno-std@1.3.1/assert/mod.js";
