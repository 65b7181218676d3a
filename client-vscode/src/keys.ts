// Keys of providers: typed into a password box, tried and stored by the server. Where the machine has no keyring, they are
// kept in VS Code's SecretStorage and given to each session.
import { env, EventEmitter, QuickInputButtons, ThemeIcon, Uri, window, type Disposable, type ExtensionContext, type InputBox } from "vscode";
import type { KeyDescription, KeyEntered } from "./protocol";
import type { Session } from "./session";

/** Where the names of the entries are, and under what each secret is kept. */
const list = "keys";
const secret = (entry: string) => `picode.key ${entry}`;

export class Keys implements Disposable {
  private readonly subscription: Disposable;
  private readonly entries = new EventEmitter<void>();
  /** A key was entered, or given to the session. */
  readonly onEntered = this.entries.event;

  constructor(
    private readonly context: ExtensionContext,
    private readonly session: Session,
  ) {
    this.subscription = session.onStart(() => void this.give());
  }

  /** Asks for the key of a provider; without a name, for which one. Returns whether there is one now. */
  async enter(provider?: string, model = ""): Promise<boolean> {
    const name = provider ?? (await this.pickProvider());
    if (name === undefined) return false;
    const described = await this.session.execute("picode.key", { provider: name });
    const entered = await this.ask(described, (key) => this.tell(described.provider, key, model));
    if (!entered) return false;
    this.entries.fire();
    const place = entered.place === "keyring" ? "the system's keyring" : "VS Code's secret storage";
    const tried = entered.note ? `It could not be tried: ${entered.note}` : "It works.";
    void window.showInformationMessage(`PiCode: the key for ${described.title} is in ${place}. ${tried}`);
    return true;
  }

  dispose(): void {
    this.subscription.dispose();
    this.entries.dispose();
  }

  private async pickProvider(): Promise<string | undefined> {
    const models = await this.session.execute("picode.models");
    const wanting = models.filter((each) => each.needsKey).map((each) => ({ label: each.title, description: each.provider }));
    const picked = await window.showQuickPick(wanting, { title: "PiCode: Enter Key", placeHolder: "The provider whose key it is" });
    return picked?.description;
  }

  /** The box stays until a key does, or the user leaves it. */
  private ask({ title, page }: KeyDescription, tell: (key: string) => Promise<KeyEntered>): Promise<KeyEntered | undefined> {
    const box = window.createInputBox();
    const get = { iconPath: new ThemeIcon("link-external"), tooltip: `Get a key: ${page}` };
    Object.assign(box, { title: `PiCode: Key for ${title}`, password: true, ignoreFocusOut: true });
    box.placeholder = "The key; it is stored, and shown nowhere";
    box.prompt = page ? `Get one at ${page}` : `The key for ${title}`;
    box.buttons = page ? [get] : [];
    return new Promise((resolve) => {
      box.onDidTriggerButton((button) => button !== QuickInputButtons.Back && void env.openExternal(Uri.parse(page)));
      box.onDidChangeValue(() => (box.validationMessage = undefined));
      box.onDidHide(() => (resolve(undefined), box.dispose()));
      box.onDidAccept(async () => {
        const entered = box.value.trim() ? await attempt(box, () => tell(box.value)) : undefined;
        if (!entered) return;
        resolve(entered);
        box.hide();
      });
      box.show();
    });
  }

  private async tell(provider: string, key: string, model: string): Promise<KeyEntered> {
    const entered = await this.session.untraced(() => this.session.execute("picode.key.enter", { provider, key, model }));
    if (entered.place === "session") {
      await this.context.secrets.store(secret(entered.entry), key.trim());
      await this.remember([...new Set([...this.names, entered.entry])]);
    } else if (entered.place === "keyring") {
      await this.context.secrets.delete(secret(entered.entry));
      await this.remember(this.names.filter((each) => each !== entered.entry));
    }
    return entered;
  }

  /** Gives the session what is kept here. */
  private async give(): Promise<void> {
    const found = await Promise.all(this.names.map(async (entry) => [entry, await this.context.secrets.get(secret(entry))] as const));
    const keys = Object.fromEntries(found.filter((each): each is [string, string] => Boolean(each[1])));
    if (Object.keys(keys).length === 0) return;
    await this.session.untraced(() => this.session.execute("picode.key.give", { keys }));
    this.entries.fire();
  }

  private get names(): string[] {
    return this.context.globalState.get<string[]>(list, []);
  }

  private remember(entries: string[]): Thenable<void> {
    return this.context.globalState.update(list, entries);
  }
}

/** What `tell` resolves to, if the key is kept; else the box says why not. */
async function attempt(box: InputBox, tell: () => Promise<KeyEntered>): Promise<KeyEntered | undefined> {
  box.busy = true;
  box.enabled = false;
  try {
    const entered = await tell();
    if (entered.place) return entered;
    box.validationMessage = entered.problem;
  } catch (error) {
    box.validationMessage = error instanceof Error ? error.message : String(error);
  } finally {
    box.busy = false;
    box.enabled = true;
  }
  return undefined;
}
