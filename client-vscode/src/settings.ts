// Settings, as the language server wants them: what the user set, and nothing else. A default that were sent along would
// outrank the user's own files and environment, because the server takes what an editor says for the user's word.
import { ConfigurationTarget, Uri, extensions, workspace, type ConfigurationScope, type WorkspaceConfiguration } from "vscode";
import type { BaseLanguageClient, Middleware } from "vscode-languageclient/node";

export const section = "picode";

/** Read here, and none of the server's business. */
const clientOnly = ["server", "trace"];

type Values = { [name: string]: unknown };

/** The configuration for `scope`, to read what applies there. */
export function configuration(scope?: ConfigurationScope): WorkspaceConfiguration {
  return workspace.getConfiguration(section, scope ?? null);
}

/**
 * What the user set for `scope`, nested by the parts of the names. VS Code has already taken out what a workspace may
 * not set: settings of machine scope and, until it is trusted, those of `restrictedConfigurations`. It knows nothing of
 * settings that the manifest does not declare (`advanced`, and former names), so a workspace sets those only once it is trusted.
 */
export function explicitSettings(scope?: ConfigurationScope): Values {
  const layers = workspace.getConfiguration(undefined, scope ?? null).inspect<Values>(section);
  const ofWorkspace = [layers?.workspaceValue, layers?.workspaceFolderValue];
  const allowed = workspace.isTrusted ? ofWorkspace : ofWorkspace.map((values) => declaredOnly(values));
  const values = [layers?.globalValue, ...allowed].reduce<Values>(
    (weaker, stronger) => (isObject(stronger) ? merged(weaker, stronger) : weaker),
    {},
  );
  return Object.fromEntries(Object.entries(values).filter(([name]) => !clientOnly.includes(name)));
}

/** Those of `values` that the manifest declares. */
function declaredOnly(values: Values | undefined, above = `${section}.`): Values {
  const kept: Values = {};
  for (const [name, value] of Object.entries(values ?? {})) {
    if (declared().has(above + name)) {
      kept[name] = value;
    } else if (isObject(value)) {
      const inner = declaredOnly(value, `${above}${name}.`);
      if (Object.keys(inner).length > 0) kept[name] = inner;
    }
  }
  return kept;
}

let names: ReadonlySet<string> | undefined;

function declared(): ReadonlySet<string> {
  if (names === undefined) {
    const manifest = extensions.getExtension("picode.picode")?.packageJSON as Manifest | undefined;
    names = new Set(manifest?.contributes.configuration.flatMap((each) => Object.keys(each.properties)));
  }
  return names;
}

interface Manifest {
  contributes: { configuration: { properties: Values }[] };
}

/** Objects are merged key by key, as VS Code itself does; anything else is replaced. */
function merged(weaker: Values, stronger: Values): Values {
  const result: Values = { ...weaker };
  for (const [name, value] of Object.entries(stronger)) {
    const below = result[name];
    result[name] = isObject(value) ? merged(isObject(below) ? below : {}, value) : value;
  }
  return result;
}

function isObject(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Sets `name` where it is set already, the strongest place first, so that the change has an effect; else for the user. */
export async function update(name: string, change: (there: unknown) => unknown, scope?: ConfigurationScope): Promise<void> {
  const layers = configuration(scope).inspect(name);
  const [target, there] =
    layers?.workspaceFolderValue !== undefined
      ? [ConfigurationTarget.WorkspaceFolder, layers.workspaceFolderValue]
      : layers?.workspaceValue !== undefined
        ? [ConfigurationTarget.Workspace, layers.workspaceValue]
        : [ConfigurationTarget.Global, layers?.globalValue];
  await configuration(scope).update(name, change(there), target);
}

let held = 0;

/** Several settings that make sense only together: the server hears of them when all are changed. */
export async function updateTogether(client: BaseLanguageClient | undefined, changes: () => Promise<void>): Promise<void> {
  held += 1;
  try {
    await changes();
  } finally {
    held -= 1;
    if (client?.isRunning()) await announce(client);
  }
}

async function announce(client: BaseLanguageClient): Promise<void> {
  await client.sendNotification("workspace/didChangeConfiguration", { settings: { [section]: explicitSettings() } });
}

/** Answers the server's questions about settings, and tells it of changes, through `explicitSettings`. */
export function settingsMiddleware(client: () => BaseLanguageClient | undefined): NonNullable<Middleware["workspace"]> {
  return {
    async configuration(params, token, next) {
      const answers = await next(params, token);
      if (!Array.isArray(answers)) return answers;
      return answers.map((answer: unknown, index) => {
        const item = params.items[index];
        if (item?.section !== section) return answer;
        return explicitSettings(item.scopeUri ? Uri.parse(item.scopeUri) : undefined);
      });
    },
    async didChangeConfiguration() {
      const running = client();
      if (held === 0 && running?.isRunning()) await announce(running);
    },
  };
}
