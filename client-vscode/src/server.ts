// Finds the program that runs the language server.
import { execFile } from "node:child_process";
import { constants, promises as files } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import {
  extensions,
  window,
  workspace,
  type Extension,
  type ExtensionContext,
  type LogOutputChannel,
  type Uri,
} from "vscode";
import { configuration } from "./settings";

/** A command that may run PiCode, without the `lsp` at its end, and where it was found. */
export interface Candidate {
  source: string;
  command: readonly [string, ...string[]];
}

export interface Server extends Candidate {
  version: string;
}

/** What became of the search. `refused` is true when the user's own choice does not run PiCode. */
export type Search = { server: Server } | { server: undefined; refused: boolean; problem: string };

/** Milliseconds that a candidate, or the Python extension, may take to answer. */
const timeout = 10_000;
const windows = process.platform === "win32";

/**
 * The server is not started in the workspace's folder, and Python is told not to import from where it starts:
 * a file of the workspace that is called `picode.py` stays what it is, a file.
 */
export const surroundings = { cwd: os.homedir(), env: { ...process.env, PYTHONSAFEPATH: "1" } };

/**
 * Looks for the server, in this order; the first that answers `--version` as PiCode does is taken:
 *
 * 1. the setting `picode.server.command`, which only the user can set. When it is set, nothing else is tried: another
 *    server than the one that was asked for would be a surprise;
 * 2. the interpreter that is selected in the Python extension, with `-m picode`, if the workspace is trusted: in one that
 *    is not, the interpreter may be the workspace's own program;
 * 3. `picode` on the PATH (in a workspace that is not trusted, without its own folders);
 * 4. where `uv tool`, `pipx` and `pip --user` put programs, which a VS Code that was not started from a shell does not have on its
 *    PATH;
 * 5. the environment that "PiCode: Install Language Server" made.
 */
export async function findServer(context: ExtensionContext, log: LogOutputChannel): Promise<Search> {
  const chosen = chosenCommand();
  let problem = "";
  for await (const candidate of chosen ? [chosen] : candidates(context, log)) {
    try {
      const server = { ...candidate, version: await probe(candidate.command) };
      log.info(`PiCode ${server.version}, from ${candidate.source}: ${candidate.command.join(" ")}`);
      return { server };
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
      log.warn(`No server from ${candidate.source} (${candidate.command.join(" ")}): ${problem}`);
    }
  }
  return { server: undefined, refused: chosen !== undefined, problem };
}

/** The user's own choice, if there is one. */
export function chosenCommand(): Candidate | undefined {
  const value = configuration().get<string[] | string>("server.command", []);
  const [program, ...rest] = typeof value === "string" ? [value] : value;
  if (!program) return undefined;
  return { source: "the setting picode.server.command", command: [program.replace(/^~(?=[\\/])/, os.homedir()), ...rest] };
}

async function* candidates(context: ExtensionContext, log: LogOutputChannel): AsyncGenerator<Candidate> {
  if (workspace.isTrusted) {
    const python = await selectedInterpreter(log);
    if (python) yield { source: "the selected Python interpreter", command: [python, "-m", "picode"] };
    else log.info("No server from the Python extension: it is not there, or no interpreter is selected.");
  } else {
    log.info("The workspace is not trusted: its Python interpreter is not asked for a server.");
  }
  const onPath = await findOnPath("picode");
  if (onPath) yield { source: "the PATH", command: [onPath] };
  else log.info("No server from the PATH: there is no picode on it.");
  for (const folder of await programFolders()) {
    const program = path.join(folder, executable("picode"));
    if (program !== onPath && !isDistrusted(folder) && (await isExecutable(program))) yield { source: folder, command: [program] };
  }
  const own = pythonOf(environmentFolder(context));
  if (await isExecutable(own)) yield { source: "PiCode's own environment", command: [own, "-m", "picode"] };
}

/** The environment that the client makes for the server when it is asked to. */
export function environmentFolder(context: ExtensionContext): string {
  return path.join(context.globalStorageUri.fsPath, "server");
}

export function pythonOf(environment: string): string {
  return windows ? path.join(environment, "Scripts", "python.exe") : path.join(environment, "bin", "python");
}

/** The part of the Python extension's interface that is used here: https://github.com/microsoft/vscode-python/wiki/Python-Environment-APIs */
interface PythonExtension {
  environments: {
    getActiveEnvironmentPath(resource?: Uri): { path: string };
    resolveEnvironment(environment: { path: string }): Promise<{ executable: { uri?: Uri } } | undefined>;
  };
}

