// Choosing the model that makes the suggestions.
import { QuickPickItemKind, window, type QuickPickItem } from "vscode";
import type { BaseLanguageClient } from "vscode-languageclient/node";
import { configuration, update, updateTogether } from "./settings";

/** A row of the answer to the server command `picode.models`. */
interface Model {
  provider: string;
  title: string;
  model: string;
  available: boolean;
  current: boolean;
  detail: string;
}

type Choice = QuickPickItem & { chosen?: Pick<Model, "provider" | "model"> };

export async function selectModel(client: BaseLanguageClient | undefined): Promise<void> {
  if (!client) {
    void window.showInformationMessage("PiCode's language server is not running. It knows which models there are.");
    return;
  }
  const rows = client.sendRequest<Model[]>("workspace/executeCommand", { command: "picode.models" }).then(choices);
  const choice = await window.showQuickPick<Choice>(rows, {
    title: "PiCode: Select Model",
    placeHolder: "The model that makes the suggestions",
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (!choice) return;
  const chosen = choice.chosen ?? (await otherModel());
  if (!chosen) return;
  await updateTogether(client, async () => {
    await update("inline.provider", () => chosen.provider);
    await update("inline.model", () => chosen.model);
  });
}

function choices(models: Model[]): Choice[] {
  const rows = models.map(
    (model): Choice => ({
      label: `$(${model.current ? "check" : model.available ? "blank" : "circle-slash"}) ${model.title}`,
      description: model.model,
      detail: model.detail,
      chosen: model,
    }),
  );
  return [...rows, { label: "", kind: QuickPickItemKind.Separator }, { label: "$(edit) Another model…" }];
}

/** A model that the server has not listed, by its name. */
async function otherModel(): Promise<Choice["chosen"]> {
  const provider = configuration().get("inline.provider", "embedded");
  const model = await window.showInputBox({
    title: "PiCode: Select Model",
    prompt: `The model's name, as the provider “${provider}” knows it`,
    value: configuration().get("inline.model", ""),
  });
  return model === undefined ? undefined : { provider, model: model.trim() };
}
