// What is inside the program, as a CycloneDX bill of materials: this project, the packages that its code imports, Deno
// and V8.

import { Buffer } from "node:buffer";

/** What `deno info --json` prints, as far as it is used here. */
export interface ModuleGraph {
  readonly roots: readonly string[];
  readonly redirects: Readonly<Record<string, string>>;
  readonly modules: readonly {
    readonly specifier: string;
    /** `name@version`, if the module is a package of npm. */
    readonly npmPackage?: string;
    readonly dependencies?: readonly { readonly code?: { readonly specifier?: string } }[];
  }[];
}

/** A package of npm, as deno.lock has it. */
export interface LockedPackage {
  /** `sha512-` and the hash of its archive in Base64. */
  readonly integrity: string;
}

/** What a bill is made of. */
export interface BillOptions {
  readonly version: string;
  /** The versions of the runtime, as in `Deno.version`. */
  readonly runtime: { readonly deno: string; readonly v8: string };
  readonly graph: ModuleGraph;
  /** By `name@version`. */
  readonly locked: Readonly<Record<string, LockedPackage>>;
  /** When the commit was made, in Unix seconds. */
  readonly time: number;
}

/**
 * The packages that the program's code imports. Modules that are only imported for types are not in the program.
 *
 * @returns `name@version`, sorted.
 */
export function packagesReached({ roots, redirects, modules }: ModuleGraph): string[] {
  const bySpecifier = new Map(modules.map((module) => [module.specifier, module]));
  const reached = new Set<string>();
  const visit = (specifier: string): void => {
    const module = bySpecifier.get(redirects[specifier] ?? specifier);
    if (module === undefined || reached.has(module.specifier)) return;
    reached.add(module.specifier);
    for (const { code } of module.dependencies ?? []) if (code?.specifier) visit(code.specifier);
  };
  roots.forEach(visit);
  const packages = modules.filter(({ specifier }) => reached.has(specifier))
    .map(({ npmPackage }) => npmPackage).filter((name) => name !== undefined);
  return [...new Set(packages)].sort();
}

/** The text of the bill, in CycloneDX 1.6. */
export function billOfMaterials(options: BillOptions): string {
  const { version, runtime: { deno, v8 }, graph, locked, time } = options;
  const packages = packagesReached(graph).map((id) => {
    const [, name, version] = /^(.+)@([^@]+)$/.exec(id)!;
    const hash = sha512Of(locked[id]?.integrity);
    return {
      type: "library",
      name,
      version,
      purl: `pkg:npm/${name!.replace("@", "%40")}@${version}`,
      ...(hash && { hashes: [{ alg: "SHA-512", content: hash }] }),
    };
  });
  const bill = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      timestamp: new Date(time * 1000).toISOString(),
      component: { type: "application", name: "jamf-pulse", version },
    },
    components: [
      { type: "platform", name: "deno", version: deno, purl: `pkg:github/denoland/deno@v${deno}` },
      // "-rusty" marks Deno's build of V8.
      {
        type: "library",
        name: "v8",
        version: v8,
        purl: `pkg:github/v8/v8@${v8.replace(/-.*/, "")}`,
      },
      ...packages,
    ],
  };
  return `${JSON.stringify(bill, null, 2)}\n`;
}

/** From Base64, as npm writes it, to hexadecimal digits, as CycloneDX does. */
function sha512Of(integrity: string | undefined): string | undefined {
  const base64 = /^sha512-(.+)$/.exec(integrity ?? "")?.[1];
  return base64 && Buffer.from(base64, "base64").toString("hex");
}
