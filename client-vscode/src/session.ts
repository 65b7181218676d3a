// One language server at a time: starts it, restarts it when it crashes, and says so when it cannot.
import { commands, EventEmitter, window, workspace } from "vscode";
import type { CancellationToken, Disposable, ExtensionContext, LogOutputChannel } from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import type { QuietClient } from "./client";
import type { AnswerNews, ClientNotifications, CommandArguments, CommandResults, EditNews, Remedy, ResponseNews } from "./protocol";
import { findServer } from "./server";
import { clientStatus, type Status, type StatusView } from "./status";

/** Five crashes in three minutes are enough; before each new start but the first comes a longer wait. */
const crashes = { limit: 5, within: 3 * 60_000, wait: (count: number) => (count < 2 ? 0 : 500 * 2 ** (count - 2)) };

/** Milliseconds that a question waits for a server that is starting. */
const patience = 30_000;

/** Why there is no server, and what helps. */
export interface Obstacle {
  problem: string;
  remedy: Remedy;
}

const installFix = { title: "Install…", command: "picode.install" };
const chooseFix = { title: "Choose Server…", command: "picode.chooseServer" };
const restartFix = { title: "Restart", command: "picode.restart" };
const showLog = { title: "Show Log", command: "picode.showLog" };

/** A command of the server that goes through the client's own hands. */
export type Intercept = (given: unknown[], send: (given: unknown[]) => unknown) => unknown;

export class Session implements Disposable {
  private client: QuietClient | undefined;
  /** The steps of starting and stopping, one after the other. */
  private queue: Promise<void> = Promise.resolve();
  private crashTimes: number[] = [];
  private nextStart: NodeJS.Timeout | undefined;
  private missing = false;
  /** Undefined while a server runs or is about to. */
  obstacle: Obstacle | undefined;
  private readonly answers = new EventEmitter<AnswerNews>();
  private readonly edits = new EventEmitter<EditNews>();
  private readonly responses = new EventEmitter<ResponseNews>();
  private readonly modelChanges = new EventEmitter<void>();
  private readonly starts = new EventEmitter<void>();
  private readonly ends = new EventEmitter<void>();
  private readonly obstacles = new EventEmitter<void>();

  readonly onAnswer = this.answers.event;
  readonly onEdit = this.edits.event;
  readonly onResponse = this.responses.event;
  /** Other models may be asked now. */
  readonly onModelsChange = this.modelChanges.event;
  /** A server is ready to be asked. */
  readonly onStart = this.starts.event;
  /** The server is gone, and with it all that it was doing. */
  readonly onEnd = this.ends.event;
  readonly onObstacle = this.obstacles.event;
  /** By the names of the server's commands. */
  readonly intercepts = new Map<string, Intercept>();

  constructor(
    private readonly context: ExtensionContext,
    private readonly log: LogOutputChannel,
    private readonly statusView: StatusView,
  ) {}

  /** The client, while its server runs. */
  get running(): QuietClient | undefined {
    return this.client?.isRunning() ? this.client : undefined;
  }

  /** Has the server run a command. Fails with a message for the user where no server runs, or the server refuses. */
  async execute<Name extends keyof CommandResults>(
    command: Name,
    argument?: Name extends keyof CommandArguments ? CommandArguments[Name] : never,
    token?: CancellationToken,
  ): Promise<CommandResults[Name]> {
    const client = this.running;
    if (!client) throw new Error(this.obstacle?.problem ?? "PiCode's language server is not running.");
    const request = { command, arguments: argument ? [argument] : [] };
    return client.sendRequest<CommandResults[Name]>("workspace/executeCommand", request, token);
  }

