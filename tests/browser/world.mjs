// A home with its head-end and its people, each in a browser of their own. Whatever it starts it ends by its id.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

export const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const target = process.env.CARGO_TARGET_DIR ?? join(root, "target");
const siaran = join(target, "debug/siaran");
export const pictures = join(target, "browser");
export const PASSWORD = "kuda laut makan malam";
// How long a process may take to end when it is told to, milliseconds.
const ENDS_WITHIN = 5000;

export async function until(what, holds, seconds = 60) {
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    if (await holds()) return;
    await new Promise((done) => setTimeout(done, 300));
  }
  assert.fail(`waited ${seconds} s for: ${what}`);
}

export async function startBrowser() {
  mkdirSync(pictures, { recursive: true });
  const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({
    executablePath: "/usr/bin/chromium", headless: true,
    args: [...sandbox, "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}

export async function shot(page, name) {
  await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
}
export async function text(page) {
  return (await page.locator("main").innerText());
}
// Nothing is wider than the window, at the narrowest that counts.
export async function fits(page, name) {
  const before = page.viewportSize();
  await page.setViewportSize({ width: 320, height: 700 });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  await shot(page, `${name}-320`);
  await page.setViewportSize(before);
  assert.ok(wide <= 320, `${name} is ${wide} px wide at 320 px`);
}
// The first way on of the step that waits: the usual one.
export const onward = (page) => page.locator("input[name=choice]").first();
export const decide = (page) => page.locator("#act ~ form button");

let homes = 0;

export class World {
  // What the browser itself complains of; none is expected.
  faults = [];
  contexts = new Map();
  children = [];

  constructor(browser, settings) {
    this.browser = browser;
    this.home = mkdtempSync(join(tmpdir(), "siaran-browser-"));
    if (settings) writeFileSync(join(this.home, "siaran.toml"), settings);
    // A port of our own, so that nothing else on the machine is asked.
    this.port = 20000 + (process.pid * 4 + homes++) % 20000;
    this.base = `http://127.0.0.1:${this.port}`;
  }
  json(...args) {
    return JSON.parse(execFileSync(siaran, ["--home", this.home, ...args, "--json"], { encoding: "utf8" }));
  }
  start(...args) {
    const child = spawn(siaran, ["--home", this.home, ...args], { stdio: ["ignore", "ignore", "inherit"] });
    this.children.push(child);
    return child;
  }
  // Makes the home and serves its pages; the first administrator comes in by the one-time link.
  async open() {
    const { link } = this.json("init");
    await this.serve();
    return link;
  }
  async serve() {
    this.server = this.start("serve", "--listen", `127.0.0.1:${this.port}`);
    await until("the server answers", async () => {
      try { return (await fetch(`${this.base}/readyz`)).ok; } catch { return false; }
    });
  }
  // The head-end once more with other settings; whoever is signed in stays so.
  async restart(settings) {
    await ended(this.server);
    writeFileSync(join(this.home, "siaran.toml"), settings);
    await this.serve();
  }
  async as(role) {
    const page = this.contexts.get(role);
    await page.bringToFront();
    return page;
  }
  async signUp(role, link) {
    const context = await this.browser.newContext({ viewport: { width: 1100, height: 900 }, acceptDownloads: true });
    const page = await context.newPage();
    page.setDefaultTimeout(15000);
    page.on("pageerror", (error) => this.faults.push(`${role}: ${error}`));
    page.on("console", (line) => {
      if (/Content Security/.test(line.text())) this.faults.push(`${role}: ${line.text()}`);
    });
    await page.goto(link.replace(/^https?:\/\/[^/]+/, this.base));
    await page.fill("#password", PASSWORD);
    await page.fill("#again", PASSWORD);
    await page.click("main button");
    await page.waitForURL(`${this.base}/`);
    this.contexts.set(role, page);
    return page;
  }
  // The administrator enters an office and the people who have a part, and each of them signs in.
  async letIn(admin, office, people) {
    await admin.goto(`${this.base}/people`);
    await admin.fill("#office-name", office);
    await admin.click("text=Tambah instansi >> nth=-1");
    for (const [role, name] of people) {
      await admin.goto(`${this.base}/people`);
      await admin.fill("#name", name);
      await admin.fill("#email", `${role}@contoh.go.id`);
      await admin.check(`#role-${role}`);
      if (role === "office") await admin.selectOption("#office", { label: office });
      if (role === "verifier") await shot(admin, "02-people");
      await admin.click("text=Tambah dan buat tautan");
      await this.signUp(role, await admin.inputValue("#link"));
    }
  }
  async showFailure() {
    for (const [role, page] of this.contexts) await shot(page, `failed-${role}`).catch(() => {});
  }
  async end() {
    for (const page of this.contexts.values()) await page.context().close().catch(() => {});
    for (const child of this.children.reverse()) await ended(child);
    rmSync(this.home, { recursive: true, force: true });
  }
}

async function ended(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((done) => child.once("exit", done));
  child.kill("SIGTERM");
  const patience = setTimeout(() => child.kill("SIGKILL"), ENDS_WITHIN);
  await gone;
  clearTimeout(patience);
}
