// Builds picode.vsix.   npm run package [-- --wheel FILE] [--out FILE]
//
// The wheel of the language server goes into the package, so that "Install Language Server" installs exactly the server that
// this client was built with. Without --wheel, it is built from this checkout, with uv or with pip.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { createVSIX } from "@vscode/vsce";
import { build, root } from "./build.mjs";

const { values } = parseArgs({ options: { wheel: { type: "string" }, out: { type: "string", default: "picode.vsix" } } });

await build();
const folder = mkdtempSync(path.join(tmpdir(), "picode-wheel-"));
try {
  const wheel = values.wheel ?? builtWheel(folder);
  cpSync(wheel, path.join(root, "out", path.basename(wheel)));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
cpSync(path.join(root, "..", "LICENSE"), path.join(root, "LICENSE"));
await createVSIX({
  cwd: root,
  packagePath: path.resolve(values.out),
  dependencies: false, // they are in the bundle
  allowMissingRepository: true,
  rewriteRelativeLinks: false,
});

/** The wheel, built into `folder` by the first program that can. */
function builtWheel(folder) {
  const source = path.dirname(root);
  const builders = [
    ["uv", "build", "--wheel", "--quiet", "--out-dir", folder, source],
    ["python3", "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, source],
    ["python", "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, source],
  ];
  const problems = [];
  for (const [program, ...args] of builders) {
    const done = spawnSync(program, args, { encoding: "utf8" });
    const name = done.status === 0 && readdirSync(folder).find((file) => file.endsWith(".whl"));
    if (name) return path.join(folder, name);
    problems.push(`${program}: ${done.error?.message ?? done.stderr.trim()}`);
  }
  console.error(`The language server's wheel could not be built: it takes uv, or Python 3.11 or newer with pip.\n${problems.join("\n")}`);
  process.exit(1);
}
