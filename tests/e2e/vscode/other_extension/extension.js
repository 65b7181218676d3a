// What PiCode meets in other extensions: one that uses its models, and one that knows a language. It knows nothing of PiCode but the
// name of its vendor. What the files NAME.request.json in the workspace's folder ask for, it does, and writes NAME.result.json.
const fs = require("node:fs/promises");
const path = require("node:path");
const vscode = require("vscode");
const { lm, LanguageModelChatMessage: Message } = vscode;

const tool = {
  name: "read_file",
  description: "Reads a file of the workspace.",
  inputSchema: { type: "object", properties: { path: { type: "string" } }, required: ["path"] },
};

const operations = {
  async models() {
    const found = await lm.selectChatModels({ vendor: "picode" });
    return found.map(({ id, name, family, maxInputTokens, capabilities }) => ({ id, name, family, maxInputTokens, capabilities }));
  },

  async ask({ model, text, image, options, cancel }) {
    const content = [new vscode.LanguageModelTextPart(text)];
    if (image) content.push(vscode.LanguageModelDataPart.image(Buffer.from(image, "base64"), "image/png"));
    const parts = [];
    const source = new vscode.CancellationTokenSource();
    try {
      const response = await (await named(model)).sendRequest([Message.User(content)], options, source.token);
      for await (const part of response.stream) {
        parts.push(plain(part));
        if (cancel) source.cancel();
      }
    } catch (error) {
      return { parts, error: { name: error.name, code: error.code, message: error.message } };
    }
    return { parts };
  },

  /** An agent: it reads the files that the model wants to see until the model has an answer. */
  async agent({ model, task }) {
    const messages = [Message.User(task)];
    for (let turn = 0; turn < 5; turn += 1) {
      const response = await (await named(model)).sendRequest(messages, { tools: [tool], toolMode: vscode.LanguageModelChatToolMode.Auto });
      const parts = [];
      for await (const part of response.stream) parts.push(part);
      const calls = parts.filter((part) => part instanceof vscode.LanguageModelToolCallPart);
      if (calls.length === 0) return { turns: turn + 1, answer: parts.map((part) => part.value ?? "").join("") };
      messages.push(Message.Assistant(parts));
      const results = calls.map(async ({ callId, input }) => {
        const text = await fs.readFile(path.join(folder(), input.path), "utf8");
        return new vscode.LanguageModelToolResultPart(callId, [new vscode.LanguageModelTextPart(text)]);
      });
      messages.push(Message.User(await Promise.all(results)));
    }
    throw new Error("The model wants ever more files.");
  },

  async count({ model, text }) {
    return (await named(model)).countTokens(text);
  },
};

async function named(id) {
  const [found] = await lm.selectChatModels({ vendor: "picode", id });
  if (!found) throw new Error(`No model ${id}.`);
  return found;
}

function plain(part) {
  if (part instanceof vscode.LanguageModelTextPart) return { text: part.value };
  if (part instanceof vscode.LanguageModelToolCallPart) return { call: part.name, input: part.input };
  if (vscode.LanguageModelThinkingPart && part instanceof vscode.LanguageModelThinkingPart) return { thinking: part.value };
  return { unknown: String(part) };
}

const folder = () => vscode.workspace.workspaceFolders[0].uri.fsPath;

async function serve(name) {
  const request = path.join(folder(), name);
  const { operation, ...given } = JSON.parse(await fs.readFile(request, "utf8"));
  await fs.rm(request);
  const result = await operations[operation](given).catch((error) => ({ failed: String(error) }));
  const file = request.replace(".request.", ".result.");
  await fs.writeFile(`${file}.new`, JSON.stringify(result));
  await fs.rename(`${file}.new`, file);
}

/** The functions of the workspace's Python files, by their names. */
const symbols = {
  async provideWorkspaceSymbols(query) {
    const found = [];
    for (const uri of await vscode.workspace.findFiles("*.py")) {
      const lines = Buffer.from(await vscode.workspace.fs.readFile(uri)).toString().split("\n");
      lines.forEach((line, at) => {
        const name = /^def (\w+)/.exec(line)?.[1];
        const place = new vscode.Location(uri, new vscode.Range(at, 0, at + 1, 0));
        if (name?.includes(query)) found.push(new vscode.SymbolInformation(name, vscode.SymbolKind.Function, "", place));
      });
    }
    return found;
  },
};

/** Every occurrence of the word in the file. */
const renaming = {
  provideRenameEdits(document, position, name) {
    const word = document.getText(document.getWordRangeAtPosition(position));
    const edit = new vscode.WorkspaceEdit();
    for (const { index } of document.getText().matchAll(new RegExp(`\\b${word}\\b`, "g"))) {
      edit.replace(document.uri, new vscode.Range(document.positionAt(index), document.positionAt(index + word.length)), name);
    }
    return edit;
  },
};

exports.activate = (context) => {
  context.subscriptions.push(
    vscode.languages.registerWorkspaceSymbolProvider(symbols),
    vscode.languages.registerRenameProvider("python", renaming),
  );
  const look = async () => {
    const names = (await fs.readdir(folder())).filter((name) => name.endsWith(".request.json"));
    await Promise.all(names.map(serve));
    setTimeout(look, 50);
  };
  void look();
};
