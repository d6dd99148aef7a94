// `@std` on npm comes as JavaScript alone: this is where its untyped module enters, and gets its types.
// @ts-types="./parse_args.d.ts"
export { parseArgs } from "npm:deno-std@1.3.1/cli/parse_args.js";
