// https://github.com/microsoft/vscode-python/wiki/Python-Environment-APIs
const { Uri, workspace } = require("vscode");

exports.activate = () => ({
  environments: {
    getActiveEnvironmentPath: () => ({ path: workspace.getConfiguration("python").get("defaultInterpreterPath") }),
    resolveEnvironment: async ({ path }) => ({ executable: { uri: Uri.file(path) } }),
  },
});