async function selectedInterpreter(log: LogOutputChannel): Promise<string | undefined> {
  const python = extensions.getExtension<PythonExtension>("ms-python.python");
  if (!python) return undefined;
  try {
    return await Promise.race([interpreterOf(python), setTimeout(timeout, undefined)]);
  } catch (error) {
    log.warn(`The Python extension does not tell its interpreter: ${String(error)}`);
    return undefined;
  }
}

async function interpreterOf(python: Extension<PythonExtension>): Promise<string | undefined> {
  const { environments } = await python.activate();
  const resource = window.activeTextEditor?.document.uri ?? workspace.workspaceFolders?.[0]?.uri;
  const active = environments.getActiveEnvironmentPath(resource);
  return (await environments.resolveEnvironment(active))?.executable.uri?.fsPath;
}

/** The full path of `program`. Relative entries of the PATH mean the folder one happens to be in, and do not count. */
export async function findOnPath(program: string): Promise<string | undefined> {
  return find(program, (process.env.PATH ?? "").split(path.delimiter));
}

/** The same, and where users' own programs are besides. */
export async function findProgram(program: string): Promise<string | undefined> {
  return (await findOnPath(program)) ?? find(program, await programFolders());
}

async function find(program: string, folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    if (!path.isAbsolute(folder) || isDistrusted(folder)) continue;
    const file = path.join(folder, executable(program));
    if (await isExecutable(file)) return file;
  }
  return undefined;
}

function executable(program: string): string {
  return windows ? `${program}.exe` : program;
}

/** Where uv (https://docs.astral.sh/uv/reference/storage/), pipx, pip --user (PEP 370), Cargo and Homebrew put programs. */
async function programFolders(): Promise<string[]> {
  const { env } = process;
  const home = os.homedir();
  const named = [env.UV_TOOL_BIN_DIR, env.PIPX_BIN_DIR, env.XDG_BIN_HOME, env.XDG_DATA_HOME && path.join(env.XDG_DATA_HOME, "..", "bin")];
  const usual = [path.join(home, ".local", "bin"), path.join(home, ".cargo", "bin")];
  if (process.platform === "darwin") {
    const versions = await foldersIn(path.join(home, "Library", "Python"));
    usual.push(...versions.map((each) => path.join(each, "bin")), "/opt/homebrew/bin", "/usr/local/bin");
  } else if (windows && env.APPDATA) {
    const versions = await foldersIn(path.join(env.APPDATA, "Python"));
    usual.push(...versions.map((each) => path.join(each, "Scripts")));
  }
  return [...new Set([...named.filter((each): each is string => Boolean(each)), ...usual])];
}

/** The folders in `folder`, those of the newest Python first. */
async function foldersIn(folder: string): Promise<string[]> {
  const names = await files.readdir(folder).catch(() => []);
  return names.sort((one, other) => other.localeCompare(one, undefined, { numeric: true })).map((name) => path.join(folder, name));
}

/** Whether the folder belongs to a workspace that is not trusted. */
function isDistrusted(folder: string): boolean {
  const roots = workspace.isTrusted ? [] : (workspace.workspaceFolders ?? []).map((each) => each.uri.fsPath);
  return roots.some((root) => isInside(folder, root));
}

function isInside(folder: string, root: string): boolean {
  const way = path.relative(root, folder);
  return !way.startsWith("..") && !path.isAbsolute(way);
}

async function isExecutable(file: string): Promise<boolean> {
  return files.access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** The version that `command --version` tells. Rejects with the reason where that is not PiCode's answer. */
function probe([program, ...rest]: Candidate["command"]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, [...rest, "--version"], { ...surroundings, timeout }, (error, stdout, stderr) => {
      const version = /^picode (\d\S*)/.exec(stdout)?.[1];
      if (version && !error) resolve(version);
      else if (error?.killed) reject(new Error(`it did not answer within ${timeout / 1000} s`));
      else if (error?.code === "ENOENT" || error?.code === "EACCES") reject(new Error("there is no such program"));
      else reject(new Error(lastLine(stderr) || (error ? `it ended with ${error.code ?? error.signal}` : "it is not PiCode")));
    });
  });
}

function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1)?.trim() ?? "";
}
