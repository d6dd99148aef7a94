// `@std` on npm comes as JavaScript alone: this is where its untyped module enters, and gets its types.
// @ts-types="./walk.d.ts"
export { walkSync } from "npm:deno-std@1.3.1/fs/walk.js";
