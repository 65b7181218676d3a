// Bundles the extension into out/extension.js, and the chat's page into out/chat.js and out/chat.css.   node scripts/build.mjs [--watch]
import { rmSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as esbuild from "esbuild";

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

const common = {
  absWorkingDir: root,
  bundle: true,
  outdir: "out",
  minify: true,
  legalComments: "none",
  logLevel: "warning",
};

const extension = {
  ...common,
  entryPoints: ["src/extension.ts"],
  platform: "node",
  target: "node20",
  format: "cjs",
  external: ["vscode"],
  // The ES modules of jsonrpc and its companions bundle smaller and load faster than their UMD twins.
  mainFields: ["module", "main"],
  keepNames: true,
};

const page = {
  ...common,
  entryPoints: ["src/webview/chat.ts", "src/webview/chat.css"],
  platform: "browser",
  target: "chrome120",
  format: "iife",
};

export async function build() {
  rmSync(path.join(root, "out"), { recursive: true, force: true });
  await Promise.all([extension, page].map((each) => esbuild.build(each)));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (process.argv.includes("--watch")) {
    for (const each of [extension, page]) await (await esbuild.context({ ...each, sourcemap: true })).watch();
  } else await build();
}
