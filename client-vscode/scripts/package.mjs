// Builds picode.vsix.   npm run package [-- --wheel FILE] [--out FILE]
//
// The wheel of the language server goes into the package, so that "Install Language Server" installs exactly the
// server that this client was built with. Without --wheel, the newest one in ../dist is taken; where there is none, the
// package carries none, and the command tells where to get the server instead.
import { cpSync, existsSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { createVSIX } from "@vscode/vsce";
import { build, root } from "./build.mjs";

const { values } = parseArgs({ options: { wheel: { type: "string" }, out: { type: "string", default: "picode.vsix" } } });

await build();
const wheel = values.wheel ?? newestWheel(path.join(root, "..", "dist"));
if (wheel) cpSync(wheel, path.join(root, "out", path.basename(wheel)));
cpSync(path.join(root, "..", "LICENSE"), path.join(root, "LICENSE"));
await createVSIX({
  cwd: root,
  packagePath: path.resolve(values.out),
  dependencies: false, // they are in the bundle
  allowMissingRepository: true,
  rewriteRelativeLinks: false,
});
if (!wheel) console.warn("The language server is not in this package: no wheel was found in ../dist.");

function newestWheel(folder) {
  if (!existsSync(folder)) return undefined;
  const age = (file) => statSync(file).mtimeMs;
  return readdirSync(folder)
    .filter((name) => /^picode-.*\.whl$/.test(name))
    .map((name) => path.join(folder, name))
    .sort((one, other) => age(other) - age(one))[0];
}
