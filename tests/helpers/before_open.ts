// A change to a file between the check of it and its opening.

/** Calls `change` whenever this process opens a file of that name, before it does, until the test ends. */
export function beforeEachOpen(name: string, change: (count: number) => void): Disposable {
  const { openSync } = Deno;
  let count = 0;
  Deno.openSync = (path, options): Deno.FsFile => {
    if (`${path}`.endsWith(`/${name}`)) change(++count);
    return openSync(path, options);
  };
  return { [Symbol.dispose]: () => Deno.openSync = openSync };
}
