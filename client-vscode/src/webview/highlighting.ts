// The languages that code in answers is coloured for: highlight.js's common ones, more of its own, and three that it lacks.
import hljs from "highlight.js/lib/common";
import type { HLJSApi, Language } from "highlight.js";
import clojure from "highlight.js/lib/languages/clojure";
import cmake from "highlight.js/lib/languages/cmake";
import dart from "highlight.js/lib/languages/dart";
import dockerfile from "highlight.js/lib/languages/dockerfile";
import elixir from "highlight.js/lib/languages/elixir";
import erlang from "highlight.js/lib/languages/erlang";
import fsharp from "highlight.js/lib/languages/fsharp";
import groovy from "highlight.js/lib/languages/groovy";
import haskell from "highlight.js/lib/languages/haskell";
import julia from "highlight.js/lib/languages/julia";
import nginx from "highlight.js/lib/languages/nginx";
import nix from "highlight.js/lib/languages/nix";
import powershell from "highlight.js/lib/languages/powershell";
import protobuf from "highlight.js/lib/languages/protobuf";
import scala from "highlight.js/lib/languages/scala";

const more = { clojure, cmake, dart, dockerfile, elixir, erlang, fsharp, groovy, haskell, julia, nginx, nix, powershell, protobuf, scala };

/** https://ziglang.org/documentation/master/#Grammar */
function zig(api: HLJSApi): Language {
  const keyword =
    "addrspace align allowzero and anyframe anytype asm break callconv catch comptime const continue defer else enum errdefer" +
    " error export extern fn for if inline linksection noalias noinline nosuspend opaque or orelse packed pub resume return" +
    " struct suspend switch test threadlocal try union unreachable usingnamespace var volatile while";
  const type = "bool void noreturn type anyerror usize isize comptime_int comptime_float f16 f32 f64 f80 f128 c_int c_uint c_long c_char u1 u8 u16 u32 u64 u128 i8 i16 i32 i64 i128";
  return {
    name: "Zig",
    keywords: { $pattern: /[a-z_]\w*/, keyword, type, literal: "true false null undefined" },
    contains: [
      api.COMMENT(/\/\//, /$/),
      api.QUOTE_STRING_MODE,
      { scope: "string", begin: /\\\\/, end: /$/ },
      { scope: "string", begin: /'/, end: /'/, contains: [api.BACKSLASH_ESCAPE] },
      { scope: "built_in", match: /@[a-zA-Z]\w*/ },
      { begin: [/fn/, /\s+/, /[a-zA-Z_]\w*/], beginScope: { 1: "keyword", 3: "title.function" } },
      api.C_NUMBER_MODE,
    ],
  };
}

/** https://developer.hashicorp.com/terraform/language/syntax/configuration */
function terraform(api: HLJSApi): Language {
  const interpolation = { scope: "subst", begin: /\$\{/, end: /\}/ };
  return {
    name: "Terraform",
    aliases: ["tf", "hcl", "tfvars"],
    keywords: {
      keyword: "resource data variable output module provider terraform locals backend moved import check for in if",
      literal: "true false null",
      type: "string number bool list map set object tuple any",
    },
    contains: [
      api.HASH_COMMENT_MODE,
      api.C_LINE_COMMENT_MODE,
      api.C_BLOCK_COMMENT_MODE,
      { scope: "string", begin: /"/, end: /"/, contains: [api.BACKSLASH_ESCAPE, interpolation] },
      { scope: "string", begin: /<<-?(\w+)$/, end: /^\s*\w+$/, contains: [interpolation] },
      { scope: "attr", match: /^\s*[\w-]+(?=\s*=)/ },
      { scope: "title", match: /\b[a-z]\w*(?=\()/ },
      api.NUMBER_MODE,
    ],
  };
}

for (const [name, language] of Object.entries(more)) hljs.registerLanguage(name, language);
hljs.registerLanguage("zig", zig);
hljs.registerLanguage("terraform", terraform);
hljs.registerAliases(["vue", "svelte", "astro"], { languageName: "xml" });
hljs.registerAliases(["proto"], { languageName: "protobuf" });
hljs.registerAliases(["jsonc", "json5"], { languageName: "json" });
hljs.registerAliases(["containerfile"], { languageName: "dockerfile" });
hljs.registerAliases(["console", "shellscript"], { languageName: "bash" });
hljs.registerAliases(["typescriptreact"], { languageName: "typescript" });
hljs.registerAliases(["javascriptreact"], { languageName: "javascript" });

/** Code as HTML, with its colours; undefined where the language is not known. */
export function highlighted(code: string, language: string): string | undefined {
  return language !== "" && hljs.getLanguage(language) ? hljs.highlight(code, { language, ignoreIllegals: true }).value : undefined;
}
