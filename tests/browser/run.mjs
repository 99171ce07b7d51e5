// The desks, driven in a real Chromium: a request with a real clip goes from its office to an announced playlist by
// the pages alone. Screenshots are in target/browser. Usage: node tests/browser/run.mjs
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const target = process.env.CARGO_TARGET_DIR ?? join(root, "target");
const siaran = join(target, "debug/siaran");
const pictures = join(target, "browser");
mkdirSync(pictures, { recursive: true });
const home = mkdtempSync(join(tmpdir(), "siaran-browser-"));
const run = (...args) => execFileSync(siaran, ["--home", home, ...args], { encoding: "utf8" });
const json = (...args) => JSON.parse(run(...args, "--json"));
const PASSWORD = "kuda laut makan malam";

// A port of our own, so that nothing else on the machine is asked.
const port = 20000 + (process.pid % 20000);
const base = `http://127.0.0.1:${port}`;
const here = (link) => link.replace(/^https?:\/\/[^/]+/, base);

function aClip() {
  const file = join(home, "posyandu.mp4");
  execFileSync("ffmpeg", ["-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=25", "-f", "lavfi",
    "-i", "sine=frequency=440:sample_rate=48000", "-t", "6", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac",
    file]);
  return file;
}

async function until(what, holds, seconds = 60) {
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    if (await holds()) return;
    await new Promise((done) => setTimeout(done, 300));
  }
  assert.fail(`waited ${seconds} s for: ${what}`);
}

let server, browser;
const contexts = new Map();
// What the browser itself complains of; none is expected.
const faults = [];
async function as(role) {
  const page = contexts.get(role);
  await page.bringToFront();
  return page;
}
async function signUp(role, link) {
  const context = await browser.newContext({ viewport: { width: 1100, height: 900 }, acceptDownloads: true });
  const page = await context.newPage();
  page.setDefaultTimeout(15000);
  page.on("pageerror", (error) => faults.push(`${role}: ${error}`));
  page.on("console", (line) => { if (/Content Security/.test(line.text())) faults.push(`${role}: ${line.text()}`); });
  await page.goto(here(link));
  await page.fill("#password", PASSWORD);
  await page.fill("#again", PASSWORD);
  await page.click("main button");
  await page.waitForURL(`${base}/`);
  contexts.set(role, page);
  return page;
}
async function shot(page, name) {
  await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
}
async function text(page) {
  return (await page.locator("main").innerText());
}
// Nothing is wider than the window, at the narrowest that counts.
async function fits(page, name) {
  const before = page.viewportSize();
  await page.setViewportSize({ width: 320, height: 700 });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  await shot(page, `${name}-320`);
  await page.setViewportSize(before);
  assert.ok(wide <= 320, `${name} is ${wide} px wide at 320 px`);
}

const day = (offset) => new Date(Date.now() + (7 * 3600 + offset * 86400) * 1000).toISOString().slice(0, 10);

