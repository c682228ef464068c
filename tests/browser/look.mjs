// Looks at pages as a browser does, and writes what it saw as JSON.
//
//   node look.mjs FOLDER CHROMIUM PAGE.html...
//
// FOLDER takes the screenshots, the PDFs and seen.json.
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const VIEWS = [
  { width: 360, height: 740, colorScheme: "light" },
  { width: 1024, height: 768, colorScheme: "dark" },
  { width: 1920, height: 1080, colorScheme: "light" },
];
const HIGHEST = 12000; // pixels of a screenshot

const [folder, executablePath, ...pages] = process.argv.slice(2);
const CHECKED = { one: [360, 1024], several: [1024] }; // the checker takes long; else at 360

async function open(browser, page, options) {
  const context = await browser.newContext(options);
  const tab = await context.newPage();
  const heard = { console: [], dialogs: [], requests: [] };
  tab.on("console", (message) => heard.console.push(message.text()));
  tab.on("pageerror", (error) => heard.console.push(String(error)));
  tab.on("dialog", (dialog) => {
    heard.dialogs.push(dialog.message());
    dialog.dismiss();
  });
  tab.on("request", (request) => heard.requests.push(request.url()));
  await tab.goto(`file://${page}`);
  return { context, tab, heard };
}

// As the reader sees it: with its own policy in force.
async function plainly(browser, page, view) {
  const { context, tab, heard } = await open(browser, page, { viewport: view, ...view });
  const seen = await tab.evaluate(() => ({
    wider: document.documentElement.scrollWidth - window.innerWidth,
    height: document.documentElement.scrollHeight,
    paper: getComputedStyle(document.body).backgroundColor,
    ink: getComputedStyle(document.body).color,
    cut: [...document.querySelectorAll("h1,h2,h3,p,li,td,th,dd,pre,figcaption")]
      .filter((one) => one.getClientRects().length && one.scrollWidth > one.clientWidth + 1)
      .filter((one) => !one.closest(".skip") && getComputedStyle(one).display !== "inline")
      .map((one) => one.outerHTML.slice(0, 160)),
  }));
  const name = `${basename(page, ".html")}-${view.width}-${view.colorScheme}.png`;
  const clip = { x: 0, y: 0, width: view.width, height: Math.min(seen.height, HIGHEST) };
  await tab.screenshot({ path: join(folder, name), fullPage: true, clip });
  await context.close();
  return { ...seen, ...heard };
}

// All opened, as the checker needs it; it brings a script, which the page's policy would refuse.
async function checked(browser, page, view) {
  const { context, tab } = await open(browser, page, { viewport: view, ...view, bypassCSP: true });
  await tab.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
  await tab.evaluate(AXE);
  const found = await tab.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  await context.close();
  return found.violations.map((one) => ({
    id: one.id,
    count: one.nodes.length,
    first: one.nodes[0].html.slice(0, 200),
    why: one.nodes[0].failureSummary,
  }));
}

async function byKeyboard(browser, page) {
  const { context, tab } = await open(browser, page, { viewport: VIEWS[1] });
  const stops = [];
  const opened = [];
  for (let step = 0; step < 400; step++) {
    await tab.keyboard.press("Tab");
    const stop = await tab.evaluate(() => {
      const one = document.activeElement;
      const box = one.getBoundingClientRect();
      return { tag: one.tagName, seen: box.width > 0 && box.left >= 0, outline: getComputedStyle(one).outlineStyle };
    });
    if (stop.tag === "BODY") break;
    stops.push(stop);
    if (stop.tag === "SUMMARY" && !opened.length) {
      const was = await tab.evaluate(() => document.activeElement.parentElement.open);
      await tab.keyboard.press("Enter");
      const is = await tab.evaluate(() => document.activeElement.parentElement.open);
      opened.push(was !== is);
    }
  }
  await context.close();
  return { stops, toggles: opened[0] ?? null };
}

async function printed(browser, page) {
  const { context, tab } = await open(browser, page, { colorScheme: "dark" });
  for (const format of ["A4", "Letter"]) {
    const path = join(folder, `${basename(page, ".html")}-${format}.pdf`);
    await tab.pdf({ path, format, tagged: true, outline: true, preferCSSPageSize: true });
  }
  await tab.emulateMedia({ media: "print" });
  const seen = await tab.evaluate(() => ({
    paper: getComputedStyle(document.body).backgroundColor,
    ink: getComputedStyle(document.body).color,
  }));
  await context.close();
  return seen;
}

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const seen = {};
for (const page of pages) {
  const views = {};
  for (const view of VIEWS) {
    views[view.width] = await plainly(browser, page, view);
    if ((CHECKED[basename(page, ".html")] ?? [360]).includes(view.width)) {
      views[view.width].violations = await checked(browser, page, view);
    }
  }
  seen[basename(page, ".html")] = {
    views,
    keyboard: await byKeyboard(browser, page),
    print: await printed(browser, page),
  };
}
await browser.close();
writeFileSync(join(folder, "seen.json"), JSON.stringify(seen, null, 1));
