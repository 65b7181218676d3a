// What the chat's view and the extension say to each other.
import type { PastedImage, SlashCommand } from "../protocol";
import type { Conversation, Turn } from "./conversation";

/** The code that a question goes with: a selection, or what is on the screen. */
export interface Attachment {
  label: string;
  visible: boolean;
}

/** Something that can be named in a question. */
export interface Candidate {
  insert: string;
  label: string;
  detail: string;
}

/** The model that answers the next question; `problem` says why it can't be asked. */
export interface ModelShown {
  label: string;
  problem: string;
}

export type ToView =
  | { kind: "conversation"; conversation: Conversation }
  | { kind: "turn"; turn: Turn }
  | { kind: "delta"; id: string; delta: string }
  | { kind: "commands"; commands: SlashCommand[] }
  | { kind: "model"; model: ModelShown; button: string }
  | { kind: "attachment"; attachment: Attachment | null }
  /** What may be meant by the text behind a number sign. */
  | { kind: "candidates"; typed: string; candidates: Candidate[] }
  | { kind: "insert"; text: string }
  | { kind: "focus" };

/** What can be done with a block of code. */
export type CodeAction = "copy" | "insert" | "apply" | "newFile" | "terminal";

export type ToExtension =
  | { kind: "ready" }
  /** `instead`: the turn whose question it takes the place of. */
  | { kind: "ask"; text: string; instead?: string; images?: PastedImage[] }
  | { kind: "again"; id: string }
  /** Another answer in the place of that turn's; `choose`: by a model that the user chooses. */
  | { kind: "regenerate"; id: string; choose: boolean }
  | { kind: "stop"; id: string }
  | { kind: CodeAction; code: string; language: string }
  | { kind: "detach" }
  | { kind: "complete"; typed: string }
  /** Files were dropped: their addresses. */
  | { kind: "drop"; uris: string[] }
  /** A place that an answer names. */
  | { kind: "open"; file: string; line: number }
  /** Does what helps against the problem of a turn; without an id, of the model. */
  | { kind: "remedy"; id: string }
  | { kind: "run"; command: "picode.selectModel" | "picode.showLog" | "picode.showConversations" };
