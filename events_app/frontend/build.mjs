// Builds events_app/static/dist from src/*.ts, css/*.css, icons.txt and events_app/static/*.
//
// Every file there carries a hash of its content in its name; manifest.json maps the logical name
// ("app.css", "door.js", "favicon.svg") to it. icons.json maps an icon's name to its inline SVG.
import { createHash } from "node:crypto";
import { copyFileSync, globSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const STATIC = join(HERE, "..", "static");
const DIST = join(STATIC, "dist");
const BROWSERS = ["es2022", "chrome111", "firefox115", "safari16.4"];
const FIXED_NAMES = ["manifest.json", "icons.json", "licenses.txt", "sources.sha256"];

/** The QR reader's package would fetch its WebAssembly from a CDN unless told otherwise: ours has no such address in it. */
const withoutCdn = {
  name: "without-cdn",
  setup: ({ onLoad }) =>
    onLoad({ filter: /node_modules[\\/](barcode-detector|zxing-wasm)[\\/].*\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replaceAll("https://fastly.jsdelivr.net", ""),
    })),
};

/** Bundles each entry point; fonts and wasm files come along as files of their own. */
async function bundle() {
  const { metafile } = await build({
    absWorkingDir: HERE,
    entryPoints: globSync(["src/*.ts", "css/*.css"], { cwd: HERE }).sort(),
    outdir: DIST,
    publicPath: "/static/",
    entryNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    loader: { ".woff2": "file", ".wasm": "file", ".svg": "file" },
    bundle: true,
    minify: true,
    format: "esm",
    target: BROWSERS,
    plugins: [withoutCdn],
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
  });
  return metafile;
}

/** Logical names of what esbuild wrote: an entry's own name, for a font or wasm file its only input's. */
function bundledNames(metafile) {
  const names = {};
  for (const [path, output] of Object.entries(metafile.outputs)) {
    const source = output.entryPoint ?? Object.keys(output.inputs)[0];
    names[basename(source).replace(/\.ts$/, ".js")] = basename(path);
  }
  return names;
}

function writeAtomically(name, content) {
  const draft = join(DIST, `.${name}.${process.pid}`);
  writeFileSync(draft, content);
  renameSync(draft, join(DIST, name));
}

/** Copies the files that lie in static/ itself under hashed names. */
function copyStatic() {
  const names = {};
  for (const entry of readdirSync(STATIC, { withFileTypes: true }).filter((entry) => entry.isFile())) {
    const source = join(STATIC, entry.name);
    const hash = createHash("sha256").update(readFileSync(source)).digest("hex").slice(0, 8);
    const extension = extname(entry.name);
    names[entry.name] = `${basename(entry.name, extension)}-${hash}${extension}`;
    copyFileSync(source, join(DIST, names[entry.name]));
  }
  return names;
}

/** One icon as it stands in the page: no licence comment, no fixed size, hidden from screen readers (a text stands beside it). */
function inlineIcon(name) {
  const drawing = readFileSync(join(HERE, "node_modules/lucide-static/icons", `${name}.svg`), "utf8");
  const shapes = drawing.slice(drawing.indexOf(">", drawing.indexOf("<svg")) + 1, drawing.lastIndexOf("</svg>"));
  return `<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${shapes.replace(/\s*\n\s*/g, "")}</svg>`;
}

function icons() {
  const names = readFileSync(join(HERE, "icons.txt"), "utf8").split("\n").map((line) => line.trim());
  return Object.fromEntries(names.filter((name) => name && !name.startsWith("#")).map((name) => [name, inlineIcon(name)]));
}

/** The licence texts of the packages whose code, font or drawings are in dist. */
function licences(metafile) {
  const packages = new Set(["lucide-static"]);
  for (const path of Object.keys(metafile.inputs)) {
    const found = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path);
    if (found) packages.add(found[1]);
  }
  return [...packages].sort().map(licenceOf).join("\n\n");
}

function licenceOf(name) {
  const root = join(HERE, "node_modules", name);
  const { version, license } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const texts = globSync("{LICENSE,LICENCE,license}*", { cwd: root }).map((file) => readFileSync(join(root, file), "utf8"));
  return [`== ${name} ${version} (${license}) ==`, ...texts].join("\n\n");
}

/** Removes what an earlier build left behind, after the new manifest stands; a build beside this one keeps its drafts. */
function prune(manifest) {
  const kept = new Set([...Object.values(manifest), ...FIXED_NAMES]);
  for (const name of readdirSync(DIST).filter((name) => !kept.has(name) && !name.startsWith("."))) rmSync(join(DIST, name), { force: true });
}

mkdirSync(DIST, { recursive: true });
const metafile = await bundle();
const manifest = { ...copyStatic(), ...bundledNames(metafile) };
writeAtomically("icons.json", JSON.stringify(icons()));
writeAtomically("licenses.txt", licences(metafile));
writeAtomically("manifest.json", JSON.stringify(manifest, Object.keys(manifest).sort(), 1));
prune(manifest);
console.log(`${Object.keys(manifest).length} browser assets in ${relative(process.cwd(), DIST)}`);
