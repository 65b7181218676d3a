// Has the server run slash commands about what the user looks at, and stops what is under way.
import { randomUUID } from "node:crypto";
import { commands, languages, ProgressLocation, window, workspace, type TextEditor } from "vscode";
import type { LogOutputChannel } from "vscode";
import type { SlashArguments, SlashCommand, SlashResult } from "./protocol";
import type { Session } from "./session";
import { configuration } from "./settings";
import { proposeTestFile } from "./testFile";

/** Documents that the server knows. */
const schemes = ["file", "untitled", "vscode-notebook-cell"];

/** Requests that are remembered, and how many of them with images, which are large. */
const remembered = { all: 200, withImages: 8 };

/** Where the progress of a command is shown: nowhere, if the user sees it all the same. */
export type Progress = "none" | "window" | "notification" | "scm";

const locations = {
  window: ProgressLocation.Window,
  notification: ProgressLocation.Notification,
  scm: ProgressLocation.SourceControl,
};

export class Asker {
  private readonly underWay = new Set<string | number>();
  /** The latest requests, by their tokens: what was asked can be asked again. */
  readonly given = new Map<string | number, SlashArguments>();

  constructor(
    readonly session: Session,
    private readonly log: LogOutputChannel,
  ) {
    session.onEnd(() => this.underWay.clear());
  }

  /** A name for a request that is going to be made. */
  newToken(): string {
    return `picode-vscode/${randomUUID()}`;
  }

  /**
   * Runs a slash command. Fails where the server does not run, or refuses the request; a model that fails is no failure
   * of this, but a state of the result.
   */
  async run(given: SlashArguments, token: string | number = given.workDoneToken ?? this.newToken()): Promise<SlashResult> {
    this.given.set(token, given);
    const known = [...this.given];
    const withImages = known.filter(([, each]) => each.images);
    for (const [oldest] of [...known.slice(0, -remembered.all), ...withImages.slice(0, -remembered.withImages)]) this.given.delete(oldest);
    await this.session.whenStarted();
    const result = await this.track(token, () => this.session.execute("picode.slash", { ...given, workDoneToken: token }));
    if (result.command === "test" && result.state === "whole" && given.uri) await proposeTestFile(given.uri, result.text);
    return result;
  }

  /** `run`, with its progress where the user expects it, and failures in a message. */
  async runShown(given: SlashArguments, title: string, progress: Progress): Promise<SlashResult | undefined> {
    const token = given.workDoneToken ?? this.newToken();
    try {
      if (progress === "none") return await this.run(given, token);
      const options = { location: locations[progress], title: `PiCode: ${title.replace("…", "")}`, cancellable: true };
      return await window.withProgress(options, (_, cancelled) => {
        cancelled.onCancellationRequested(() => void this.stop(token));
        return this.run(given, token);
      });
    } catch (error) {
      this.complain(error);
      return undefined;
    }
  }

  async track<Result>(token: string | number, work: () => Promise<Result>): Promise<Result> {
    this.underWay.add(token);
    void this.showBusy();
    try {
      return await work();
    } finally {
      this.underWay.delete(token);
      void this.showBusy();
    }
  }

  /** Stops one command, or all of them. */
  async stop(token?: string | number): Promise<void> {
    const tokens = token === undefined ? [...this.underWay] : [token];
    await Promise.all(tokens.map((each) => this.session.cancel(each)));
  }

  complain(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.log.error(message);
    void window.showErrorMessage(message);
  }

  private showBusy(): Thenable<unknown> {
    return commands.executeCommand("setContext", "picode.asking", this.underWay.size > 0);
  }

  /** What the user looks at: the selection, or the cursor. Undefined where no document is open. */
  here(editor: TextEditor | undefined = currentEditor()): Partial<SlashArguments> | undefined {
    const client = this.session.running;
    if (!editor || !client) return undefined;
    const { document, selection } = editor;
    const convert = client.code2ProtocolConverter;
    const reported = languages.getDiagnostics(document.uri).filter((each) => each.range.intersection(selection));
    return {
      uri: convert.asUri(document.uri),
      version: document.version,
      range: convert.asRange(selection),
      diagnostics: reported.map((each) => convert.asDiagnostic(each)),
      unit: unitOf(editor),
    };
  }
}

/** The editor that the user works in, if the server knows its document. */
export function currentEditor(): TextEditor | undefined {
  const editor = window.activeTextEditor;
  return editor && schemes.includes(editor.document.uri.scheme) ? editor : undefined;
}

/** One level of indentation. */
export function unitOf(editor: TextEditor): string {
  const { tabSize, insertSpaces } = editor.options;
  return insertSpaces && typeof tabSize === "number" ? " ".repeat(Math.min(tabSize, 16)) : "\t";
}

/** The folder of the workspace that the user works in. */
export function currentFolder(): string | undefined {
  const editor = currentEditor();
  return (editor && workspace.getWorkspaceFolder(editor.document.uri)?.uri.fsPath) ?? workspace.workspaceFolders?.[0]?.uri.fsPath;
}

/** How far a command has come is seen in the chat, in the live edit, or in a notification. */
export function progressOf(command: SlashCommand): Progress {
  if (command.output === "prose" || command.output === "local") return "none";
  return configuration().get("edits.show", "live") === "live" ? "window" : "notification";
}
