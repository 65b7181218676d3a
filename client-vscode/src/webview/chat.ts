// The chat's page: shows what the extension tells, and tells what the user does. It knows nothing by itself.
import type { Turn } from "../chat/conversation";
import type { Attachment, CodeAction, ToExtension, ToView } from "../chat/messages";
import { Completions } from "./completions";
import { Images } from "./images";
import { Turns } from "./turns";

declare function acquireVsCodeApi(): {
  postMessage(message: ToExtension): void;
  getState(): { draft?: string } | undefined;
  setState(state: { draft: string }): void;
};

const vscode = acquireVsCodeApi();
const byId = <Kind extends HTMLElement>(id: string) => document.getElementById(id) as Kind;
const [list, composer, attachment, editing] = [byId("turns"), byId<HTMLFormElement>("composer"), byId("attachment"), byId("editing")];
const [question, send, stop, model] = [
  byId<HTMLTextAreaElement>("question"),
  byId<HTMLButtonElement>("send"),
  byId<HTMLButtonElement>("stop"),
  byId<HTMLButtonElement>("model"),
];

const turns = new Turns(list, (action, turn) => {
  if (action === "remedy") vscode.postMessage({ kind: "remedy", id: turn?.id ?? "" });
  else if (turn && action === "edit") edit(turn);
  else if (turn && (action === "regenerate" || action === "another")) vscode.postMessage({ kind: "regenerate", id: turn.id, choose: action === "another" });
  else if (turn && action === "again") vscode.postMessage({ kind: "again", id: turn.id });
  else vscode.postMessage({ kind: "run", command: action === "log" ? "picode.showLog" : "picode.selectModel" });
});
const completions = new Completions(byId("completions"), question, (typed) => vscode.postMessage({ kind: "complete", typed }));

const images = new Images(byId("images"));

function underWay(): Turn | undefined {
  const last = turns.last;
  return last && ["asked", "began", "growing"].includes(last.state) ? last : undefined;
}

function showState(): void {
  const busy = underWay() !== undefined;
  stop.hidden = !busy;
  send.hidden = busy;
  send.disabled = question.value.trim() === "";
}

function changed(): void {
  question.style.height = "auto";
  question.style.height = `${question.scrollHeight}px`;
  vscode.setState({ draft: question.value });
  completions.update();
  showState();
}

function ask(): void {
  const text = question.value.trim();
  if (!text || underWay()) return;
  const pasted = images.spend();
  vscode.postMessage({ kind: "ask", text, ...(edited && { instead: edited }), ...(pasted.length > 0 && { images: pasted }) });
  stopEditing();
}

/** The turn whose question is being edited. */
let edited = "";
/** Which of the earlier questions arrow-up has brought back; -1: none. */
let recalled = -1;

function edit(turn: Turn): void {
  edited = turn.id;
  question.value = turn.typed;
  editing.hidden = false;
  changed();
  question.focus();
}

function stopEditing(): void {
  edited = "";
  recalled = -1;
  editing.hidden = true;
  question.value = "";
  changed();
}

/** Earlier questions, as in a shell: only where nothing is typed, or one of them stands. */
function recall(key: string): boolean {
  const { typed } = turns;
  const untouched = recalled < 0 ? question.value === "" : question.value === typed[recalled];
  const next = key === "ArrowUp" ? recalled + 1 : recalled - 1;
  if (!untouched || next < -1 || next >= typed.length || (key === "ArrowDown" && recalled < 0)) return false;
  recalled = next;
  question.value = typed[next] ?? "";
  changed();
  return true;
}

