// The language client for one run of the server. Loaded when there is a server to talk to: half a megabyte of code would
// otherwise be part of VS Code's start.
import { createInterface } from "node:readline";
import { workspace, type LogOutputChannel } from "vscode";
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  RevealOutputChannelOn,
  type LanguageClientOptions,
} from "vscode-languageclient/node";
import { inlineMiddleware } from "./inline";
import { surroundings, type Server } from "./server";
import { explicitSettings, settingsMiddleware } from "./settings";
import type { Status } from "./status";

export interface Listener {
  status(client: LanguageClient, status: Status): void;
  /** The connection is gone, and nobody here has ended it. */
  ended(client: LanguageClient): void;
}

/** The client's own pop-ups say less than the messages of the session, and there is one for each failed request. */
class QuietClient extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

/** A client for `server`, not started yet. */
export function connect(server: Server, log: LogOutputChannel, listener: Listener): LanguageClient {
  const [command, ...args] = server.command;
  const options: LanguageClientOptions = {
    // Files, files that were never saved, cells of notebooks. Not the log, nor what other extensions only show.
    documentSelector: [{ scheme: "file" }, { scheme: "untitled" }, { scheme: "vscode-notebook-cell" }],
    initializationOptions: () => ({ ...explicitSettings(), workspaceTrusted: workspace.isTrusted }),
    outputChannel: log,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    stdioOptions: { stdout: () => undefined, stderr: (lines) => copyToLog(lines, log) },
    middleware: { workspace: settingsMiddleware(() => client), ...inlineMiddleware(() => client) },
    initializationFailedHandler: () => false,
    errorHandler: {
      error: () => ({ action: ErrorAction.Continue, handled: true }),
      closed: () => {
        listener.ended(client);
        return { action: CloseAction.DoNotRestart, handled: true, message: "The connection to the server is closed." };
      },
    },
  };
  const program = { command, args: [...args, "lsp"], options: surroundings };
  const client: LanguageClient = new QuietClient("picode", "PiCode", program, options);
  client.onNotification("picode/status", (status: Status) => listener.status(client, status));
  return client;
}

/** The server's log, each entry at its own level: `12:30:01 WARNING picode.io.http: …`, and what follows from it. */
function copyToLog(stderr: NodeJS.ReadableStream, log: LogOutputChannel): void {
  let level = "INFO";
  createInterface({ input: stderr, crlfDelay: Infinity }).on("line", (line) => {
    const [, given, entry] = /^[\d:]{8} (DEBUG|INFO|WARNING|ERROR|CRITICAL) (.*)$/.exec(line) ?? [];
    level = given ?? level;
    const text = entry ?? line;
    if (level === "DEBUG") log.debug(text);
    else if (level === "INFO") log.info(text);
    else if (level === "WARNING") log.warn(text);
    else log.error(text);
  });
}
