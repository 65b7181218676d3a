// Installs the language server, from the wheel inside this extension, into an environment that is its own.
import { spawn } from "node:child_process";
import { promises as files } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import {
  commands,
  env,
  ProgressLocation,
  Uri,
  window,
  type CancellationToken,
  type ExtensionContext,
  type LogOutputChannel,
} from "vscode";
import { environmentFolder, findProgram, pythonOf, surroundings } from "./server";

type Command = readonly [string, ...string[]];

/**
 * Shows the exact commands and runs them when the user agrees. Resolves to whether the server is installed.
 *
 * They run here and not in the terminal, which VS Code keeps closed in a workspace that is not trusted; nothing of the
 * workspace takes part. The wheel is named by its path and never by its name alone: a package index could have another
 * project's package under it.
 */
export async function installServer(context: ExtensionContext, log: LogOutputChannel): Promise<boolean> {
  const wheel = await bundledWheel(context);
  const environment = environmentFolder(context);
  const steps = wheel && (await installSteps(environment, wheel));
  if (!steps) {
    return fail(
      context,
      wheel
        ? "PiCode's language server needs uv, or Python 3.11 or newer, and neither was found."
        : "This package of the extension comes without the language server.",
    );
  }
  const text = steps.map(commandLine).join("\n");
  const agreed = await window.showInformationMessage(
    "Install PiCode's language server?",
    { modal: true, detail: `It goes into an environment of its own. These commands will run:\n\n${text}` },
    "Install",
    "Copy Commands",
  );
  if (agreed === "Copy Commands") await env.clipboard.writeText(text);
  if (agreed !== "Install") return false;
  await files.rm(environment, { recursive: true, force: true });
  await files.mkdir(path.dirname(environment), { recursive: true });
  const options = { location: ProgressLocation.Notification, title: "Installing PiCode's language server", cancellable: true };
  const installed = await window.withProgress(options, async (progress, cancelled) => {
    for (const step of steps) {
      log.info(commandLine(step));
      const report = (message: string) => (log.info(message), progress.report({ message }));
      if (!(await succeeds(step, report, cancelled))) return cancelled.isCancellationRequested ? undefined : false;
    }
    return true;
  });
  if (installed === false) return fail(context, "PiCode's language server could not be installed.");
  return installed === true;
}

async function fail(context: ExtensionContext, problem: string): Promise<false> {
  const pressed = await window.showErrorMessage(problem, "How to Install", "Show Log");
  if (pressed === "Show Log") await commands.executeCommand("picode.showLog");
  // The package has its readme under this name, whatever the file was called.
  const readme = Uri.file(context.asAbsolutePath("readme.md"));
  if (pressed === "How to Install") await commands.executeCommand("markdown.showPreview", readme);
  return false;
}

async function bundledWheel(context: ExtensionContext): Promise<string | undefined> {
  const folder = context.asAbsolutePath("out");
  const name = (await files.readdir(folder)).find((file) => file.endsWith(".whl"));
  return name && path.join(folder, name);
}

/** With uv where it is, since it brings a Python when the machine has none; else with Python alone. */
async function installSteps(environment: string, wheel: string): Promise<Command[] | undefined> {
  const requirement = `picode[embedded] @ ${pathToFileURL(wheel).href}`;
  const python = pythonOf(environment);
  const uv = await findProgram("uv");
  if (uv) {
    return [
      [uv, "venv", "--python", ">=3.11", environment],
      [uv, "pip", "install", "--python", python, requirement],
    ];
  }
  const base = (await findProgram("python3")) ?? (await findProgram("python"));
  if (!base) return undefined;
  return [
    [base, "-m", "venv", environment],
    [python, "-m", "pip", "install", requirement],
  ];
}

function commandLine(command: Command): string {
  return command.map((part) => (/^[\w@%+=:,./\\-]+$/.test(part) ? part : `"${part}"`)).join(" ");
}

/** Runs `command`, reporting each line that it says. */
function succeeds(
  [program, ...args]: Command,
  report: (line: string) => void,
  cancelled: CancellationToken,
): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { ...surroundings, stdio: ["ignore", "pipe", "pipe"] });
    const cancelling = cancelled.onCancellationRequested(() => child.kill());
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", report);
    const finish = (success: boolean) => {
      cancelling.dispose();
      resolve(success);
    };
    child.on("error", (error) => {
      report(error.message);
      finish(false);
    });
    child.on("close", (code) => finish(code === 0));
  });
}
