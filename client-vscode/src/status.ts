// The status bar item: what the server is doing, and the way to the menu.
import { MarkdownString, StatusBarAlignment, ThemeColor, window, type Command, type Disposable } from "vscode";

import type { StatusKind, StatusParams } from "./messages.generated";

export type Kind = StatusKind;

/** The parameters of the notification `picode/status`; the client tells its own states in the same words. */
export type Status = StatusParams;

export interface StatusView extends Disposable {
  readonly current: Status;
  show(status: Status): void;
}

const icons: Record<Kind, string> = {
  normal: "$(sparkle)",
  busy: "$(loading~spin)",
  warning: "$(warning)",
  error: "$(error)",
  inactive: "$(circle-slash)",
};

const words: Record<Kind, string> = {
  normal: "ready",
  busy: "working",
  warning: "needs attention",
  error: "not working",
  inactive: "off here",
};

/** Milliseconds before a spinner appears: most suggestions are there sooner, and a flicker at every key would distract. */
const patience = 200;

/** A status of the client's own, about the server as a program. */
export function clientStatus(kind: Kind, message: string, command?: Command): Status {
  const fix = command && { command: { ...command, arguments: command.arguments ?? [] } };
  return { kind, message, provider: "", model: "", ...fix };
}

export function createStatusView(): StatusView {
  const item = window.createStatusBarItem("picode.status", StatusBarAlignment.Right, 100);
  item.name = "PiCode";
  item.command = "picode.menu";
  let current = clientStatus("busy", "Starting…");
  let spinner: NodeJS.Timeout | undefined;

  function draw(): void {
    item.text = `${icons[current.kind]} PiCode`;
    item.tooltip = tooltip(current);
    item.accessibilityInformation = { label: `PiCode, ${summary(current)}`, role: "button" };
    item.backgroundColor =
      current.kind === "error" || current.kind === "warning"
        ? new ThemeColor(`statusBarItem.${current.kind}Background`)
        : undefined;
    item.show();
  }

  draw();
  return {
    get current() {
      return current;
    },
    show(status) {
      current = status;
      clearTimeout(spinner);
      if (status.kind === "busy") spinner = setTimeout(draw, patience);
      else draw();
    },
    dispose() {
      clearTimeout(spinner);
      item.dispose();
    },
  };
}

/** One line: what is asked, and how it is. */
export function summary(status: Status): string {
  const who = [status.provider, status.model].filter(Boolean).join(" · ");
  return [who, status.message || words[status.kind]].filter(Boolean).join(": ");
}

function tooltip(status: Status): MarkdownString {
  const text = new MarkdownString(undefined, true);
  text.appendMarkdown(`**PiCode** — ${words[status.kind]}`);
  if (status.provider) {
    // What the server says is shown as text: nothing in it becomes a link or a picture.
    text.appendMarkdown("\n\n").appendText([status.provider, status.model].filter(Boolean).join(" · "));
  }
  if (status.message) text.appendMarkdown("\n\n").appendText(status.message);
  if (status.command) {
    const { title, command, arguments: given = [] } = status.command;
    const address = `command:${command}?${encodeURIComponent(JSON.stringify(given))}`;
    text.appendMarkdown("\n\n[").appendText(title).appendMarkdown(`](${address})`);
    text.isTrusted = { enabledCommands: [command] };
  }
  return text;
}
