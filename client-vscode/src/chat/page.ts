// The page of the chat's view: nothing in it comes from the network, and no script runs but its own.
import { randomBytes } from "node:crypto";
import { Uri, type Webview } from "vscode";

export function chatPage(webview: Webview, folder: Uri): string {
  const nonce = randomBytes(16).toString("base64");
  const address = (name: string) => webview.asWebviewUri(Uri.joinPath(folder, name)).toString();
  const policy = `default-src 'none'; style-src ${webview.cspSource}; script-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${address("chat.css")}">
<title>PiCode: Chat</title>
</head>
<body>
<main id="turns" role="log" aria-label="Conversation" tabindex="0"></main>
<form id="composer">
<ul id="completions" role="listbox" aria-label="Slash commands" hidden></ul>
<div id="box">
<div id="attachment" hidden></div>
<textarea id="question" rows="1" aria-label="Question" aria-controls="completions" placeholder="Ask, or type / for commands"></textarea>
<div id="bar">
<button type="button" id="model" class="quiet" title="Select Model…"></button>
<button type="submit" id="send" class="primary">Send</button>
<button type="button" id="stop" hidden>Stop</button>
</div>
</div>
</form>
<script nonce="${nonce}" src="${address("chat.js")}"></script>
</body>
</html>`;
}
