// Bundles the scripts of akin's reports and writes them as C++ (src/akin/report/page_script.h declares it).
// Usage: node build.mjs OUT.cc [NODE_MODULES]
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const [out, modules = join(here, "node_modules")] = process.argv.slice(2);
const { build } = createRequire(join(modules, "esbuild", "package.json"))("esbuild");

async function bundle(entry, banner) {
  const result = await build({
    entryPoints: [join(here, "src", entry)],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: "es2020",
    charset: "ascii",
    legalComments: "none", // the banner has all of them, whole
    banner: { js: banner },
    nodePaths: [modules],
    logLevel: "warning",
  });
  const text = result.outputFiles[0].text.replace(/\r\n?/g, "\n").trim(); // browsers hash it so
  // Inside a page such text would end the script or change how it is read.
  const unsafe = /<\/?script|<!--|\beval\(|new Function\(/i.exec(text);
  if (unsafe) throw new Error(`${entry}: the bundle holds ${unsafe[0]}`);
  return text;
}

/// C++ has a limit on the length of one literal in some compilers, none on how many stand side by side.
function literal(text) {
  const parts = text.match(/[^]{1,15000}/g);
  return parts.map((part) => `R"akin_js(${part})akin_js"`).join("\n");
}

const definition = (name, text) => `
PageScript ${name}() {
  static constexpr char kText[] = ${literal(text)};
  return {{kText, sizeof kText - 1}, "sha256-${createHash("sha256").update(text).digest("base64")}"};
}
`;

/// What the licences of the packages ask to be kept with every copy: each report is one.
function notices() {
  const sources = [["Apache ECharts", "echarts/NOTICE"], ["Apache ECharts", "echarts/LICENSE"],
    ["d3.js, a function within Apache ECharts", "echarts/licenses/LICENSE-d3"], ["ZRender", "zrender/LICENSE"],
    ["tslib", "tslib/LICENSE.txt"]];
  const texts = sources.map(([name, path]) => `== ${name}\n\n${readFileSync(join(modules, path), "utf8").trim()}`);
  const text = `This script is part of akin (Apache License 2.0) and contains, bundled and minified, parts of:\n\n` +
    texts.join("\n\n");
  if (text.includes("*/")) throw new Error("a licence would end the comment that holds it");
  return `/*!\n${text}\n*/`;
}

const charts = await bundle("page_charts.js", notices());
const tables = await bundle("page_tables.js", "");
writeFileSync(out, `// Made by web/build.mjs from web/src and the packages of web/package-lock.json.
#include "akin/report/page_script.h"

namespace akin {
${definition("charts_script", charts)}${definition("tables_script", tables)}
}  // namespace akin
`);
