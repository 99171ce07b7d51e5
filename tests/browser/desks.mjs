// A request goes from its office to an announced playlist by the pages alone, and nobody sees what is not theirs.
import assert from "node:assert/strict";
import { readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { aMadeClip } from "./filing.mjs";
import { findings } from "./findings.mjs";
import { PASSWORD, decide, fits, onward, shot, text, until } from "./world.mjs";

// The smallest picture: one grey pixel.
const PICTURE = Buffer.from("R0lGODlhAQABAIAAAICAgAAAACwAAAAAAQABAAACAkQBADs=", "base64");
const day = (offset) => new Date(Date.now() + (7 * 3600 + offset * 86400) * 1000).toISOString().slice(0, 10);

export async function desks(world) {
  const { base, browser } = world;
  const clip = aMadeClip(world.home, "posyandu.mp4").path;
  const link = await world.open();

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
  const admin = await world.signUp("admin", link);
  await world.letIn(admin, "Dinas Kesehatan", [["office", "Ani, S.KM"], ["verifier", "Budi, S.Sos"],
    ["head", "Citra, M.Si"], ["technical", "Dedi"], ["scheduler", "Eka"], ["operator", "Fajar"], ["monitor", "Gita"]]);

  // The office files its request; a mistake is named, and nothing typed is lost.
  const office = await world.as("office");
  await office.click("text=Ajukan permohonan >> nth=0");
  await office.click("a[href='/requests/new']");
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
    const page = await world.as(role);
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
  const verifier = await world.as("verifier");
  await verifier.goto(base);
  assert.match(await text(verifier), /1 tugas menunggu Anda/);
  await verifier.click("text=Ayo ke Posyandu");

  // He or she says how a picture of another shape fills the wall; everybody reads it on the request.
  await verifier.check("#framing-fill");
  await verifier.click("text=Pakai ini");
  await verifier.waitForURL(/done=framed/);
  assert.ok(await verifier.isChecked("#framing-fill"));
  await open("office");
  assert.match(await text(office), /Penuh: layar terisi semua/);

  await onward(verifier).check();
  await decide(verifier).click();
  assert.match(await verifier.locator(".box.bad").innerText(), /Belum terpenuhi/);
  await shot(verifier, "06-verify-open-points");
  for (const box of await verifier.locator("#points input").all()) await box.check();
  await onward(verifier).check();
  await decide(verifier).click();
  await verifier.waitForURL(/done=acted/);

  // The preview is made by now, so the original may go astray on the disk while the head decides.
  await until("there is a preview", async () => /Salinan kecil/.test(await text(await open("verifier"))));
  const original = readdirSync(join(world.home, "media/inbox"))[0];
  renameSync(join(world.home, "media/inbox", original), join(world.home, "astray"));

  // The head of agency signs, in English, with the password.
  const head = await open("head");
  await head.click("header a[hreflang=en]");
  assert.match(await text(head), /Approve and sign/);
  await onward(head).check();
  await decide(head).click();
  assert.match(await head.locator(".box.bad").innerText(), /No password was given/);
  await onward(head).check();
  await head.fill("#password", "not this one");
  await decide(head).click();
  assert.match(await head.locator(".box.bad").innerText(), /password is wrong/);
  await onward(head).check();
  await head.fill("#password", PASSWORD);
  await shot(head, "07-approve");
  await decide(head).click();
  await head.waitForURL(/done=acted/);
  await head.goto(`${base}${path}/letter`);
  assert.match(await text(head), /Ayo ke Posyandu/);
  await shot(head, "08-letter");
  const pdf = await head.request.get(`${base}${path}/letter.pdf`);
  assert.equal((await pdf.body()).subarray(0, 5).toString(), "%PDF-");

  // The machine gives up and says so. The technical team puts the file back, and the work is done once more.
  const technical = await world.as("technical");
  await until("the work is given up", async () => /belum dapat dibuat/.test(await text(await open("technical"))));
  assert.equal(await technical.locator("main .note .mono").count(), 1);
  await shot(technical, "09-given-up");
  await fits(technical, "09-given-up");
  await open("office");
  assert.match(await text(office), /belum dapat dibuat/);
  assert.equal(await office.locator("main .note .mono").count(), 0, "an office reads no machine's words");
  assert.doesNotMatch(await text(office), /Coba lagi/);
  // An empty plan says so, names what waits for the day, and is not published by one click.
  const planner = await world.as("scheduler");
  await planner.goto(`${base}/planning/videotron/${day(1)}/proposal`);
  assert.match(await text(planner), /tanpa satu video pun/);
  assert.match(await text(planner), /Ayo ke Posyandu: Berkas siap tayang gagal dibuat/);
  await planner.fill("#password", PASSWORD);
  await planner.click("form button >> text=Umumkan jadwal");
  assert.match(await planner.locator(".box.bad").first().innerText(), /Rencana ini kosong/);
  await shot(planner, "09-empty-plan");
  await fits(planner, "09-empty-plan");
  renameSync(join(world.home, "astray"), join(world.home, "media/inbox", original));
  await world.as("technical");
  await technical.click("text=Coba lagi");
  await technical.waitForURL(/done=retried/);

  // The technical team's file is made, and the case goes on.
  await until("the house file is made", async () => {
    await technical.goto(base + path);
    const box = decide(technical);
    if (!(await box.count())) return /Menunggu penjadwalan|Terjadwal/.test(await text(technical));
    if (await onward(technical).count()) await onward(technical).check();
    await box.click();
    return /done=acted/.test(technical.url());
  }, 120);
  await shot(technical, "09-technical");

  // The scheduling team plans tomorrow and publishes it.
  const scheduler = await world.as("scheduler");
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
  const operator = await world.as("operator");
  await operator.goto(`${base}/wall`);
  await shot(operator, "13-wall");
  // The wall's page is kept as it is now without loading again, and what has the focus keeps it.
  await operator.evaluate(() => { window.kept = true; });
  await operator.focus("text=Gangguan per hari");
  writeFileSync(join(world.home, "run", "videotron.jpg"), PICTURE);
  await until("the picture is there", () => operator.locator("img.still").count());
  rmSync(join(world.home, "run", "videotron.jpg"));
  await until("the picture is gone", async () => await operator.locator("img.still").count() === 0);
  assert.equal(await operator.evaluate(() => window.kept && document.activeElement.textContent), "Gangguan per hari");
  assert.equal(await operator.locator("[data-stale]").isVisible(), false);
  const monitor = await world.as("monitor");
  await monitor.goto(`${base}${path}/report`);
  await monitor.fill("#conclusion", "Belum tayang; jadwal sudah sesuai permohonan.");
  await monitor.click("text=Simpan kesimpulan");
  assert.match(await text(monitor), /jadwal sudah sesuai permohonan/);
  await shot(monitor, "14-report");
  // Whoever runs the wall pulls the clip; it is off the published day at once.
  await operator.goto(base + path);
  await operator.click("text=Cabut persetujuan");
  await operator.fill("#revoke-reason", "Nama pejabat salah tulis.");
  await shot(operator, "16-revoke");
  await operator.click("text=Cabut sekarang");
  await operator.waitForURL(/done=revoked/);
  assert.match(await text(operator), /Dicabut: Nama pejabat salah tulis/);
  await scheduler.goto(`${base}/planning/videotron/${day(1)}`);
  assert.match(await text(scheduler), /revisi 2/);
  assert.doesNotMatch(await text(scheduler), /Ayo ke Posyandu/);
  await admin.goto(`${base}/audit`);
  assert.match(await text(admin), /Rantai utuh/);
  await shot(admin, "15-audit");

  const still = await findings(world);

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
  const village = await world.signUp("village", await admin.inputValue("#link"));
  for (const page of ["", "/original", "/preview", "/report", "/letter"]) {
    assert.equal((await village.request.get(base + path + page)).status(), 404, page);
  }
  assert.equal((await village.request.get(base + still)).status(), 404, still);
  await village.goto(base + path);
  assert.match(await text(village), /tidak ditemukan/);

  // Signed out is signed out, also on a page that is only looked at.
  await operator.goto(`${base}/wall`);
  const second = await operator.context().newPage();
  await second.goto(base);
  await second.click("text=Keluar");
  await operator.waitForURL(/sign-in/);
  await village.goto(base);
  await village.click("text=Keluar");
  await village.goto(base);
  assert.equal(new URL(village.url()).pathname, "/sign-in");
  return "a request went from its office to an announced playlist by the pages alone";
}
