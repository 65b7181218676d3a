// The name and folder of a new test file, after the example of the tests that a project has.
import path from "node:path";

/** How a test is named after what it tests: before and behind the name. */
type Form = readonly [before: string, behind: string];

const forms: readonly Form[] = [
  ["test_", ""],
  ["", "_test"],
  ["", ".test"],
  ["", ".spec"],
  ["", "_spec"],
  ["", "Tests"],
  ["", "Test"],
  ["", "Spec"],
];

/** What is usual where a project has no test yet: the form, and the folder beside the sources; none is the source's own. */
const usual: Record<string, readonly [Form, string]> = {
  ".py": [["test_", ""], "tests"],
  ".go": [["", "_test"], ""],
  ".rb": [["", "_spec"], "spec"],
  ".java": [["", "Test"], ""],
  ".kt": [["", "Test"], ""],
  ".cs": [["", "Tests"], ""],
  ".php": [["", "Test"], "tests"],
  ".swift": [["", "Tests"], ""],
  ".scala": [["", "Spec"], ""],
  ".rs": [["", "_test"], "tests"],
  ".c": [["test_", ""], "tests"],
  ".cpp": [["", "_test"], "tests"],
  ".dart": [["", "_test"], "test"],
  ".ex": [["", "_test"], "test"],
};

/** The path of the new test for `source`. `tests` are the paths of the project's tests, `root` is its folder. All with slashes. */
export function testFileFor(source: string, tests: readonly string[], root: string): string {
  const { dir, name, ext } = path.posix.parse(source);
  const alike = tests.filter((each) => sameKind(path.posix.extname(each), ext) && formOf(each));
  const nearest = closest(alike, source);
  if (nearest) {
    const [before, behind] = formOf(nearest) ?? ["test_", ""];
    return `${folderLike(nearest, dir, alike)}/${before}${name}${behind}${ext}`;
  }
  const [[before, behind], folder] = usual[ext] ?? [["", ".test"], ""];
  return path.posix.join(folder ? path.posix.join(root, folder) : mirrored(dir), `${before}${name}${behind}${ext}`);
}

function formOf(test: string): Form | undefined {
  const { name } = path.posix.parse(test);
  return forms.find(([before, behind]) => name.length > before.length + behind.length && name.startsWith(before) && name.endsWith(behind));
}

/** `.ts` is tested beside `.tsx`, `.js` beside `.jsx`. */
function sameKind(one: string, other: string): boolean {
  const plain = (extension: string) => extension.replace(/^(\.[cm]?[jt]s)x?$/, "$1");
  return plain(one) === plain(other);
}

/** The test whose folder shares most with that of the source. */
function closest(tests: readonly string[], source: string): string | undefined {
  const shared = (test: string) => {
    const [one, other] = [test.split("/"), source.split("/")];
    const differs = one.findIndex((part, at) => part !== other[at]);
    return differs < 0 ? one.length : differs;
  };
  return [...tests].sort((one, other) => shared(other) - shared(one) || one.length - other.length)[0];
}

/** Where tests are like `nearest`: beside the source if that is beside what it tests, else in its folder. */
function folderLike(nearest: string, dir: string, tests: readonly string[]): string {
  const folder = path.posix.dirname(nearest);
  const kept = /(^|\/)(tests?|specs?|__tests__)(\/|$)/.test(folder);
  if (kept && path.posix.basename(folder) === "__tests__") {
    return tests.includes(nearest) && path.posix.dirname(folder) !== dir ? `${dir}/__tests__` : folder;
  }
  return kept ? (folder.includes("/src/test/") ? mirrored(dir) : folder) : dir;
}

/** The tests' twin of a folder of Maven's and Gradle's. */
function mirrored(dir: string): string {
  return dir.replace("/src/main/", "/src/test/");
}
