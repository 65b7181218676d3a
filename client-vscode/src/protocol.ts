// What the language server says beyond the protocol, and is asked for: docs/protocol.md. The types are generated from the
// server's own; here are the names that this client has for them.
import type { AnswerState, EditParams } from "./messages.generated";

export type {
  PastedImage,
  AlertParams as Alert,
  ChatModel,
  AnswerParams as AnswerNews,
  ClientNotifications,
  CommandArguments,
  CommandResults,
  ConversationRow,
  EditLine as DiffLine,
  EditParams as EditNews,
  EditResult,
  LanguageModelMessage,
  LanguageModelRow,
  ResponseFailure,
  ResponseOptions,
  ResponseParams as ResponseNews,
  KeptConversation,
  KeyDescription,
  KeyEntered,
  ModelChoice,
  Notifications,
  RemedyCommand as Remedy,
  SlashArguments,
  SlashCommand,
  SlashResult,
} from "./messages.generated";

export type Outcome = Exclude<AnswerState, "asked" | "waiting" | "began" | "growing">;
export type EditState = EditParams["state"];
