// Writes the bundle that the pages serve, and its licences beside it. The first line of the bundle names every package in it with its version.
import { build } from "esbuild";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const vendor = join(here, "../plugin/pages/static/vendor");
const options = {
  absWorkingDir: here, entryPoints: ["codemirror.js"], bundle: true, minify: true, format: "iife", globalName: "CodeMirror",
  target: ["es2020"], legalComments: "none", metafile: true, write: false, charset: "utf8",
};

const inside = Object.keys((await build(options)).metafile.inputs);
const names = new Set(inside.flatMap((path) => path.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1] ?? []));
const packages = [...names].sort().map((name) => {
  const folder = join(here, "node_modules", name);
  const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const licence = readdirSync(folder).find((file) => /^licen[sc]e/i.test(file));
  return { title: `${name} ${version}`, licence: readFileSync(join(folder, licence), "utf8").trim() };
});

const banner = { js: `/* ${packages.map((one) => one.title).join(", ")} */` };
const [bundle] = (await build({ ...options, banner })).outputFiles;
writeFileSync(join(vendor, "codemirror.min.js"), bundle.text);
writeFileSync(join(vendor, "codemirror.LICENSE"), packages.map((one) => `${one.title}\n\n${one.licence}\n`).join(`\n${"-".repeat(100)}\n\n`));
