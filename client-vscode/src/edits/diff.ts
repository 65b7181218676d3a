// A diff, as it is shown below the code that it is about.
import type { DiffLine } from "../protocol";

/** Lines shown around each change. */
const around = 3;

const colours = { "+": "diffEditor-insertedLineBackground", "-": "diffEditor-removedLineBackground" };

/** How many lines come and go; empty while none does. */
export function counts(lines: readonly DiffLine[]): string {
  const count = (kind: DiffLine["kind"]) => lines.filter((line) => line.kind === kind).length;
  return count("+") + count("-") > 0 ? `+${count("+")} −${count("-")}` : "";
}

/** HTML, in the colours of VS Code's diff editor: what is far from any change and from where the model writes is left out. */
export function diffHtml(lines: readonly DiffLine[]): string {
  const reached = lines.filter((line) => line.kind !== "?");
  const grows = reached.length < lines.length;
  const near = reached.map((_, at) => {
    const isAtPen = grows && at >= reached.length - around;
    return isAtPen || reached.slice(Math.max(0, at - around), at + around + 1).some((line) => line.kind !== " ");
  });
  const width = Math.max(40, ...reached.filter((_, at) => near[at]).map((line) => columns(line.text))) + 3;
  const rows: string[] = [];
  reached.forEach((line, at) => {
    if (near[at]) rows.push(row(line, width));
    else if (at === 0 || near[at - 1]) rows.push("  ⋯");
  });
  if (grows) rows.push("  …");
  return `<pre>${rows.join("\n")}</pre>`;
}

function row({ kind, text }: DiffLine, width: number): string {
  const spaced = text.replaceAll("\t", "    ");
  const content = `${kind === "-" ? "−" : kind} ${escaped(spaced)}${" ".repeat(Math.max(1, width - columns(text)))}`;
  if (kind !== "+" && kind !== "-") return content;
  return `<span style="background-color:var(--vscode-${colours[kind]});">${content}</span>`;
}

function columns(text: string): number {
  return text.replaceAll("\t", "    ").length;
}

/** Entities, so that neither HTML nor Markdown is in it. */
function escaped(text: string): string {
  return text.replace(/[^\w .,;:+=\u0080-\uffff-]/g, (character) => `&#${character.codePointAt(0)};`);
}