async function story() {
  const clip = aClip();
  const link = json("init").link;
  server = spawn(siaran, ["--home", home, "serve", "--listen", `127.0.0.1:${port}`], { stdio: ["ignore", "pipe", "inherit"] });
  await until("the server answers", async () => {
    try { return (await fetch(`${base}/readyz`)).ok; } catch { return false; }
  });
  const root = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  browser = await chromium.launch({
    executablePath: "/usr/bin/chromium", headless: true,
    args: [...root, "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });

  // Nobody sees anything before signing in.
  const stranger = await browser.newPage();
  await stranger.goto(`${base}/requests`);
  assert.equal(new URL(stranger.url()).pathname, "/sign-in");
  assert.match(await text(stranger), /Masuk/);
  await shot(stranger, "01-sign-in");
  await fits(stranger, "01-sign-in");
  await stranger.click("header a[hreflang=en]");
  assert.match(await text(stranger), /Sign in/);
  await stranger.close();

  // The first administrator lets the others in.
  const admin = await signUp("admin", link);
  await admin.goto(`${base}/people`);
  await admin.fill("#office-name", "Dinas Kesehatan");
  await admin.click("text=Tambah instansi >> nth=-1");
  const people = [["office", "Ani, S.KM"], ["verifier", "Budi, S.Sos"], ["head", "Citra, M.Si"],
    ["technical", "Dedi"], ["scheduler", "Eka"], ["operator", "Fajar"], ["monitor", "Gita"]];
  for (const [role, name] of people) {
    await admin.goto(`${base}/people`);
    await admin.fill("#name", name);
    await admin.fill("#email", `${role}@contoh.go.id`);
    await admin.check(`#role-${role}`);
    if (role === "office") await admin.selectOption("#office", { label: "Dinas Kesehatan" });
    if (role === "verifier") await shot(admin, "02-people");
    await admin.click("text=Tambah dan buat tautan");
    await signUp(role, await admin.inputValue("#link"));
  }

  // The office files its request; a mistake is named, and nothing typed is lost.
  const office = await as("office");
  await office.click("text=Ajukan penayangan >> nth=0");
  await office.fill("#title", "Ayo ke Posyandu");
  await office.fill("#description", "Ajakan menimbang balita setiap bulan.");
  await office.fill("#number", "005/17/DK");
  await office.fill("#date", day(-1));
  await office.fill("#first_day", day(1));
  await office.fill("#last_day", day(3));
  await office.fill("#play_s", "900");
  await office.click("text=Lanjutkan");
  assert.match(await office.locator(".box.bad").innerText(), /1 sampai 300/);
  await shot(office, "03-letter-wrong");
  await fits(office, "03-letter-wrong");
  await office.fill("#play_s", "6");
  await office.click("text=Lanjutkan");
  await office.waitForSelector("#clip");
  for (const box of await office.locator("input[name=declare]").all()) await box.check();
  await office.setInputFiles("#clip", clip);
  await shot(office, "04-check");
  await office.click("text=Kirim permohonan");
  await office.waitForURL(/\/requests\/\d+\?done=filed/);
  const path = new URL(office.url()).pathname;
  const open = async (role) => {
    const page = await as(role);
    await page.goto(base + path);
    return page;
  };
  await until("the clip is inspected", async () => {
    await office.goto(base + path);
    return /Layak|Tidak dapat ditayangkan/.test(await text(office));
  });
  assert.match(await text(office), /Layak/);
  await shot(office, "05-request");
  await fits(office, "05-request");

  // The verifier sees it waiting, and can't pass it with a point left open.
  const verifier = await as("verifier");
  await verifier.goto(base);
  assert.match(await text(verifier), /1 tugas menunggu Anda/);
  await verifier.click("text=Ayo ke Posyandu");
  const onward = (page) => page.locator("input[name=choice]").first();
  await onward(verifier).check();
  await verifier.click("#act ~ form button");
  assert.match(await verifier.locator(".box.bad").innerText(), /Belum terpenuhi/);
  await shot(verifier, "06-verify-open-points");
  for (const box of await verifier.locator("#points input").all()) await box.check();
  await onward(verifier).check();
  await verifier.click("#act ~ form button");
  await verifier.waitForURL(/done=acted/);

  // The head of agency signs, in English, with the password.
  const head = await open("head");
  await head.click("header a[hreflang=en]");
  assert.match(await text(head), /Approve and sign/);
  await onward(head).check();
  await head.fill("#password", "not this one");
  await head.click("#act ~ form button");
  assert.match(await head.locator(".box.bad").innerText(), /password is wrong/);
  await onward(head).check();
  await head.fill("#password", PASSWORD);
  await shot(head, "07-approve");
  await head.click("#act ~ form button");
  await head.waitForURL(/done=acted/);
  await head.goto(`${base}${path}/letter`);
  assert.match(await text(head), /Ayo ke Posyandu/);
  await shot(head, "08-letter");
  const pdf = await head.request.get(`${base}${path}/letter.pdf`);
  assert.equal((await pdf.body()).subarray(0, 5).toString(), "%PDF-");

  // The technical team's file is made, and the case goes on.
  const technical = await open("technical");
  await until("the house file is made", async () => {
    await technical.goto(base + path);
    const box = technical.locator("#act ~ form button");
    if (!(await box.count())) return /Menunggu penjadwalan|Terjadwal/.test(await text(technical));
    if (await onward(technical).count()) await onward(technical).check();
    await box.click();
    return /done=acted/.test(technical.url());
  }, 120);
  await shot(technical, "09-technical");

  // The scheduling team plans tomorrow and publishes it.
  const scheduler = await as("scheduler");
  await scheduler.goto(`${base}/planning/videotron/${day(1)}`);
  await scheduler.click("main a.button");
  assert.match(await text(scheduler), /Ayo ke Posyandu/);
  await shot(scheduler, "10-proposal");
  await scheduler.fill("#password", PASSWORD);
  await scheduler.click("form button >> text=Umumkan jadwal");
  await scheduler.waitForURL(/done=published/);
  assert.match(await text(scheduler), /revisi 1/);
  await shot(scheduler, "11-published");
  await fits(scheduler, "11-published");

  // The office is told; the operator, the monitoring team and the auditor have their pages.
  await office.goto(base);
  await shot(office, "12-office-inbox");
  await office.goto(base + path);
  assert.match(await text(office), /Terjadwal tayang/);
  const operator = await as("operator");
  await operator.goto(`${base}/wall`);
  await shot(operator, "13-wall");
  const monitor = await as("monitor");
  await monitor.goto(`${base}${path}/report`);
  await monitor.fill("#conclusion", "Belum tayang; jadwal sudah sesuai permohonan.");
  await monitor.click("text=Simpan kesimpulan");
  assert.match(await text(monitor), /jadwal sudah sesuai permohonan/);
  await shot(monitor, "14-report");
  await admin.goto(`${base}/audit`);
  assert.match(await text(admin), /Rantai utuh/);
  await shot(admin, "15-audit");

  // Another office sees none of it.
  await admin.goto(`${base}/people`);
  await admin.fill("#office-name", "Desa Sei Semayang");
  await admin.selectOption("#group", "village");
  await admin.click("text=Tambah instansi >> nth=-1");
  await admin.fill("#name", "Hadi");
  await admin.fill("#email", "desa@contoh.go.id");
  await admin.check("#role-office");
  await admin.selectOption("#office", { label: "Desa Sei Semayang" });
  await admin.click("text=Tambah dan buat tautan");
  const village = await signUp("village", await admin.inputValue("#link"));
  for (const page of ["", "/original", "/report", "/letter"]) {
    assert.equal((await village.request.get(base + path + page)).status(), 404, page);
  }
  await village.goto(base + path);
  assert.match(await text(village), /tidak ditemukan/);

  assert.deepEqual(faults, []);

  // Signed out is signed out.
  await village.goto(base);
  await village.click("text=Keluar");
  await village.goto(base);
  assert.equal(new URL(village.url()).pathname, "/sign-in");
}

try {
  await story();
  console.log(`browser: a request went from its office to an announced playlist by the pages alone; pictures in ${pictures}`);
} catch (error) {
  for (const [role, page] of contexts) await page.screenshot({ path: join(pictures, `failed-${role}.png`), fullPage: true }).catch(() => {});
  console.error(error);
  process.exitCode = 1;
} finally {
  await browser?.close();
  server?.kill("SIGTERM");
  rmSync(home, { recursive: true, force: true });
}
