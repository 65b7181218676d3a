// Choosing a model: the one that makes the suggestions, or the one that is asked in conversations and for edits.
import { commands, QuickPickItemKind, ThemeIcon, window, type QuickPickItem } from "vscode";
import type { ChatModel, ModelChoice } from "./protocol";
import type { Keys } from "./keys";
import type { Session } from "./session";
import { configuration, update, updateTogether } from "./settings";

export type Chosen = Pick<ModelChoice, "provider" | "model">;
type Listed = Chosen & { needsKey?: boolean };
type Choice = QuickPickItem & { chosen?: Listed; typed?: string };

/** The group of settings that names the model. */
export type Purpose = "inline" | "chat";

const purposes = {
  inline: { placeholder: "The model that makes the suggestions", icon: "comment-discussion", other: "For conversations and edits" },
  chat: { placeholder: "The model that is asked in conversations and for edits", icon: "sparkle", other: "For suggestions" },
};

export async function selectModel(session: Session, keys: Keys, purpose: Purpose = "inline"): Promise<void> {
  if (!session.running) {
    const { problem, remedy } = session.obstacle ?? { problem: "The language server is not running.", remedy: undefined };
    const pressed = await window.showInformationMessage(`PiCode: ${problem} It knows which models there are.`, ...(remedy ? [remedy] : []));
    if (pressed) await commands.executeCommand(pressed.command);
    return;
  }
  const picked = await pick(session, purpose);
  if (picked === "other") return selectModel(session, keys, purpose === "inline" ? "chat" : "inline");
  const chosen = picked && (picked.chosen ?? (await otherModel(purpose, picked.typed)));
  if (!chosen || (chosen.needsKey && !(await keys.enter(chosen.provider, chosen.model)))) return;
  await updateTogether(session.running, async () => {
    await update(`${purpose}.provider`, () => chosen.provider);
    await update(`${purpose}.model`, () => chosen.model);
  });
}

/** What the button of PiCode's models in VS Code's list of language models does. */
export async function manageModels(): Promise<void> {
  const rows = [
    { label: "$(key) Enter Key…", description: "of a provider, whose models are listed then", command: "picode.enterKey" },
    { label: "$(server) Select Model…", description: "for PiCode's own suggestions, conversations and edits", command: "picode.selectModel" },
    { label: "$(settings-gear) Open Settings", description: "providers and their addresses", command: "picode.openSettings" },
  ];
  const picked = await window.showQuickPick(rows, { title: "PiCode: Language Models" });
  if (picked) await commands.executeCommand(picked.command);
}

/** A model for one answer. */
export async function chooseModel(session: Session): Promise<Chosen | undefined> {
  const models = await session.execute("picode.models");
  const rows = models.filter((each) => each.available).map((each) => ({ label: each.title, description: each.model, detail: each.detail, chosen: each }));
  const options = { title: "PiCode: Regenerate", placeHolder: "The model that answers this question", matchOnDescription: true };
  const picked = await window.showQuickPick(rows, options);
  return picked && { provider: picked.chosen.provider, model: picked.chosen.model };
}

/** `other` is the button that turns to the other purpose. */
function pick(session: Session, purpose: Purpose): Promise<Choice | "other" | undefined> {
  const { placeholder, icon, other } = purposes[purpose];
  const list = window.createQuickPick<Choice>();
  Object.assign(list, { title: "PiCode: Select Model", placeholder, busy: true, matchOnDescription: true, matchOnDetail: true });
  list.buttons = [{ iconPath: new ThemeIcon(icon), tooltip: other }];
  return new Promise((resolve) => {
    list.onDidTriggerButton(() => (resolve("other"), list.hide()));
    list.onDidAccept(() => {
      const picked = list.selectedItems[0];
      resolve(picked && (picked.chosen ? picked : { ...picked, typed: list.value.trim() }));
      list.hide();
    });
    list.onDidHide(() => (resolve(undefined), list.dispose()));
    list.show();
    const answers = purpose === "chat" ? session.execute("picode.chat.model") : undefined;
    void Promise.all([session.execute("picode.models"), answers]).then(([models, asked]) => {
      list.items = choices(models, asked);
      list.busy = false;
    }, list.hide.bind(list));
  });
}

/** `asked` is who answers questions now, if it is about those. */
function choices(models: ModelChoice[], asked: ChatModel | undefined): Choice[] {
  const isCurrent = (model: ModelChoice) => (asked ? model.provider === asked.provider && model.model === asked.model : model.current);
  const isTooSmall = (model: ModelChoice) => asked !== undefined && !model.answersQuestions && !isCurrent(model);
  const rank = (model: ModelChoice) => (isCurrent(model) ? 0 : isTooSmall(model) ? 2 : 1);
  const rows = [...models].sort((one, other) => rank(one) - rank(other)).map(
    (model): Choice => ({
      label: `$(${isCurrent(model) ? "check" : model.available ? "blank" : model.needsKey ? "key" : "circle-slash"}) ${model.title}`,
      description: model.model,
      detail: model.needsKey ? "needs a key, which is asked for" : isTooSmall(model) ? "completes code, and is too small for questions" : model.detail,
      chosen: model,
    }),
  );
  return [...rows, { label: "", kind: QuickPickItemKind.Separator }, { label: "$(edit) Another model…", alwaysShow: true }];
}

/** A model that the server has not listed, by its name. */
async function otherModel(purpose: Purpose, typed = ""): Promise<Listed | undefined> {
  const set = configuration().get<string>(`${purpose}.provider`, "");
  const provider = set || configuration().get<string>("inline.provider", "embedded");
  const model = await window.showInputBox({
    title: "PiCode: Select Model",
    prompt: `The model's name, as the provider “${provider}” knows it`,
    value: typed || configuration().get<string>(`${purpose}.model`, ""),
  });
  return model === undefined ? undefined : { provider, model: model.trim() };
}
