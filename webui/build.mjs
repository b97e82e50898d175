// Bundles src/ into static/: content-hashed names, an icon sprite of the icons in use, the licences of what is bundled,
// gzip beside every text file, and manifest.json ("gallery.js" -> "gallery-AB12CD34.js") for the templates.
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "static");
const fresh = join(here, ".static-new");
const bundled = ["lucide-static", "swagger-ui-dist", "thumbhash"];
const manifest = {};

const read = (...parts) => readFile(join(here, ...parts), "utf8");

/** Write `text` as NAME-HASH.EXT and note it in the manifest. */
async function emit(name, text) {
  const [stem, extension] = [name.slice(0, name.lastIndexOf(".")), name.slice(name.lastIndexOf("."))];
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 10);
  manifest[name] = `${stem}-${hash}${extension}`;
  await writeFile(join(fresh, manifest[name]), text);
}

/** One SVG with a symbol per icon that a template or module names: icon("x") or icon('x'). */
async function sprite() {
  const names = new Set();
  for (const folder of ["templates", "src"]) {
    for (const file of await readdir(join(here, folder), { recursive: true })) {
      if (!/\.(html|ts)$/.test(file)) continue;
      for (const [call, name] of (await read(folder, file)).matchAll(/(?<!function |macro )\bicon\(\s*(?:["']([a-z0-9-]+)["'])?/g)) {
        if (!name) throw new Error(`${folder}/${file}: ${call} needs the name of the icon right there, or the sprite lacks it`);
        names.add(name);
      }
    }
  }
  const symbols = await Promise.all(
    [...names].sort().map(async (name) => {
      const svg = await read("node_modules/lucide-static/icons", `${name}.svg`);
      const body = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>")).replace(/\s+/g, " ").trim();
      return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">${body}</symbol>`;
    }),
  );
  await emit("icons.svg", `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`);
}

async function licences() {
  const parts = await Promise.all(
    bundled.map(async (name) => {
      const { version, license } = JSON.parse(await read("node_modules", name, "package.json"));
      const files = (await readdir(join(here, "node_modules", name))).filter((f) => /^(licen[cs]e|notice)/i.test(f)).sort();
      const texts = await Promise.all(files.map((file) => read("node_modules", name, file)));
      return `${name} ${version} (${license})\n\n${texts.join("\n\n").trim()}\n`;
    }),
  );
  await emit("licenses.txt", parts.join(`\n${"-".repeat(80)}\n\n`));
}

async function bundle() {
  const result = await esbuild.build({
    absWorkingDir: here,
    entryPoints: ["gallery.ts", "photo.ts", "persons.ts", "person.ts", "merge-suggestions.ts", "culling.ts", "scan.ts", "login.ts", "account.ts", "page.ts", "docs.ts", "app.css", "docs.css"].map((name) => `src/${name}`),
    outdir: fresh,
    entryNames: "[name]-[hash]",
    bundle: true,
    minify: true,
    format: "esm",
    target: ["es2022", "chrome111", "firefox114", "safari16.4"],
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
  });
  if (result.warnings.length) throw new Error("esbuild warned; see above");
  for (const [path, { entryPoint }] of Object.entries(result.metafile.outputs)) {
    if (entryPoint) manifest[entryPoint.replace(/^src\//, "").replace(/\.ts$/, ".js")] = path.slice(path.lastIndexOf("/") + 1);
  }
}

await rm(fresh, { recursive: true, force: true });
await mkdir(fresh, { recursive: true });
await Promise.all([sprite(), licences(), bundle(), read("src", "logo.svg").then((svg) => emit("logo.svg", svg))]);
for (const file of Object.values(manifest)) {
  await writeFile(join(fresh, `${file}.gz`), gzipSync(await readFile(join(fresh, file)), { level: 9 }));
}
await writeFile(join(fresh, "manifest.json"), `${JSON.stringify(Object.fromEntries(Object.entries(manifest).sort()), null, 1)}\n`);
await rm(out, { recursive: true, force: true });
await rename(fresh, out);
