// Takes the place of the native module @vscode/spdlog, which npm would have to compile: VS Code writes its logs with it, and
// an extension's output channel is such a log. Written to files without rotation; nothing else of it is used.
const fs = require("node:fs");
const path = require("node:path");

const levels = ["trace", "debug", "info", "warning", "error", "critical"];

class Logger {
  #file;
  #level = 2;
  #plain = false;

  constructor(file) {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.appendFileSync(file, "");
    this.#file = file;
  }

  #write(level, message) {
    if (level < this.#level) return;
    const stamp = new Date().toISOString().replace("T", " ").replace("Z", "");
    fs.appendFileSync(this.#file, this.#plain ? message : `${stamp} [${levels[level]}] ${message}\n`);
  }

  trace = (message) => this.#write(0, message);
  debug = (message) => this.#write(1, message);
  info = (message) => this.#write(2, message);
  warn = (message) => this.#write(3, message);
  error = (message) => this.#write(4, message);
  critical = (message) => this.#write(5, message);
  getLevel = () => this.#level;
  setLevel = (level) => (this.#level = level);
  clearFormatters = () => (this.#plain = true);
  setPattern() {}
  flush() {}
  drop() {}
}

// Written one by one, so that Node finds the names when an ES module imports them.
exports.version = 0;
exports.setLevel = () => {};
exports.setFlushOn = () => {};
exports.createRotatingLogger = async (_name, file) => new Logger(file);
exports.createAsyncRotatingLogger = exports.createRotatingLogger;
