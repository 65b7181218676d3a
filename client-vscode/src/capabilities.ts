// What this client can show beyond the protocol, told when a server is started.
import type { ClientCapabilities, StaticFeature } from "vscode-languageclient/node";

export const ownCapabilities: StaticFeature = {
  fillClientCapabilities(capabilities: ClientCapabilities): void {
    const others = capabilities.experimental as object | undefined;
    capabilities.experimental = { ...others, picode: { answers: true, liveEdits: true, status: true, input: true, keys: true, alerts: true, trust: true } };
  },
  initialize: () => undefined,
  getState: () => ({ kind: "static" }),
  clear: () => undefined,
};
