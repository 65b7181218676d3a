// Answers as HTML. A model's answer is a stranger's text: no HTML of its own, no picture, and no link but to the web, which VS
// Code asks about before it opens one.
import katex from "@vscode/markdown-it-katex";
import MarkdownIt from "markdown-it";
import type { CodeAction } from "../chat/messages";
import { highlighted } from "./highlighting";

/** Longer blocks are shown without colours: they are drawn anew with every piece that arrives. */
const longest = 20_000;

/** Languages whose code is for a terminal. */
const shells = new Set(["sh", "bash", "shell", "zsh", "fish", "console", "shellscript", "powershell", "pwsh", "ps1", "bat", "cmd"]);

const markdown = new MarkdownIt({ html: false, linkify: false });
// MathML alone: it needs neither fonts nor styles.
markdown.use(katex, { output: "mathml", throwOnError: false, strict: false, trust: false, maxExpand: 200, maxSize: 20 });
markdown.validateLink = (address) => /^https?:\/\//i.test(address) || place(decoded(address)) !== undefined;
markdown.renderer.rules.image = (tokens, at) => escaped(`[image: ${tokens[at]?.content ?? ""}]`);
markdown.renderer.rules.link_open = (tokens, at, options, _, renderer) => {
  const token = tokens[at];
  const here = place(decoded(token?.attrGet("href") ?? ""));
  if (token && here) token.attrs = attributesOf(here);
  if (here) return renderer.renderToken(tokens, at, options);
  // What a link says and where it leads may differ.
  token?.attrSet("title", token.attrGet("href") ?? "");
  token?.attrSet("rel", "noreferrer");
  return renderer.renderToken(tokens, at, options);
};
for (const [kind, mark] of Object.entries({ math_inline: "$", math_inline_block: "$$", math_inline_bare_block: "$$", math_block: "$$" })) {
  const draw = markdown.renderer.rules[kind];
  if (!draw) continue;
  // What is no formula stays as it was written.
  markdown.renderer.rules[kind] = (tokens, at, ...rest) => {
    const html = draw(tokens, at, ...rest);
    return html.includes("katex-error") ? escaped(`${mark}${tokens[at]?.content ?? ""}${mark}`) : html;
  };
}
for (const cell of ["th_open", "td_open"]) {
  // markdown-it says it in a style, which the page's policy forbids.
  markdown.renderer.rules[cell] = (tokens, at, options, _, renderer) => {
    const token = tokens[at];
    const aligned = /text-align:(\w+)/.exec(token?.attrGet("style") ?? "")?.[1];
    if (token && aligned) token.attrs = [["class", `align-${aligned}`]];
    return renderer.renderToken(tokens, at, options);
  };
}
markdown.core.ruler.after("inline", "tasks", ({ tokens }) => {
  for (const [at, token] of tokens.entries()) {
    const first = token.type === "inline" && tokens[at - 2]?.type === "list_item_open" ? token.children?.[0] : undefined;
    const box = first?.type === "text" ? /^\[([ xX])\] /.exec(first.content) : null;
    if (!first || !box) continue;
    first.content = `${box[1] === " " ? "☐" : "☑"} ${first.content.slice(4)}`;
    tokens[at - 2]?.attrSet("class", "task");
  }
});
markdown.renderer.rules.fence = (tokens, at) => block(tokens[at]?.content ?? "", tokens[at]?.info.trim().split(/\s+/)[0] ?? "");
markdown.renderer.rules.code_block = (tokens, at) => block(tokens[at]?.content ?? "", "");

markdown.renderer.rules.code_inline = (tokens, at) => {
  const code = tokens[at]?.content ?? "";
  const here = /[/:#]/.test(code) && !/\s/.test(code) ? place(code) : undefined;
  if (!here) return `<code>${escaped(code)}</code>`;
  return `<a ${attributesOf(here).map(([name, value]) => `${name}="${escaped(value)}"`).join(" ")}><code>${escaped(code)}</code></a>`;
};

/** A file of the workspace, and a line of it; 0 for none. */
interface Place {
  file: string;
  line: number;
}

/** The place that a relative path names, with a line as in `a.py:12`, `a.py#L12`; undefined where it is no such path. */
function place(text: string): Place | undefined {
  if (text.length > 300) return undefined;
  const found = /^(?:\.\/)?((?:[\w@+~ -][\w.@+~ -]*\/)*[\w@+~ .-]*\.[A-Za-z]\w{0,9})(?:(?::|#L?)(\d{1,7})(?:[-–:]L?\d+)?)?$/.exec(text);
  return found?.[1] && !found[1].includes("..") ? { file: found[1], line: Number(found[2] ?? 0) } : undefined;
}

/** What the page needs to have it opened: no address, which the page could follow by itself. */
function attributesOf({ file, line }: Place): [string, string][] {
  return [["class", "place"], ["role", "link"], ["tabindex", "0"], ["data-file", file], ["data-line", String(line)], ["title", line ? `${file}, line ${line}` : file]];
}

function decoded(address: string): string {
  try {
    return decodeURIComponent(address);
  } catch {
    return address;
  }
}

export function rendered(text: string): string {
  return markdown.render(text);
}

function block(code: string, language: string): string {
  const html = (code.length <= longest && highlighted(code, language)) || escaped(code);
  const button = (action: CodeAction, label: string, title: string) =>
    `<button type="button" data-code="${action}" title="${title}">${label}</button>`;
  const buttons = [
    button("apply", "Apply to File", "Show what the code changes in the open file, to accept or discard"),
    button("insert", "Insert at Cursor", "Insert the code at the cursor; what is selected stays"),
    button("newFile", "New File", "Insert the code into a new file, which is not saved"),
    shells.has(language.toLowerCase()) ? button("terminal", "To Terminal", "Type the command in the terminal, without running it") : "",
    button("copy", "Copy", "Copy the code"),
  ];
  return (
    `<div class="code" data-language="${escaped(language)}"><div class="code-bar"><span>${escaped(language)}</span>` +
    `${buttons.join("")}</div><pre tabindex="0"><code>${html}</code></pre></div>`
  );
}

function escaped(text: string): string {
  return markdown.utils.escapeHtml(text);
}
