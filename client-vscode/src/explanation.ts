// What was sent for the last suggestion, as a document to read.
import { EventEmitter, Uri, window, workspace, type Disposable } from "vscode";
import type { Session } from "./session";

const scheme = "picode-suggestion";
const address = Uri.from({ scheme, path: "/Last Suggestion.md" });

/** The result of `picode.explainSuggestion`. */
interface Explanation {
  text: string;
  origin: string;
  provider: string;
  model: string;
  dialect: string;
  path: string;
  body: object;
  [name: string]: unknown;
}

export function registerExplanation(session: Session): { show: () => Promise<void> } & Disposable {
  let content = "";
  const changes = new EventEmitter<Uri>();
  const provider = { onDidChange: changes.event, provideTextDocumentContent: () => content };
  const registration = workspace.registerTextDocumentContentProvider(scheme, provider);
  return {
    async show() {
      const found = (await session.execute("picode.explainSuggestion")) as Explanation | null;
      if (!found) {
        void window.showInformationMessage("There was no suggestion lately that could be explained.");
        return;
      }
      content = page(found);
      changes.fire(address);
      await window.showTextDocument(await workspace.openTextDocument(address), { preview: true });
    },
    dispose() {
      registration.dispose();
      changes.dispose();
    },
  };
}

function page({ text, origin, provider, model, body, ...rest }: Explanation): string {
  const fenced = (content: string, language = "") => `\`\`\`\`\`${language}\n${content}\n\`\`\`\`\``;
  return [
    `# The last suggestion`,
    fenced(text),
    `It came from ${[provider, model].filter(Boolean).join(", ")} (${origin}).`,
    `## What else is known`,
    fenced(JSON.stringify(rest, null, 2), "json"),
    `## What was sent`,
    ...Object.values(body).filter((each): each is string => typeof each === "string" && each.includes("\n")).map((each) => fenced(each)),
    fenced(JSON.stringify(body, null, 2), "json"),
    "",
  ].join("\n\n");
}
