// PiCode's models for VS Code's own chat, and for extensions that ask `vscode.lm`: the vendor `picode` (VS Code 1.104 or newer).
// The server lists the models and asks them; here is only the translation.
import { randomUUID } from "node:crypto";
import { CancellationError, EventEmitter, LanguageModelError, workspace, type CancellationToken, type Disposable, type Progress } from "vscode";
import type { Keys } from "../keys";
import type { CommandArguments, LanguageModelRow, ResponseFailure, ResponseNews } from "../protocol";
import type { Session } from "../session";
import { api, requiredToolMode, type ModelInformation, type ModelProvider, type RequestMessage, type RequestOptions } from "./api";
import { messageOf, optionsOf, partOf } from "./parts";

/** The name of the contribution in package.json. */
const vendor = "picode";

type Asked = Omit<CommandArguments["picode.languageModels.respond"], "response">;
type Model = ModelInformation & Pick<LanguageModelRow, "provider" | "model">;

/** Nothing, where VS Code is too old for it. */
export function registerLanguageModels(session: Session, keys: Keys): Disposable[] {
  if (!api.lm?.registerLanguageModelChatProvider) return [];
  const provider = new LanguageModels(session, keys);
  return [provider, api.lm.registerLanguageModelChatProvider(vendor, provider)];
}

class LanguageModels implements ModelProvider<Model>, Disposable {
  private readonly changes = new EventEmitter<void>();
  readonly onDidChangeLanguageModelChatInformation = this.changes.event;
  /** What is done with the pieces of each response, by its name. */
  private readonly receivers = new Map<string, (pieces: ResponseNews["parts"]) => void>();
  private readonly subscriptions: Disposable[];

  constructor(
    private readonly session: Session,
    private readonly keys: Keys,
  ) {
    const changed = () => this.changes.fire();
    this.subscriptions = [
      this.changes,
      session.onResponse(({ response, parts }) => this.receivers.get(response)?.(parts)),
      session.onStart(changed),
      session.onModelsChange(changed),
      keys.onEntered(changed),
      workspace.onDidGrantWorkspaceTrust(changed),
    ];
  }

  dispose(): void {
    for (const each of this.subscriptions) each.dispose();
  }

  /** The models that can be asked. Where there is none and the user may be asked, a key is. */
  async provideLanguageModelChatInformation({ silent }: { readonly silent: boolean }, token: CancellationToken): Promise<Model[]> {
    // VS Code asks when it starts. To list models is to ask servers, which waits for trust where the user did not ask.
    if (silent && !workspace.isTrusted) return [];
    await this.session.whenStarted();
    if (!this.session.running) return [];
    const list = () => this.session.execute("picode.languageModels", {}, token);
    let rows = await list();
    if (!silent && rows.every((each) => each.needsKey) && (await this.keys.enter())) rows = await list();
    return rows.map(described);
  }

  /** Asks a model. Where its provider's key is missing, the user is asked for it. Fails with a `LanguageModelError`. */
  async provideLanguageModelChatResponse(
    { provider, model }: Model,
    messages: readonly RequestMessage[],
    options: RequestOptions,
    progress: Progress<unknown>,
    token: CancellationToken,
  ): Promise<void> {
    const tools = (options.tools ?? []).map(({ name, description, inputSchema }) => ({
      name,
      ...(description && { description }),
      ...(inputSchema && { parameters: inputSchema }),
    }));
    const mustCall = options.toolMode === requiredToolMode;
    const asked = { provider, model, messages: messages.map(messageOf), tools, mustCall, options: optionsOf(options) };
    const failure = await orModelError(token, async () => {
      const first = await this.respond(asked, progress, token);
      return first?.kind === "key" && (await this.keys.enter(provider, model)) ? this.respond(asked, progress, token) : first;
    });
    if (failure) throw modelError(failure);
  }

  async provideTokenCount({ provider, model }: Model, text: string | RequestMessage, token: CancellationToken): Promise<number> {
    const message = typeof text === "string" ? { role: 1, content: text } : text;
    return orModelError(token, () => this.session.execute("picode.languageModels.countTokens", { provider, model, messages: [messageOf(message)] }, token));
  }

  private async respond(asked: Asked, progress: Progress<unknown>, token: CancellationToken): Promise<ResponseFailure | undefined> {
    const response = randomUUID();
    this.receivers.set(response, (pieces) => {
      for (const part of pieces.map(partOf)) if (part) progress.report(part);
    });
    try {
      await this.session.whenStarted();
      return (await this.session.execute("picode.languageModels.respond", { response, ...asked }, token)).failure;
    } finally {
      this.receivers.delete(response);
    }
  }
}

function described({ provider, title, model, family, detail, needsKey, tools, images, maxInputTokens, maxOutputTokens }: LanguageModelRow): Model {
  return {
    id: `${provider}/${model}`,
    name: model,
    family,
    version: "1",
    detail: needsKey ? `${title}, needs a key` : title,
    tooltip: needsKey ? "The key is asked for when the model is used." : `${model} of ${title}, through PiCode${detail ? `: ${detail}` : ""}`,
    maxInputTokens,
    maxOutputTokens,
    capabilities: { toolCalling: tools, imageInput: images },
    isUserSelectable: true,
    provider,
    model,
  };
}

/** What `work` gives; whatever it fails with, as an error of VS Code's language model API. */
async function orModelError<Result>(token: CancellationToken, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (token.isCancellationRequested) throw new CancellationError();
    throw new LanguageModelError(error instanceof Error ? error.message : String(error));
  }
}

function modelError({ kind, message }: ResponseFailure): LanguageModelError {
  switch (kind) {
    case "key":
      return LanguageModelError.NoPermissions(message);
    case "unknownModel":
      return LanguageModelError.NotFound(message);
    case "refused":
      return LanguageModelError.Blocked(message);
    case "failed":
      return new LanguageModelError(message);
  }
}
