// Opens pages in headless Chromium and tells what it saw, as JSON: requests, refusals, axe, texts, sizes, times.
// node browser.cjs CHROMIUM FOLDER page.html ...   (NODE_PATH names where playwright-core and axe-core are)
"use strict";
const { readFileSync } = require("node:fs");
const path = require("node:path");
const { pathToFileURL } = require("node:url");
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const DESK = { width: 1200, height: 900 };
const PHONE = { width: 390, height: 844 };
const VIEWS = {
  light: { colorScheme: "light", viewport: DESK },
  dark: { colorScheme: "dark", viewport: DESK },
  phone: { colorScheme: "light", viewport: PHONE },
  still: { colorScheme: "light", viewport: DESK, javaScriptEnabled: false },
};
// What Jenkins sends with archived pages: no script, no style but from its own files, no data: image.
const JENKINS = "sandbox; default-src 'none'; img-src 'self'; style-src 'self'";

async function look(browser, file, view, folder) {
  const context = await browser.newContext(VIEWS[view]);
  const page = await context.newPage();
  const seen = { asked: [], told: [] };
  page.on("request", (r) => seen.asked.push(r.url()));
  page.on("console", (m) => seen.told.push(m.text()));
  page.on("pageerror", (e) => seen.told.push(String(e)));
  page.on("dialog", (d) => { seen.told.push(`dialog: ${d.message()}`); d.dismiss(); });
  const began = process.hrtime.bigint();
  await page.goto(pathToFileURL(file).href);
  seen.seconds = Number(process.hrtime.bigint() - began) / 1e9;
  Object.assign(seen, await page.evaluate(() => ({
    text: document.body.innerText,
    scripts: document.querySelectorAll("script,iframe,object,embed,form,img,audio,video,base").length,
    handlers: [...document.querySelectorAll("*")].filter((e) => [...e.attributes].some((a) => a.name.startsWith("on"))).length,
    links: [...document.querySelectorAll("[href],[src]")].map((e) => e.getAttribute("href") || e.getAttribute("src")),
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    fold: [...document.querySelectorAll("h1,.exit,.counts li,.card,.worst li")].filter((e) => e.getBoundingClientRect().bottom > innerHeight).length,
    nodes: document.querySelectorAll("*").length,
  })));
  if (view === "light" || view === "dark") {
    await page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })");
    await page.evaluate(axe);
    const found = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })");
    seen.axe = found.violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(" | ")} (${v.nodes.length})`);
    await page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = false; })");
  }
  if (folder) await page.screenshot({ path: path.join(folder, `${path.basename(file, ".html")}-${view}.png`), fullPage: true });
  await context.close();
  return seen;
}

async function bare(browser, file, folder) {
  const context = await browser.newContext({ viewport: DESK });
  const page = await context.newPage();
  await page.route("**/*", (route) => route.request().url() === "http://jenkins.test/report.html"
    ? route.fulfill({ body: readFileSync(file, "utf8"), contentType: "text/html; charset=utf-8", headers: { "Content-Security-Policy": JENKINS } })
    : route.abort());
  await page.goto("http://jenkins.test/report.html");
  const seen = await page.evaluate(() => ({
    text: document.body.innerText,
    styled: getComputedStyle(document.body).margin === "0px",
    black: [...document.querySelectorAll("svg rect, svg path")].filter((e) => getComputedStyle(e).fill === "rgb(0, 0, 0)" && !e.closest("[fill]") && e.getAttribute("stroke") === null).length,
    huge: [...document.querySelectorAll("svg")].filter((e) => e.getBoundingClientRect().width > 900 && !/ width="[89]\d\d|\d{4}/.test(e.outerHTML.slice(0, 200))).length,
  }));
  if (folder) await page.screenshot({ path: path.join(folder, `${path.basename(file, ".html")}-bare.png`), fullPage: true });
  await context.close();
  return seen;
}

async function printed(browser, file, folder) {
  const context = await browser.newContext({ viewport: { width: 680, height: 960 }, colorScheme: "light" });
  const page = await context.newPage();
  await page.goto(pathToFileURL(file).href);
  await page.emulateMedia({ media: "print" });
  const hidden = await page.evaluate(() => [...document.querySelectorAll("details:not(.long)")].filter((d) => d.lastElementChild.getBoundingClientRect().height === 0).length);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (folder) await page.screenshot({ path: path.join(folder, `${path.basename(file, ".html")}-print.png`), fullPage: true });
  const pdf = await page.pdf({ format: "A4", preferCSSPageSize: true, ...(folder ? { path: path.join(folder, `${path.basename(file, ".html")}.pdf`) } : {}) });
  await context.close();
  return { hidden, wide, bytes: pdf.length, pages: (pdf.toString("latin1").match(/\/Type\s*\/Page\b/g) || []).length };
}

(async () => {
  const [, , executablePath, folder, ...files] = process.argv;
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-quic"] });
  const told = {};
  for (const file of files) {
    const name = path.basename(file, ".html");
    told[name] = {};
    for (const view of Object.keys(VIEWS)) told[name][view] = await look(browser, file, view, folder === "-" ? "" : folder);
    told[name].bare = await bare(browser, file, folder === "-" ? "" : folder);
    told[name].print = await printed(browser, file, folder === "-" ? "" : folder);
  }
  await browser.close();
  process.stdout.write(JSON.stringify(told));
})();
