// A clip that nobody here made goes through all eight stages by the pages alone; the player runs beside them.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { aMadeClip, file } from "./filing.mjs";
import { PASSWORD, decide, fits, onward, root, shot, text, until } from "./world.mjs";

const CORPUS = join(root, "../shared/corpus");
const TITLE = "Sapaan hari Jumat";
const PLAYS = 2;
// The whole story takes two minutes on a busy machine.
const STORY_S = 600;
// Time to plan, to publish, to start the player and to air every play.
const OPEN_FOR_S = 60;

// Where the broadcast day, which turns at 04:00, does not turn while this runs.
const zone = [["Asia/Jakarta", 7], ["Asia/Jayapura", 9]].find(([, hours]) => {
  const sinceTurn = (Date.now() / 1000 + (hours - 4) * 3600) % 86400;
  return sinceTurn + STORY_S < 86400;
});
const local = (ms) => new Date(ms + zone[1] * 3600_000).toISOString();
const today = () => local(Date.now() - 4 * 3600_000).slice(0, 10);

// A small wall that is open now, and short waits, so that a day fits into minutes.
export const house = (close = "04:00") => `[channel.videotron]
zone = "${zone[0]}"
open = "04:00"
close = "${close}"
width = 640
height = 360

[planning]
freeze_s = 30
lead_s = 8
separation_s = 20
`;

