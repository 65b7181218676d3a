// What the language server says beyond the protocol, and is asked for: docs/protocol.md.
import type { Diagnostic, Range } from "vscode-languageclient/node";

/** A slash command: a row of `picode.commands`, and of slashCommands.json, which is made from the server's own table. */
export interface SlashCommand {
  name: string;
  title: string;
  help: string;
  /** What may be typed behind its name, or, if `mustSay`, has to be. */
  words: string;
  mustSay: boolean;
  output: "prose" | "edit" | "message" | "local";
  about: "code" | "changes" | "anything";
  example: string;
  /** The file of a user's own command; empty for the others. */
  source: string;
}

/** The argument of `picode.slash`. */
export interface SlashArguments {
  text: string;
  uri?: string;
  range?: Range;
  version?: number;
  diagnostics?: Diagnostic[];
  unit?: string;
  files?: string[];
  conversation?: string;
  folder?: string;
  workDoneToken?: string | number;
}

export type Outcome = "whole" | "cut" | "refused" | "stopped" | "failed";

/** The result of `picode.slash` and of `picode.edit.again`. */
export interface SlashResult {
  id: string;
  command: string;
  output: SlashCommand["output"];
  text: string;
  conversation: string;
  state: Outcome;
  problem?: string;
  edit?: { state: "proposed" | "applied" | "unchanged" | "declined" | "refused"; reason: string; added: number; removed: number };
}

/** The parameters of `picode/answer`. */
export interface AnswerNews {
  id: string;
  state: "asked" | "began" | "growing" | Outcome;
  command: string;
  title: string;
  conversation: string;
  question?: string;
  token?: string | number;
  provider?: string;
  model?: string;
  shown?: string[];
  note?: string;
  delta?: string;
  thinking?: boolean;
  text?: string;
  problem?: string;
  usage?: { input: number; output: number };
  cost?: number | null;
}

/** A line of a diff: it stays, goes, comes, or has not been reached yet. */
export interface DiffLine {
  kind: " " | "-" | "+" | "?";
  text: string;
}

/** The parameters of `picode/edit`. */
export interface EditNews {
  id: string;
  uri: string;
  version: number | null;
  range: Range;
  title: string;
  state: "streaming" | "ready" | "unchanged" | "refused" | "stopped" | "failed";
  lines: DiffLine[];
  reason: string;
  /** The file's name, if other programs run it by themselves: then the user must confirm the edit of this very file. */
  confirm?: string;
}

/** A row of `picode.conversations`. `changed` is in Unix seconds, `cost` in US dollars. */
export interface ConversationRow {
  id: string;
  title: string;
  folder: string;
  changed: number;
  turns: number;
  cost: number | null;
}
