/** The part of `@std/cli/parse-args` that this project calls. */
export declare function parseArgs<B extends string, S extends string, C extends S = never>(
  args: readonly string[],
  options: {
    boolean: readonly B[];
    /** `"_"` among them keeps positional arguments text. */
    string: readonly (S | "_")[];
    /** Those of `string` that may be given more than once. */
    collect?: readonly C[];
    /** Called for an option (`key` given) or a positional argument; `false` leaves it out of the result. */
    unknown?: (arg: string, key?: string) => boolean;
  },
): { [K in B]: boolean } & { [K in Exclude<S, C>]?: string } & { [K in C]: string[] } & {
  _: string[];
};
