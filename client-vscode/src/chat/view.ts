// The chat's view in the side bar: passes on what is new to the page, and what the user does to whom it concerns.
import { commands, Uri, window, type Range } from "vscode";
import type { Disposable, ExtensionContext, TextEditor, WebviewView, WebviewViewProvider } from "vscode";
import { currentEditor, type Asker } from "../asking";
import { chooseModel, type Chosen } from "../models";
import type { PastedImage, Remedy, SlashArguments, SlashCommand } from "../protocol";
import { proposeNames } from "../rename";
import type { Commands } from "../slash";
import { codeOf } from "./attachment";
import type { Change, Chats } from "./chats";
import { actOnCode } from "./codeActions";
import type { Conversation, Turn } from "./conversation";
import type { ModelShown, ToExtension, ToView } from "./messages";
import { openPlace } from "./opening";
import { chatPage } from "./page";
import { attached, candidates, reference, TerminalOutput } from "./references";

export const viewId = "picode.chatView";

/** How a question is asked again: about the same as `like`, in the place of `instead`, of `model`. */
interface Again {
  like?: Turn | undefined;
  instead?: Turn | undefined;
  model?: Chosen;
  images?: PastedImage[] | undefined;
}

export class ChatView implements WebviewViewProvider, Disposable {
  private view: WebviewView | undefined;
  private ready = false;
  private wantsFocus = false;
  private model: ModelShown = { label: "", problem: "" };
  private remedy: Remedy | undefined;
  /** The selection that the last question was about, or that the user took away: it is not sent once more. */
  private spent = "";
  private readonly output = new TerminalOutput();
  private lastEditor: TextEditor | undefined = currentEditor();
  private readonly subscriptions: Disposable[];

  constructor(
    private readonly context: ExtensionContext,
    private readonly asker: Asker,
    private readonly chats: Chats,
    private readonly slash: Commands,
  ) {
    this.subscriptions = [
      window.registerWebviewViewProvider(viewId, this),
      chats.onChange((change) => this.tell(change)),
      slash.onChange(() => this.post({ kind: "commands", commands: slash.all })),
      this.output,
      window.onDidChangeTextEditorSelection(() => this.showAttachment()),
      window.onDidChangeTextEditorVisibleRanges(() => this.showAttachment()),
      window.onDidChangeActiveTextEditor((editor) => {
        this.lastEditor = editor ?? this.lastEditor;
        this.showAttachment();
      }),
    ];
  }

  resolveWebviewView(view: WebviewView): void {
    this.view = view;
    this.ready = false;
    const folder = Uri.joinPath(this.context.extensionUri, "out");
    view.webview.options = { enableScripts: true, localResourceRoots: [] };
    view.webview.onDidReceiveMessage((message: ToExtension) => void this.receive(message));
    view.onDidChangeVisibility(() => (this.ready &&= view.visible));
    view.onDidDispose(() => {
      if (this.view === view) this.view = undefined;
      this.ready = false;
    });
    view.webview.html = chatPage(view.webview, folder);
  }

  /** Brings the view before the user; the cursor stays where it is, unless they want to type there. */
  async reveal(focus = false): Promise<void> {
    this.wantsFocus ||= focus;
    if (this.view && !focus) this.view.show(true);
    else await commands.executeCommand(`${viewId}.focus`, { preserveFocus: !focus });
    if (this.ready && focus) this.focus();
  }

  /** What is selected now does not go with the next question. */
  spend(): void {
    this.spent = codeOf(this.editor)?.key ?? "";
    this.showAttachment();
  }

  /** In a new chat, nothing has been said of what is selected. */
  unspend(): void {
    this.spent = "";
    this.showAttachment();
  }

  /** The model that would answer. */
  showModel(model: ModelShown, remedy: Remedy | undefined): void {
    this.model = model;
    this.remedy = remedy;
    this.post({ kind: "model", model, button: remedy?.title ?? "" });
  }

  dispose(): void {
    for (const each of this.subscriptions) each.dispose();
  }

  private focus(): void {
    this.wantsFocus = false;
    this.post({ kind: "focus" });
  }

  private tell(change: Change): void {
    if ("conversation" in change) this.post({ kind: "conversation", conversation: change.conversation });
    else if ("delta" in change) this.post({ kind: "delta", id: change.turn.id, delta: change.delta });
    else this.post({ kind: "turn", turn: change.turn });
  }

  private post(message: ToView): void {
    if (this.ready) void this.view?.webview.postMessage(message);
  }

