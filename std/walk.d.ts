/** The part of `@std/fs/walk` that this project calls. */
export declare function walkSync(
  root: string | URL,
  options?: { includeDirs?: boolean; exts?: string[]; skip?: RegExp[] },
): IterableIterator<{ path: string; name: string; isFile: boolean }>;
