// What this client can show beyond the protocol, told when a server is started.
import type { ClientCapabilities, StaticFeature } from "vscode-languageclient/node";

export const ownCapabilities: StaticFeature = {
  fillClientCapabilities(capabilities: ClientCapabilities): void {
    const others = capabilities.experimental as object | undefined;
    const own = { answers: true, liveEdits: true, status: true, input: true, keys: true, alerts: true, trust: true, languageModels: true };
    capabilities.experimental = { ...others, picode: own };
  },
  initialize: () => undefined,
  getState: () => ({ kind: "static" }),
  clear: () => undefined,
};