  /** Does `work`, of which nothing is written to the trace of the protocol. */
  untraced<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.running?.untraced(work) ?? work();
  }

  /** Stops what the server does under that progress token. */
  async cancel(token: string | number): Promise<void> {
    await this.running?.sendNotification("window/workDoneProgress/cancel", { token });
  }

  /** Waits for a server that is about to run, but not for ever. */
  async whenStarted(): Promise<void> {
    if (this.running || this.obstacle) return;
    await new Promise<void>((resolve) => {
      const waits = [this.onStart(() => done()), this.onObstacle(() => this.obstacle && done())];
      const limit = setTimeout(() => done(), patience);
      const done = () => {
        clearTimeout(limit);
        for (const each of waits) each.dispose();
        resolve();
      };
    });
  }

  start(): Promise<void> {
    return this.step(() => this.launch());
  }

  stop(): Promise<void> {
    return this.step(() => this.shutDown());
  }

  /** A new search and a new start; what went wrong before is forgotten. */
  restart(): Promise<void> {
    this.crashTimes = [];
    return this.step(async () => {
      await this.shutDown();
      await this.launch();
    });
  }

  /** The user trusts the workspace now: its settings count, and its interpreter may bring the server that was missing. */
  async trustGranted(): Promise<void> {
    if (this.missing) return this.start();
    const trust: ClientNotifications["picode/didChangeTrust"] = { workspaceTrusted: true };
    const sent = this.running?.sendNotification("picode/didChangeTrust", trust);
    await sent?.catch((error: unknown) => this.log.warn(String(error)));
  }

  dispose(): void {
    clearTimeout(this.nextStart);
    for (const emitter of [this.answers, this.edits, this.responses, this.modelChanges, this.starts, this.ends, this.obstacles]) emitter.dispose();
  }

  private step(action: () => Promise<void>): Promise<void> {
    this.queue = this.queue.then(action).catch((error: unknown) => this.log.error(String(error)));
    return this.queue;
  }

  private async launch(): Promise<void> {
    clearTimeout(this.nextStart);
    if (this.client) return;
    this.statusView.show(clientStatus("busy", "Starting…"));
    this.setObstacle(undefined);
    const [search, { connect }] = await Promise.all([findServer(this.context, this.log), import("./client")]);
    this.missing = search.server === undefined;
    if (!search.server) {
      this.reportMissing(search.refused, search.problem);
      return;
    }
    const trusted = workspace.isTrusted;
    const client = connect(search.server, this.log, {
      status: (client, status) => this.showStatus(client, status),
      alert: ({ message, command }) => void offer(message, ...(command ? [command] : [])),
      answer: (news) => this.answers.fire(news),
      edit: (news) => this.edits.fire(news),
      response: (news) => this.responses.fire(news),
      modelsChanged: () => this.modelChanges.fire(),
      command: (name, given, send) => {
        const intercept = this.intercepts.get(name);
        return intercept ? intercept(given, (now) => send(name, now)) : send(name, given);
      },
      ended: (client) => this.crashed(client, "The server ended unasked."),
    });
    this.client = client;
    // Not awaited: a server that never answers could not be stopped and started again.
    client.start().then(
      () => {
        if (workspace.isTrusted !== trusted) void this.trustGranted();
        this.starts.fire();
        return this.askStatus(client);
      },
      (error: unknown) => this.crashed(client, `The server did not start: ${String(error)}`),
    );
  }

  /** The server tells changes of its status; the first one is asked for. */
  private async askStatus(client: LanguageClient): Promise<void> {
    try {
      this.showStatus(client, await client.sendRequest("workspace/executeCommand", { command: "picode.status" }));
    } catch (error) {
      this.log.warn(`The server does not tell its status: ${String(error)}`);
    }
  }

  private showStatus(client: LanguageClient, status: Status): void {
    if (client === this.client) this.statusView.show(status);
  }

  private async shutDown(): Promise<void> {
    clearTimeout(this.nextStart);
    const client = this.client;
    this.client = undefined;
    this.ends.fire();
    this.statusView.show(clientStatus("inactive", "Stopped.", restartFix));
    // A client that is still starting cannot stop, and says so; its process is ended all the same.
    await client?.stop().catch((error: unknown) => this.log.warn(String(error)));
  }

  /** A start that failed and a server that died are the same: may be called twice for one client, and counts once. */
  private crashed(client: LanguageClient, reason: string): void {
    if (client !== this.client) return;
    this.client = undefined;
    this.ends.fire();
    const now = Date.now();
    this.crashTimes = [...this.crashTimes.filter((time) => now - time < crashes.within), now];
    const count = this.crashTimes.length;
    this.log.error(`${reason} That is crash ${count} in ${crashes.within / 60_000} minutes.`);
    if (count < crashes.limit) {
      this.statusView.show(clientStatus("warning", "The language server crashed and is started again.", restartFix));
      this.nextStart = setTimeout(() => void this.start(), crashes.wait(count));
      return;
    }
    this.fail("The language server keeps crashing.", restartFix);
    const message = `PiCode's language server crashed ${count} times. It is not started again by itself.`;
    void offer(message, restartFix, showLog);
  }

  private reportMissing(refused: boolean, problem: string): void {
    if (refused) {
      this.fail(`The chosen language server does not run: ${problem}.`, chooseFix);
      void offer(`The command in the setting picode.server.command does not run PiCode: ${problem}.`, chooseFix, showLog);
    } else {
      this.fail("The language server is not installed.", installFix);
      void offer("PiCode needs its language server, and found none on this machine.", installFix, chooseFix, showLog);
    }
  }

  private fail(problem: string, fix: { title: string; command: string }): void {
    this.statusView.show(clientStatus("error", problem, fix));
    this.setObstacle({ problem, remedy: { ...fix, arguments: [] } });
  }

  private setObstacle(obstacle: Obstacle | undefined): void {
    this.obstacle = obstacle;
    this.obstacles.fire();
  }
}

/** Shows a message with buttons, each of which runs a command. */
async function offer(message: string, ...buttons: { title: string; command: string; arguments?: unknown[] }[]): Promise<void> {
  // A notification shows the marks of code as they are.
  const pressed = await window.showErrorMessage(message.replace(/`([^`]*)`/g, "“$1”"), ...buttons);
  if (pressed) await commands.executeCommand(pressed.command, ...(pressed.arguments ?? []));
}