window.addEventListener("message", ({ data }: MessageEvent<ToView>) => {
  switch (data.kind) {
    case "conversation":
      if (edited) stopEditing();
      turns.show(data.conversation);
      break;
    case "turn":
      turns.update(data.turn);
      break;
    case "delta":
      turns.grow(data.id, data.delta);
      break;
    case "commands":
      completions.know(data.commands);
      break;
    case "model":
      model.textContent = data.model.label || "Select Model…";
      turns.showObstacle(data.model.problem, data.button);
      break;
    case "attachment":
      showAttachment(data.attachment);
      break;
    case "candidates":
      completions.offerNamed(data.typed, data.candidates);
      break;
    case "insert":
      question.setRangeText(`${data.text} `, question.selectionStart, question.selectionEnd, "end");
      question.focus();
      changed();
      break;
    case "focus":
      question.focus();
  }
  showState();
});

function showAttachment(shown: Attachment | null): void {
  attachment.hidden = shown === null;
  if (shown === null) return;
  const remove = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
  remove.className = "quiet";
  remove.ariaLabel = shown.visible ? "Ask without what is on the screen" : "Ask without the selection";
  remove.addEventListener("click", () => vscode.postMessage({ kind: "detach" }));
  attachment.replaceChildren(Object.assign(document.createElement("span"), { textContent: shown.visible ? `${shown.label}, on the screen` : shown.label }), remove);
}

function openPlace(event: Event): void {
  const place = (event.target as HTMLElement).closest<HTMLElement>("[data-file]");
  if (place) vscode.postMessage({ kind: "open", file: place.dataset["file"] ?? "", line: Number(place.dataset["line"] ?? 0) });
}

list.addEventListener("keydown", (event) => event.key === "Enter" && openPlace(event));
list.addEventListener("click", (event) => {
  openPlace(event);
  const button = (event.target as HTMLElement).closest<HTMLButtonElement>("button[data-code]");
  const block = button?.closest<HTMLElement>(".code");
  const code = block?.querySelector("code")?.textContent;
  if (!button || !block || code === undefined || code === null) return;
  const kind = button.dataset["code"] as CodeAction;
  vscode.postMessage({ kind, code: kind === "copy" ? code : code.replace(/\n$/, ""), language: block.dataset["language"] ?? "" });
  if (kind !== "copy") return;
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = "Copy"), 1500);
});
question.addEventListener("input", changed);
question.addEventListener("paste", (event) => {
  if (images.take(event.clipboardData?.files)) event.preventDefault();
});
question.addEventListener("keydown", (event) => {
  const running = underWay();
  if (completions.press(event)) {
    event.preventDefault();
    changedByKey();
  } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    ask();
  } else if ((event.key === "ArrowUp" || event.key === "ArrowDown") && !event.shiftKey && recall(event.key)) {
    event.preventDefault();
  } else if (event.key === "Escape" && edited) stopEditing();
  else if (event.key === "Escape" && running) vscode.postMessage({ kind: "stop", id: running.id });
});

/** The list has closed by itself, or put a command into the box: only what depends on the text is brought up to date. */
function changedByKey(): void {
  vscode.setState({ draft: question.value });
  showState();
}

byId("stop-editing").addEventListener("click", stopEditing);
composer.addEventListener("dragover", (event) => event.preventDefault());
composer.addEventListener("drop", (event) => {
  event.preventDefault();
  if (images.take(event.dataTransfer?.files)) return;
  const given = event.dataTransfer?.getData("application/vnd.code.uri-list") || event.dataTransfer?.getData("text/uri-list") || "";
  const uris = given.split(/\r?\n/).filter((each) => each && !each.startsWith("#"));
  if (uris.length > 0) vscode.postMessage({ kind: "drop", uris });
});
composer.addEventListener("submit", (event) => {
  event.preventDefault();
  ask();
});
stop.addEventListener("click", () => {
  const running = underWay();
  if (running) vscode.postMessage({ kind: "stop", id: running.id });
});
model.addEventListener("click", () => vscode.postMessage({ kind: "run", command: "picode.selectModel" }));

question.value = vscode.getState()?.draft ?? "";
changed();
vscode.postMessage({ kind: "ready" });