// The first short clip with sound that the corpus says is fit for a wall.
function aRealClip() {
  const manifest = join(CORPUS, "MANIFEST.csv");
  if (!existsSync(manifest)) return null;
  const [names, ...rows] = readFileSync(manifest, "utf8").trim().split("\n").map((line) =>
    [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map((found) => found[1].replaceAll('"', "")));
  const read = (row) => Object.fromEntries(names.map((name, n) => [name, row[n]]));
  const found = rows.map(read).find((clip) => clip.class === "video" && clip.audio && clip.duration_s >= 4
    && clip.duration_s <= 8 && clip.expected_video_wall === "accept");
  return found && { path: join(CORPUS, found.file), seconds: Math.ceil(found.duration_s) };
}

// The clip plays in the page, and a piece of it can be asked for.
async function looksAtPreview(page, seconds) {
  const seen = await page.locator("video").evaluate(async (video) => {
    const event = (name) => new Promise((done, fail) => {
      video.addEventListener(name, done, { once: true });
      setTimeout(() => fail(new Error(`the preview had no ${name} within 30 s`)), 30_000);
    });
    if (video.readyState < 1) await event("loadedmetadata");
    video.muted = true;
    await video.play();
    await event("timeupdate");
    video.pause();
    const sought = event("seeked");
    video.currentTime = 3;
    await sought;
    return { width: video.videoWidth, seconds: video.duration, at: video.currentTime };
  });
  assert.equal(seen.width, 640);
  assert.ok(Math.abs(seen.seconds - seconds) <= 1, `${seen.seconds} s of ${seconds} s`);
  assert.equal(seen.at, 3);
  const piece = await page.request.get(await page.locator("video").evaluate((video) => video.src),
    { headers: { range: "bytes=4-7" } });
  assert.equal(piece.status(), 206);
  assert.equal((await piece.body()).toString(), "ftyp");
}

export async function airing(world) {
  const real = aRealClip();
  if (!real) console.log(`browser: no corpus at ${CORPUS}, so a generated clip takes the way instead`);
  const clip = real ?? aMadeClip(world.home, "buatan.mp4");
  const { base } = world;
  const admin = await world.signUp("admin", await world.open());
  await world.letIn(admin, "Dinas Pariwisata", [["office", "Ani, S.KM"], ["verifier", "Budi, S.Sos"],
    ["head", "Citra, M.Si"], ["technical", "Dedi"], ["scheduler", "Eka"], ["operator", "Fajar"], ["monitor", "Gita"]]);

  // 1 and 2: the office asks, and the file is inspected.
  const office = await world.as("office");
  const path = await file(world, office, clip, { title: TITLE, description: "Sapaan di hari Jumat.", date: today(),
    first_day: today(), last_day: today(), plays_per_day: String(PLAYS) });
  const reads = async (role, words, at = path) => {
    const page = await world.as(role);
    await page.goto(base + at);
    return words.test(await text(page));
  };
  await until("the clip is inspected", () => reads("office", /Layak|Tidak dapat ditayangkan/));
  assert.match(await text(office), /Layak/);

  // 3: verified and approved.
  const verifier = await world.as("verifier");
  await until("the request reaches the verifier", () => reads("verifier", /Butir yang terpenuhi/));
  await until("there is a preview", () => reads("verifier", /Salinan kecil/));
  await looksAtPreview(verifier, clip.seconds);
  for (const box of await verifier.locator("#points input").all()) await box.check();
  await onward(verifier).check();
  await shot(verifier, "20-verify");
  await decide(verifier).click();
  await verifier.waitForURL(/done=acted/);
  const head = await world.as("head");
  await head.goto(base + path);
  await onward(head).check();
  await head.fill("#password", PASSWORD);
  await decide(head).click();
  await head.waitForURL(/done=acted/);

  // 4: the house file.
  const technical = await world.as("technical");
  await until("the house file is made", async () => {
    await technical.goto(base + path);
    await onward(technical).check();
    await decide(technical).click();
    return /done=acted/.test(technical.url());
  }, 90);

  // 5: planned, read and published. The machine room closes the wall early today, so that the day is soon over.
  await world.restart(house(local(Date.now() + OPEN_FOR_S * 1000).slice(11, 19)));
  const scheduler = await world.as("scheduler");
  await scheduler.goto(`${base}/planning/videotron/${today()}/proposal`);
  assert.ok((await text(scheduler)).includes(TITLE));
  await scheduler.fill("#password", PASSWORD);
  await scheduler.click("form button >> text=Umumkan jadwal");
  await scheduler.waitForURL(/done=published/);
  await shot(scheduler, "21-published");

  // 6: on air. The player is the machine room's own; everyone else looks at pages.
  world.start("play", "videotron", "--output", "null");
  await until("the wall plays", () => reads("operator", /Mengudara/, "/wall/videotron"), 30);
  await until("the clip is on air", async () => {
    const operator = await world.as("operator");
    await operator.goto(`${base}/wall/videotron`);
    return (await operator.locator(".onair").innerText()) === TITLE;
  }, 60);
  await shot(await world.as("operator"), "22-on-air");
  const whole = new RegExp(`${PLAYS} dari ${PLAYS} tayangan yang sudah waktunya tayang utuh\\.`);
  await until("every play has aired whole", () => reads("monitor", whole, `${path}/report`), 90);

  // The operator puts the station's card over everything, and gives the air back.
  const wall = await world.as("operator");
  const ordered = async (name, seen) => {
    await wall.goto(`${base}/wall/videotron`);
    await wall.click(`summary >> text=${name}`);
    await wall.click(`details[open] button >> text=/^Ya, /`);
    await wall.waitForURL(/wall\/videotron$/);
    await until(name, async () => seen.test(await text(wall)), 10);
  };
  await ordered("Kartu stasiun", /Diperintahkan: Kartu stasiun/);
  await shot(wall, "22-station-card");
  await ordered("Lanjutkan jadwal", /^((?!Diperintahkan)[\s\S])*$/);

  // 7: the operator and the monitoring team say what they saw, one of them in English.
  const operator = await world.as("operator");
  await operator.goto(base + path);
  await shot(operator, "23-operator");
  await fits(operator, "23-operator");
  await decide(operator).click();
  await operator.waitForURL(/done=acted/);
  const monitor = await world.as("monitor");
  await monitor.goto(`${base}${path}?lang=en`);
  await shot(monitor, "24-monitor");
  await decide(monitor).click();
  await monitor.waitForURL(/done=acted/);

  // 8: the conclusion and the report.
  await monitor.goto(`${base}${path}/report`);
  await monitor.fill("#conclusion", "Tayang tepat waktu, gambar dan suara baik.");
  await monitor.click("form button >> text=/conclusion/");
  assert.match(await text(monitor), /gambar dan suara baik/);
  await monitor.goto(base + path);
  await shot(monitor, "25-evaluate");
  await decide(monitor).click();
  await monitor.waitForURL(/done=acted/);
  await office.goto(base + path);
  assert.match(await text(office), /Selesai/);
  await office.goto(`${base}${path}/report`);
  const report = await text(office);
  assert.match(report, whole);
  assert.equal(report.match(/\butuh\b/g).length, 1 + PLAYS, "the sentence, and each play's row");
  await shot(office, "26-report");
  const [download] = await Promise.all([office.waitForEvent("download"), office.click("text=Unduh PDF")]);
  const words = execFileSync("pdftotext", ["-layout", await download.path(), "-"], { encoding: "utf8" });
  assert.match(words.replace(/\s+/g, " "), whole);
  return `a ${real ? "clip of the corpus" : "generated clip"} went through all eight stages by the pages alone`;
}
