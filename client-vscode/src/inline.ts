// What VS Code knows about the cursor's place and the protocol does not carry: how the document is indented, and what is
// reported as wrong near the cursor.
import { languages, Range, Uri, window, type Diagnostic } from "vscode";
import type { BaseLanguageClient, InlineCompletionParams, Middleware } from "vscode-languageclient/node";

const method = "textDocument/inlineCompletion";

/** Lines above and below the cursor whose diagnostics are told. */
const reach = 1;

/** The most that are told. */
const most = 3;

/** Adds it to each request for suggestions; the server takes the fields as optional. */
export function inlineMiddleware(client: () => BaseLanguageClient): Pick<Middleware, "sendRequest"> {
  return {
    sendRequest: (type, params, token, next) => {
      const name = typeof type === "string" ? type : type.method;
      if (name !== method || !params) return next(type, params, token);
      return next(type, { ...params, ...known(client(), params as unknown as InlineCompletionParams) }, token);
    },
  };
}

function known(client: BaseLanguageClient, params: InlineCompletionParams): object {
  const uri = Uri.parse(params.textDocument.uri);
  const { line } = params.position;
  const near = new Range(Math.max(0, line - reach), 0, line + reach + 1, 0);
  const reported = languages.getDiagnostics(uri).filter((each: Diagnostic) => each.range.intersection(near));
  const editor = window.visibleTextEditors.find((each) => each.document.uri.toString() === uri.toString());
  const { tabSize, insertSpaces } = editor?.options ?? {};
  return {
    diagnostics: reported.slice(0, most).map((each) => client.code2ProtocolConverter.asDiagnostic(each)),
    ...(typeof tabSize === "number" && typeof insertSpaces === "boolean" && { formattingOptions: { tabSize, insertSpaces } }),
  };
}
