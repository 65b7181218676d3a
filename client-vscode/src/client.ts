// The language client for one run of the server. Loaded when there is a server to talk to: half a megabyte of code would
// otherwise be part of VS Code's start.
import { createInterface } from "node:readline";
import { workspace, type LogOutputChannel } from "vscode";
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  RevealOutputChannelOn,
  Trace,
  type LanguageClientOptions,
} from "vscode-languageclient/node";
import { ownCapabilities } from "./capabilities";
import { inlineMiddleware } from "./inline";
import type { Alert, AnswerNews, EditNews, ResponseNews } from "./protocol";
import { surroundings, type Server } from "./server";
import { configuration, explicitSettings, settingsMiddleware } from "./settings";
import type { Status } from "./status";

export interface Listener {
  status(client: LanguageClient, status: Status): void;
  /** Something that the user should see at once. */
  alert(alert: Alert): void;
  /** More of an answer. */
  answer(news: AnswerNews): void;
  /** More of an edit. */
  edit(news: EditNews): void;
  /** More of a language model's response. */
  response(news: ResponseNews): void;
  /** Other models may be asked now. */
  modelsChanged(): void;
  /** A command of the server, run by a code action, a lens or a key: `send` has the server run it. */
  command(name: string, given: unknown[], send: (name: string, given: unknown[]) => unknown): unknown;
  /** The connection is gone, and nobody here has ended it. */
  ended(client: LanguageClient): void;
}

/** The client's own pop-ups say less than the messages of the session, and there is one for each failed request. */
export class QuietClient extends LanguageClient {
  /** Does `work`, of which nothing is written to the trace of the protocol. */
  async untraced<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.setTrace(Trace.Off);
    try {
      return await work();
    } finally {
      await this.setTrace(Trace.fromString(configuration().get("trace.server", "off")));
    }
  }

  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

/** A client for `server`, not started yet. */
export function connect(server: Server, log: LogOutputChannel, listener: Listener): QuietClient {
  const [command, ...args] = server.command;
  const options: LanguageClientOptions = {
    // Files, files that were never saved, cells of notebooks. Not the log, nor what other extensions only show.
    documentSelector: [{ scheme: "file" }, { scheme: "untitled" }, { scheme: "vscode-notebook-cell" }],
    initializationOptions: () => ({ ...explicitSettings(), workspaceTrusted: workspace.isTrusted }),
    outputChannel: log,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    stdioOptions: { stdout: () => undefined, stderr: (lines) => copyToLog(lines, log) },
    middleware: {
      workspace: settingsMiddleware(() => client),
      ...inlineMiddleware(() => client),
      executeCommand: (name, given, send) => listener.command(name, given, send),
    },
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
  const client: QuietClient = new QuietClient("picode", "PiCode", program, options);
  client.registerFeature(ownCapabilities);
  client.onNotification("picode/status", (status: Status) => listener.status(client, status));
  client.onNotification("picode/alert", (alert: Alert) => listener.alert(alert));
  client.onNotification("picode/answer", (news: AnswerNews) => listener.answer(news));
  client.onNotification("picode/edit", (news: EditNews) => listener.edit(news));
  client.onNotification("picode/response", (news: ResponseNews) => listener.response(news));
  client.onNotification("picode/didChangeModels", () => listener.modelsChanged());
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
