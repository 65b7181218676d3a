// The page of the chat's view, whole: its style and its script are part of it, and nothing is fetched, neither from the network
// nor from the extension's folder (which in VS Code's web version goes through a service worker that is not always there yet).
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { Uri, type Webview } from "vscode";

export function chatPage(webview: Webview, folder: Uri): string {
  const nonce = randomBytes(16).toString("base64");
  const part = (name: string) => readFileSync(Uri.joinPath(folder, name).fsPath, "utf8");
  const policy = `default-src 'none'; style-src ${webview.cspSource} 'nonce-${nonce}'; script-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style nonce="${nonce}">${part("chat.css").replace(/<\/style/gi, "<\\/style")}</style>
<title>PiCode: Chat</title>
</head>
<body>
<main id="turns" role="log" aria-label="Conversation" tabindex="0"></main>
<form id="composer">
<ul id="completions" role="listbox" aria-label="Slash commands" hidden></ul>
<div id="box">
<div id="editing" class="chip" hidden><span>Editing an earlier question</span><button type="button" id="stop-editing" class="quiet" aria-label="Do not edit it">×</button></div>
<div id="attachment" class="chip" hidden></div>
<div id="images"></div>
<textarea id="question" rows="1" aria-label="Question" aria-controls="completions" placeholder="Ask, or type / for commands"></textarea>
<div id="bar">
<button type="button" id="model" class="quiet" title="Select Model…"></button>
<button type="submit" id="send" class="primary">Send</button>
<button type="button" id="stop" hidden>Stop</button>
</div>
</div>
</form>
<script nonce="${nonce}">${part("chat.js").replace(/<(?=\/script|!--)/gi, "\\x3C")}</script>
</body>
</html>`;
}
