// The scheduling desk: a plan is changed with the mouse, refused in words, put at an offered place, taken back, moved by
// the keyboard alone, published with a password, and announced.
import assert from "node:assert/strict";
import { aMadeClip } from "./filing.mjs";
import { PASSWORD, fits, shot, text, until } from "./world.mjs";

const day = (offset) => new Date(Date.now() + (7 * 3600 + offset * 86400) * 1000).toISOString().slice(0, 10);
const PLAYS = 16;

// A small picture is made sooner.
export const smallWall = () => "[channel.videotron]\nwidth = 640\nheight = 360\n";

// Requests at a machine room's terminal: what is told here begins once they can be planned.
function playable(world, office, title, clip) {
  const asked = world.json("request", "new", clip.path, "--as", office, "--title", title, "--description", "Ajakan.",
    "--from", day(1), "--to", day(6), "--play-s", String(clip.seconds), "--plays-per-day", String(PLAYS), "--declare", "all");
  const act = (step, choice, who) =>
    world.json("act", String(asked.case), step, "--choice", choice, "--as", `${who}@contoh.go.id`);
  act("verify", "conforms", "verifier");
  act("approve", "approved", "head");
  act("process", "playable", "technical");
  return asked.case;
}

// Where a play of the picture is, in the middle of its first piece.
async function middle(play) {
  await play.scrollIntoViewIfNeeded();
  const box = await play.locator("rect").first().boundingBox();
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}
const start = (play) => play.getAttribute("data-start").then(Number);
const clock = (ms) => new Date(ms + 7 * 3600_000).toISOString().slice(11, 19).replaceAll(":", ".");
const said = (page, words) => until(`it is said: ${words}`, async () => words.test(await page.locator("#said").innerText()), 15);

// Goes on from field to field until a button has the focus, as somebody without a mouse does.
async function tabTo(page, words) {
  for (let i = 0; i < 120; i++) {
    await page.keyboard.press("Tab");
    const here = await page.evaluate(() => [document.activeElement.tagName, document.activeElement.textContent.trim()]);
    if (here[0] === "BUTTON" && here[1] === words) return;
  }
  assert.fail(`no button “${words}” is reached by the keyboard`);
}