  private async receive(message: ToExtension): Promise<void> {
    switch (message.kind) {
      case "ready":
        this.ready = true;
        this.post({ kind: "conversation", conversation: this.chats.current });
        this.post({ kind: "commands", commands: this.slash.all });
        void this.slash.refresh(); // the user's own may have changed
        this.showModel(this.model, this.remedy);
        this.showAttachment();
        if (this.wantsFocus) this.focus();
        break;
      case "ask":
        await this.ask(message.text, { instead: this.turn(message.instead), images: message.images });
        break;
      case "again": {
        const turn = this.turn(message.id);
        if (turn && !turn.text.trim()) this.chats.drop(turn);
        if (turn) await this.ask(turn.typed, { like: turn });
        break;
      }
      case "regenerate":
        await this.regenerate(this.turn(message.id), message.choose);
        break;
      case "stop":
        await this.asker.stop(this.tokenOf(message.id));
        break;
      case "copy":
      case "insert":
      case "apply":
      case "newFile":
      case "terminal":
        await actOnCode(message.kind, message.code, message.language, this.asker, this.editor).catch((error: unknown) => this.asker.complain(error));
        break;
      case "detach":
        this.spend();
        break;
      case "complete":
        this.post({ kind: "candidates", typed: message.typed, candidates: await candidates(message.typed) });
        break;
      case "drop":
        this.post({ kind: "insert", text: message.uris.map((uri) => reference(Uri.parse(uri))).join(" ") });
        break;
      case "open":
        await openPlace(message.file, message.line);
        break;
      case "remedy":
        await this.help(this.turn(message.id)?.remedy ?? this.remedy);
        break;
      case "run":
        await commands.executeCommand(message.command, ...(message.command === "picode.selectModel" ? ["chat"] : []));
    }
  }

  private async help(remedy: Remedy | undefined): Promise<void> {
    if (remedy) await commands.executeCommand(remedy.command, ...remedy.arguments);
  }

  private async regenerate(turn: Turn | undefined, choose: boolean): Promise<void> {
    const model = choose ? await chooseModel(this.asker.session).catch((error: unknown) => this.asker.complain(error)) : undefined;
    if (turn && (model || !choose)) await this.ask(turn.typed, { like: turn, instead: turn, ...(model && { model }) });
  }

  /** A question, or a slash command, in the conversation that is shown. */
  private async ask(text: string, { like, instead, model, images }: Again = {}): Promise<void> {
    const command = this.slash.named(text);
    if (command?.name === "model" && /^\s*\/model\s*$/i.test(text)) {
      await commands.executeCommand("picode.selectModel", "chat");
      return;
    }
    if (command?.output === "names") {
      await proposeNames(this.asker, { text, ...this.asker.here(this.editor) });
      return;
    }
    if (command?.about === "changes") {
      await commands.executeCommand("picode.commit");
      return;
    }
    const about = this.subject(text, command, like ?? instead);
    const place = this.place(instead);
    this.spend();
    const token = this.asker.newToken();
    this.chats.expect(token, place.shown);
    try {
      await this.asker.run({ ...about, ...(images && { images }), text, ...place.stored, ...model }, token);
      this.chats.settle(token, text);
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      this.chats.settle(token, text, problem, this.asker.session.obstacle?.remedy);
    }
  }

  /** What the question is about: what an earlier one was about, else what is selected. */
  private subject(text: string, command: SlashCommand | undefined, earlier: Turn | undefined): Partial<SlashArguments> {
    const given = earlier?.token === undefined ? undefined : this.asker.given.get(earlier.token);
    if (given) {
      const { uri, range, diagnostics, unit, files, visible, attached, images } = given;
      const same = { uri, range, diagnostics, unit, files, visible, attached, images };
      return Object.fromEntries(Object.entries(same).filter(([, value]) => value !== undefined));
    }
    const code = codeOf(this.editor);
    const { attached: more, selection } = attached(text, this.editor, this.output);
    const isNew = code && code.key !== this.spent;
    const goes = command?.about === "code" || selection || (isNew && code.kind === "selection");
    return {
      ...(goes && this.asker.here(this.editor)),
      ...(!goes && isNew && this.visible(code.range)),
      ...(more && { attached: more }),
    };
  }

  private visible(range: Range): Partial<SlashArguments> {
    const convert = this.asker.session.running?.code2ProtocolConverter;
    if (!convert || !this.editor) return {};
    return { visible: { uri: convert.asUri(this.editor.document.uri), range: convert.asRange(range) } };
  }

  /** The conversation that the turn belongs to, as it is shown, and what the server is told of it. */
  private place(instead: Turn | undefined): { shown: Conversation; stored: Partial<SlashArguments> } {
    const { current } = this.chats;
    const named = current.id ? { conversation: current.id } : {};
    const at = instead ? current.turns.indexOf(instead) : -1;
    if (at < 0) return { shown: current, stored: named };
    const keep = current.turns.slice(0, at).filter((turn) => turn.text.trim() && turn.provider !== "picode").length;
    return { shown: this.chats.branch(at), stored: keep > 0 ? { ...named, keep } : {} };
  }

  private turn(id: string | undefined): Turn | undefined {
    return this.chats.current.turns.find((turn) => turn.id === id);
  }

  private get editor(): TextEditor | undefined {
    return currentEditor() ?? (this.lastEditor?.document.isClosed ? undefined : this.lastEditor);
  }

  private showAttachment(): void {
    const code = codeOf(this.editor);
    this.post({ kind: "attachment", attachment: code && code.key !== this.spent ? { label: code.label, visible: code.kind === "visible" } : null });
  }

  private tokenOf(id: string): Turn["token"] {
    return this.turn(id)?.token;
  }
}
