// What can be named with `#` in a question: files and symbols of the workspace, problems, the selection, what the terminal says.
import path from "node:path";
import { commands, DiagnosticSeverity, languages, Uri, window, workspace, type Disposable, type SymbolInformation, type TextEditor } from "vscode";
import type { Candidate } from "./messages";

const excluded = "**/{node_modules,.git,.venv,venv,target,dist,build,out,__pycache__}/**";
const most = { files: 12, symbols: 8, problems: 50, output: 20_000 };

/** Words that stand for something other than a file. */
const words: Candidate[] = [
  { insert: "#problems", label: "#problems", detail: "what is reported in the file that is open" },
  { insert: "#selection", label: "#selection", detail: "the selected code, once more" },
  { insert: "#terminal", label: "#terminal", detail: "the last command in the terminal, and what it said" },
];

/** What `typed`, the text behind a number sign, may mean. */
export async function candidates(typed: string): Promise<Candidate[]> {
  const lowered = typed.toLowerCase();
  const fitting = words.filter((each) => each.label.slice(1).startsWith(lowered));
  const [files, symbols] = await Promise.all([filesLike(typed), typed.length > 1 ? symbolsLike(typed) : []]);
  return [...fitting, ...files, ...symbols];
}

/** A file, or lines of it, as it is named in a question. */
export function reference(uri: Uri, lines = ""): string {
  const name = `${workspace.asRelativePath(uri, (workspace.workspaceFolders?.length ?? 0) > 1)}${lines}`;
  return /[\s"]/.test(name) || !/[./]/.test(name) ? `#"${name}"` : `#${name}`;
}

async function filesLike(typed: string): Promise<Candidate[]> {
  const plain = typed.replace(/["[\]{}*?!]/g, "");
  const glob = plain.includes("/") ? `**/${plain}*` : `**/*${plain}*`;
  const open = workspace.textDocuments.filter((each) => each.uri.scheme === "file" && each.uri.path.toLowerCase().includes(plain.toLowerCase()));
  const found = await workspace.findFiles(glob, excluded, most.files);
  const all = [...new Map([...open.map((each) => each.uri), ...found].map((uri) => [uri.toString(), uri])).values()];
  return all.filter((uri) => workspace.getWorkspaceFolder(uri)).slice(0, most.files).map((uri) => {
    const folder = path.posix.dirname(workspace.asRelativePath(uri, false));
    return { insert: reference(uri), label: `#${path.posix.basename(uri.path)}`, detail: folder === "." ? "" : folder };
  });
}

async function symbolsLike(typed: string): Promise<Candidate[]> {
  const found = await commands.executeCommand<SymbolInformation[] | undefined>("vscode.executeWorkspaceSymbolProvider", typed);
  return (found ?? []).filter(({ location }) => workspace.getWorkspaceFolder(location.uri)).slice(0, most.symbols).map(({ name, location }) => {
    const lines = `:${location.range.start.line + 1}-${location.range.end.line + 1}`;
    return { insert: reference(location.uri, lines), label: `#${name}`, detail: workspace.asRelativePath(location.uri) };
  });
}

/** The text that the words of a question stand for, and whether they name the selection. */
export function attached(text: string, editor: TextEditor | undefined, output: TerminalOutput): { attached: string; selection: boolean } {
  const names = (word: string) => new RegExp(`(^|\\s)#${word}\\b`).test(text);
  const parts = [names("problems") ? problemsOf(editor) : "", names("terminal") ? output.last : ""];
  return { attached: parts.filter(Boolean).join("\n\n"), selection: names("selection") };
}

function problemsOf(editor: TextEditor | undefined): string {
  if (!editor) return "";
  const name = workspace.asRelativePath(editor.document.uri);
  const found = languages.getDiagnostics(editor.document.uri).slice(0, most.problems);
  const rows = found.map((each) => `${name}:${each.range.start.line + 1}: ${DiagnosticSeverity[each.severity].toLowerCase()}: ${each.message}`);
  return [`Problems that the editor reports in ${name}:`, ...(rows.length > 0 ? rows : ["none"])].join("\n");
}

/** The last command of the terminals with shell integration, and what it said (VS Code 1.93 or newer). */
export class TerminalOutput implements Disposable {
  private readonly subscription: Disposable | undefined;
  last = "";

  constructor() {
    const { onDidStartTerminalShellExecution } = window as unknown as Partial<ShellWindow>;
    this.subscription = onDidStartTerminalShellExecution?.(({ execution }) => void this.read(execution));
  }

  dispose(): void {
    this.subscription?.dispose();
  }

  private async read(execution: ShellExecution): Promise<void> {
    let said = "";
    const keep = () => {
      // What moves the cursor, colours and titles is no text.
      const plain = said.replace(/\x1b(?:\][^\x07\x1b]*(?:\x07|\x1b\\)|[[(][0-?]*[ -/]*[@-~]|.)/g, "").replace(/\r/g, "");
      this.last = `In the terminal:\n$ ${execution.commandLine.value}\n${plain.trim()}`;
    };
    keep(); // a command may say nothing
    for await (const piece of execution.read()) {
      said = (said + piece).slice(-most.output);
      keep();
    }
  }
}

interface ShellExecution {
  readonly commandLine: { readonly value: string };
  read(): AsyncIterable<string>;
}

interface ShellWindow {
  onDidStartTerminalShellExecution(listener: (event: { execution: ShellExecution }) => void): Disposable;
}
