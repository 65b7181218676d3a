// What of VS Code's language model API this client uses and the types of its oldest VS Code (1.91) lack. Everything may be absent.
// https://code.visualstudio.com/api/references/vscode-api#LanguageModelChatProvider (1.104);
// `isUserSelectable` and thinking parts are used by VS Code 1.120 and are in no published type yet.
import * as vscode from "vscode";
import type { CancellationToken, Disposable, Event, Progress } from "vscode";

export interface TextPart {
  readonly value: string;
}

export interface CallPart {
  readonly callId: string;
  readonly name: string;
  readonly input: object;
}

export interface ResultPart {
  readonly callId: string;
  readonly content: readonly unknown[];
  readonly isError?: boolean;
}

export interface DataPart {
  readonly mimeType: string;
  readonly data: Uint8Array;
}

/** `metadata` holds the proofs that providers want back, under the names that VS Code's own providers have for them. */
export interface ThinkingPart {
  readonly value: string | string[];
  readonly id?: string;
  readonly metadata?: { readonly signature?: unknown; readonly encrypted_content?: unknown; readonly _completeThinking?: unknown };
}

export interface RequestMessage {
  readonly role: number;
  readonly content: string | readonly unknown[];
}

export interface RequestOptions {
  readonly modelOptions?: Record<string, unknown>;
  readonly modelConfiguration?: Record<string, unknown>;
  readonly tools?: readonly { readonly name: string; readonly description?: string; readonly inputSchema?: object }[];
  readonly toolMode?: number;
}

export interface ModelInformation {
  readonly id: string;
  readonly name: string;
  readonly family: string;
  readonly version: string;
  readonly detail: string;
  readonly tooltip: string;
  readonly maxInputTokens: number;
  readonly maxOutputTokens: number;
  readonly capabilities: { readonly toolCalling: boolean; readonly imageInput: boolean };
  /** Else VS Code 1.120 and newer list the model, but do not offer it. */
  readonly isUserSelectable: boolean;
}

export interface ModelProvider<Model extends ModelInformation> {
  readonly onDidChangeLanguageModelChatInformation: Event<void>;
  provideLanguageModelChatInformation(options: { readonly silent: boolean }, token: CancellationToken): Promise<Model[]>;
  provideLanguageModelChatResponse(
    model: Model,
    messages: readonly RequestMessage[],
    options: RequestOptions,
    progress: Progress<unknown>,
    token: CancellationToken,
  ): Promise<void>;
  provideTokenCount(model: Model, text: string | RequestMessage, token: CancellationToken): Promise<number>;
}

type Class<Part, Given extends unknown[]> = new (...given: Given) => Part;

interface Api {
  readonly lm?: {
    registerLanguageModelChatProvider?<Model extends ModelInformation>(vendor: string, provider: ModelProvider<Model>): Disposable;
  };
  readonly LanguageModelTextPart?: Class<TextPart, [value: string]>;
  readonly LanguageModelToolCallPart?: Class<CallPart, [callId: string, name: string, input: object]>;
  readonly LanguageModelToolResultPart?: Class<ResultPart, [callId: string, content: unknown[]]>;
  readonly LanguageModelDataPart?: Class<DataPart, [data: Uint8Array, mimeType: string]>;
  readonly LanguageModelThinkingPart?: Class<ThinkingPart, [value: string, id?: string, metadata?: object]>;
}

export const api = vscode as unknown as Api;

export const requiredToolMode = 2;

/** `LanguageModelChatMessageRole`; the third is proposed, and used by VS Code's own chat. */
export const roles: Record<number, "user" | "assistant" | "system"> = { 1: "user", 2: "assistant", 3: "system" };
