// Bundles the extension into out/extension.js.   node scripts/build.mjs [--watch]
import { rmSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as esbuild from "esbuild";

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

const options = {
  absWorkingDir: root,
  entryPoints: ["src/extension.ts"],
  bundle: true,
  outdir: "out",
  platform: "node",
  target: "node20",
  format: "cjs",
  external: ["vscode"],
  // The ES modules of jsonrpc and its companions bundle smaller and load faster than their UMD twins.
  mainFields: ["module", "main"],
  minify: true,
  keepNames: true,
  legalComments: "none",
  logLevel: "warning",
};

export async function build() {
  rmSync(path.join(root, "out"), { recursive: true, force: true });
  await esbuild.build(options);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (process.argv.includes("--watch")) await (await esbuild.context({ ...options, sourcemap: true })).watch();
  else await build();
}