export async function planning(world) {
  const { base } = world;
  const admin = await world.signUp("admin", await world.open());
  await world.letIn(admin, "Dinas Kesehatan", [["office", "Ani, S.KM"], ["verifier", "Budi, S.Sos"],
    ["head", "Citra, M.Si"], ["technical", "Dedi"], ["scheduler", "Eka"], ["operator", "Fajar"]]);
  const first = playable(world, "office@contoh.go.id", "Ayo ke Posyandu", aMadeClip(world.home, "posyandu.mp4"));
  playable(world, "office@contoh.go.id", "Cuci tangan", aMadeClip(world.home, "tangan.mp4", 660));

  // The days ahead say that nothing is published yet.
  const page = await world.as("scheduler");
  await page.goto(`${base}/planning`);
  assert.match(await text(page), /Belum terbit/);
  assert.equal(await page.locator(".days li").count(), 31);
  await shot(page, "30-ahead");
  await fits(page, "30-ahead");
  await page.click("summary >> text=Lihat sebagai tabel");
  assert.equal(await page.locator("details tbody tr").count(), 31);

  // One day, as a picture and as tables.
  await page.goto(`${base}/planning/videotron/${day(2)}`);
  assert.match(await text(page), /Bagian adil/);
  assert.equal(await page.locator("svg.day .play").count(), 2 * PLAYS);
  await shot(page, "31-day");
  await fits(page, "31-day");

  // The desk. A play is dragged into a pause, with nothing loaded anew.
  await page.click("main a.button.second");
  await page.waitForURL(/draft/);
  await page.evaluate(() => { window.kept = true; });
  const plays = page.locator("svg.day a.play");
  await until("an hour with plays is shown", async () => await plays.count() >= 2);
  await shot(page, "32-desk");
  await fits(page, "32-desk");
  const from = await middle(plays.nth(0)), was = await start(plays.nth(0));
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(from.x + 60, from.y + 4, { steps: 6 });
  await shot(page, "33-dragged");
  await page.mouse.up();
  await said(page, /Tayangan sudah dipindahkan ke pukul/);
  const moved = Number(await page.locator(":focus").getAttribute("data-start"));
  assert.ok(moved > was && moved < was + 120_000, `${clock(was)} to ${clock(moved)}`);
  assert.match(await text(page), /1 perubahan tersimpan, belum diumumkan/);
  assert.equal(await page.locator("svg.day .play.hand").count(), 1);

  // Too near to the same clip: refused in words, with the numbers; the nearest place is offered and taken.
  const own = await plays.evaluateAll((all) => all.filter((a) => a.getAttribute("aria-label").includes("Ayo ke Posyandu"))
    .map((a) => a.dataset.play));
  const other = await page.locator(`a[data-play="${own[0]}"]`);
  await other.focus();
  await page.keyboard.press("Enter");
  await page.waitForURL(/play=/);
  await page.fill("#at", "25.00");
  await page.locator("#chosen button").first().click();
  await said(page, /Tulis jam seperti/);
  const near = await start(page.locator("svg.day a.play").filter({ hasText: "Cuci tangan" }).first());
  await page.fill("#at", clock(near));
  await page.locator("#chosen button").first().click();
  await said(page, /sudah terisi|hanya berjarak/);
  const refusal = await page.locator("[data-trouble]").innerText();
  assert.match(refusal, /Perubahan ini belum dapat diterima/);
  assert.match(refusal, /Cuci tangan|detik/);
  await shot(page, "34-refused");
  await fits(page, "34-refused");
  const offer = await page.locator("[data-trouble] form button").first().innerText();
  await page.locator("[data-trouble] form button").first().click();
  await said(page, /dipindahkan ke pukul/);
  assert.ok((await page.locator("#said").innerText()).includes(offer.match(/\d\d\.\d\d\.\d\d/)[0]));
  assert.match(await text(page), /2 perubahan tersimpan/);

  // The last change is taken back.
  await page.click("text=Batalkan perubahan terakhir");
  await said(page, /dibatalkan/);
  assert.match(await text(page), /1 perubahan tersimpan/);

  // By the keyboard alone: to a play, two minutes on and put down; let go of another; out with the first.
  const last = page.locator("svg.day a.play").last();
  await last.focus();
  const before = await start(last);
  await page.keyboard.press("ArrowRight");
  await said(page, new RegExp(`Pukul ${clock(before + 60_000)}`));
  await page.keyboard.press("Escape");
  await said(page, new RegExp(clock(before)));
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("Shift+ArrowRight");
  await said(page, new RegExp(`Pukul ${clock(before - 105_000)}`));
  await page.keyboard.press("Enter");
  await said(page, /dipindahkan ke pukul|belum dapat diterima|sudah terisi|berjarak/);
  if (await page.locator("[data-trouble]").count()) {
    // The nearest place, by the keyboard too.
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await said(page, /dipindahkan ke pukul/);
  }
  assert.match(await text(page), /2 perubahan tersimpan/);
  assert.ok(await page.locator(":focus").getAttribute("data-play"), "the moved play has the focus");

  // What is kept outlives the head-end.
  await world.restart(smallWall());
  await page.reload();
  assert.match(await text(page), /2 perubahan tersimpan/);
  assert.match(await text(page), /Perubahan dimulai Eka/);

  // Published with the password, it is marked on the day's page, and the draft is done.
  await page.goto(`${base}/planning/videotron/${day(2)}/proposal`);
  assert.match(await text(page), /2 perubahan dengan tangan ikut diumumkan/);
  await page.fill("#password", PASSWORD);
  await page.click("form button >> text=Umumkan jadwal");
  await page.waitForURL(/done=published/);
  assert.match(await text(page), /Sudah diumumkan: revisi 1/);
  assert.equal(await page.locator("tbody .tag >> text=Ditaruh dengan tangan").count(), 2);
  await shot(page, "35-published");

  // The rest of the week with one password.
  await page.goto(`${base}/planning/videotron`);
  await page.fill("#first", day(1));
  await page.fill("#last", day(4));
  await page.click("text=Periksa hari-hari itu");
  await shot(page, "36-several");
  await fits(page, "36-several");
  await page.fill("#password", PASSWORD);
  await page.click("text=Umumkan hari-hari ini >> nth=-1");
  assert.match(await text(page), /3 hari sudah diumumkan\. 1 hari tidak/);
  assert.match(await text(page), /Tidak ada yang berubah: revisi 1 tetap berlaku/);

  // Those concerned read when their clips air.
  const office = await world.as("office");
  await office.goto(`${base}/planning/videotron/${day(2)}/announcement`);
  const announced = await text(office);
  assert.match(announced, /Ayo ke Posyandu/);
  assert.ok(announced.includes(clock(moved)), `${clock(moved)} in ${announced}`);
  await shot(office, "37-announcement");
  await fits(office, "37-announcement");
  const pdf = await office.request.get(`${base}/planning/videotron/${day(2)}/announcement.pdf`);
  assert.equal((await pdf.body()).subarray(0, 5).toString(), "%PDF-");
  const ics = (await (await office.request.get(`${base}/planning/videotron/${day(2)}/announcement.ics`)).body()).toString();
  assert.equal(ics.match(/BEGIN:VEVENT/g).length, 2 * PLAYS);
  await page.goto(`${base}/planning/videotron/${day(2)}/archive`);
  assert.match(await text(page), /Revisi 1/);
  await shot(page, "38-archive");

  // A wider distance, by the keyboard alone: what it costs is shown first, and nothing is saved by looking.
  await page.goto(`${base}/planning/videotron/rules`);
  await page.focus("#separation_s");
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type("7200");
  await tabTo(page, "Lihat akibatnya");
  await page.keyboard.press("Enter");
  await page.waitForSelector("text=Akibatnya");
  await shot(page, "39-rules");
  await fits(page, "39-rules");
  assert.match(await text(page), /Ayo ke Posyandu/);
  await tabTo(page, "Simpan");
  await page.keyboard.press("Enter");
  await page.waitForURL(/done=/);
  assert.match(await text(page), /Disimpan oleh Eka/);

  // A day that nobody has published says what has no place, and what would give it one.
  await page.goto(`${base}/planning/videotron/${day(6)}/draft`);
  const why = page.locator("a[href^='why/']").first();
  await why.focus();
  await page.keyboard.press("Enter");
  await page.waitForURL(/why/);
  const reasons = await text(page);
  assert.match(reasons, new RegExp(`Diminta: ${PLAYS}`));
  assert.match(await page.locator("#changes").innerText(), /jarak|Jarak/);
  await shot(page, "40-what-if");
  await fits(page, "40-what-if");

  // Yesterday's list, as another program would send it, for a day that nobody has published.
  const list = await page.request.get(`${base}/planning/videotron/${day(2)}/list/csv?revision=1`);
  await page.goto(`${base}/planning/videotron/${day(6)}/import`);
  await page.setInputFiles("#list", { name: "jadwal.csv", mimeType: "text/csv", buffer: await list.body() });
  await page.click("text=Periksa daftar ini");
  await page.waitForSelector("text=Isi daftar");
  assert.match(await text(page), /video di daftar, [1-9]\d* di antaranya dapat tayang pada jamnya/);
  await shot(page, "42-list");
  await fits(page, "42-list");
  await tabTo(page, "Jadikan rencana hari ini");
  await page.keyboard.press("Enter");
  await page.waitForURL(/done=listed/);
  assert.match(await text(page), /Rencana sudah mengikuti daftar/);

  // Days that publish themselves: approved, and withdrawn again.
  await page.goto(`${base}/planning/videotron/horizon`);
  await page.fill("#first", day(5));
  await page.fill("#last", day(8));
  await page.fill("#password", PASSWORD);
  await page.click("form button >> text=Setujui hari-hari ini");
  await page.waitForURL(/done=approve/);
  assert.match(await text(page), /disetujui Eka/);
  assert.match(await text(page), /belum ditandai siap/);
  await shot(page, "43-horizon");
  await fits(page, "43-horizon");
  await page.click("summary >> text=Perpendek atau cabut");
  await page.click("form button >> text=Cabut persetujuan ini");
  await page.waitForURL(/done=withdraw/);
  assert.match(await text(page), /Setiap hari diumumkan dengan tangan lagi/);

  // A day of mourning on one day: seen before it is ordered, with the password, and ended again.
  await page.goto(`${base}/planning/videotron/modes`);
  await page.focus("#mode-mourning");
  await page.keyboard.press("Space");
  await page.fill("#first", day(5));
  await page.fill("#last", day(5));
  await tabTo(page, "Lihat akibatnya");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#password");
  await shot(page, "41-mode");
  await fits(page, "41-mode");
  await page.fill("#password", PASSWORD);
  await tabTo(page, "Tetapkan");
  await page.keyboard.press("Enter");
  await page.waitForURL(/done=ordered/);
  assert.match(await text(page), /Hari khusus ditetapkan/);
  await page.locator("tbody details summary").first().focus();
  await page.keyboard.press("Enter");
  await page.locator("tbody details form button").first().focus();
  await page.keyboard.press("Enter");
  await page.waitForURL(/done=ended/);
  assert.match(await text(page), /Hari khusus diakhiri/);
  assert.ok(first > 0);
  assert.equal(await page.evaluate(() => window.kept), undefined, "another page by now");
  return "a plan was changed by mouse and by keyboard, refused in words, explained, published and announced";
}
