// The names that fences have for languages, as VS Code's.
import { languages } from "vscode";

const aliases: Record<string, string> = {
  bash: "shellscript",
  "c#": "csharp",
  "c++": "cpp",
  cs: "csharp",
  console: "shellscript",
  golang: "go",
  js: "javascript",
  jsx: "javascriptreact",
  kt: "kotlin",
  md: "markdown",
  ps1: "powershell",
  pwsh: "powershell",
  py: "python",
  rb: "ruby",
  rs: "rust",
  sh: "shellscript",
  shell: "shellscript",
  ts: "typescript",
  tsx: "typescriptreact",
  yml: "yaml",
  zsh: "shellscript",
};

/** The language that a fence names, if VS Code knows it; else plain text. */
export async function languageOf(name: string): Promise<string> {
  const lowered = name.toLowerCase();
  const language = aliases[lowered] ?? lowered;
  return (await languages.getLanguages()).includes(language) ? language : "plaintext";
}
