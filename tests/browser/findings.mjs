// What was found in a clip is shown along its time: marks, pictures, loudness. A clip that flashes comes back in words.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { file, fillIn } from "./filing.mjs";
import { fits, shot, text, until } from "./world.mjs";

// Places in the clips, seconds. The first is too loud but for its silence.
const BLACK = [3, 5], SILENT = [7, 10], FLASHES = [2, 4], LONG = 12;

function encoded(home, name, picture, sound) {
  const path = join(home, name);
  execFileSync("ffmpeg", ["-v", "error", "-y", "-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound, "-t", `${LONG}`,
    "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", path]);
  return { path, seconds: LONG };
}
const between = ([from, to]) => `gte(t\\,${from})*lt(t\\,${to})`;
const tone = `sine=frequency=440:sample_rate=48000,volume=6,volume=0:enable='${between(SILENT)}'`;
const aFaultyClip = (home) => encoded(home, "banyak-cacat.mp4",
  `testsrc2=size=640x360:rate=25,drawbox=color=black:t=fill:enable='${between(BLACK)}'`, tone);
const aFlashingClip = (home) => encoded(home, "berkilat.mp4",
  `testsrc2=size=320x180:rate=25,drawbox=color=white:t=fill:enable='${between(FLASHES)}*lt(mod(n\\,6)\\,3)',`
  + `drawbox=color=black:t=fill:enable='${between(FLASHES)}*gte(mod(n\\,6)\\,3)'`, tone);

// `0:03,0` as seconds.
const seconds = (clock) => clock.split(":").reduce((sum, part) => sum * 60 + Number(part.replace(",", ".")), 0);
const near = (found, [from, to]) => {
  assert.ok(Math.abs(found[0] - from) <= 0.5 && Math.abs(found[1] - to) <= 0.5, `${found} is not at ${from} to ${to}`);
};
// Where a kind of mark lies in the drawing, seconds.
const drawn = (page, kind) => page.locator(`.timeline svg .mark-${kind}`).evaluateAll((marks, long) => marks.map((m) => {
  const [x, width] = ["x", "width"].map((name) => Number(m.getAttribute(name)) * long / 1000);
  return [x, x + width];
}), LONG);
// The same in the table.
async function told(page, words) {
  const row = page.locator(".timeline tbody tr", { hasText: words });
  const cells = await row.locator("td").allInnerTexts();
  return [seconds(cells[1]), seconds(cells[2])];
}

// A file that is too large is said to be so before any of it is sent.
async function offersTooMuch(world, office) {
  const path = join(world.home, "terlalu-besar.mp4");
  writeFileSync(path, "");
  truncateSync(path, 2 ** 31 + 1);
  await fillIn(world, office, { path, seconds: LONG }, { title: "Terlalu besar" });
  await office.click("text=Kirim permohonan");
  await until("the page says so", async () => /melebihi 2048 MiB/.test(await office.locator("[data-progress]").innerText()), 5);
  assert.equal(new URL(office.url()).pathname, "/requests/check");
}

// Where the first picture of what was found is.
export async function findings(world) {
  const { base, home } = world;
  const office = await world.as("office");
  await offersTooMuch(world, office);
  const faulty = await file(world, office, aFaultyClip(home), { title: "Banyak cacat" });
  const flashing = await file(world, office, aFlashingClip(home), { title: "Berkilat" });

  const verifier = await world.as("verifier");
  await until("the preview is made", async () => {
    await verifier.goto(base + faulty);
    return /Salinan kecil/.test(await text(verifier));
  });
  near((await drawn(verifier, "black"))[0], BLACK);
  near(await told(verifier, "Gambar hitam"), BLACK);
  near((await drawn(verifier, "silent"))[0], SILENT);
  near(await told(verifier, "Tanpa suara"), SILENT);
  const still = verifier.locator(".timeline tr", { hasText: "Gambar hitam" }).locator("img");
  const picture = await still.evaluate(async (img) => { await img.decode(); return [img.naturalWidth, img.src]; });
  assert.equal(picture[0], 192);
  const at = Number(picture[1].split("/").at(-1)) / 1000;
  assert.ok(at >= BLACK[0] && at < BLACK[1], `the picture of the black is at ${at} s`);

  // The curve, and the same in words and in numbers.
  const curve = await verifier.locator(".timeline polyline.loudness").getAttribute("points");
  assert.ok(curve.split(" ").length > LONG, "a value for each second at least");
  const drawing = verifier.locator(".timeline svg");
  const described = verifier.locator(`[id="${await drawing.getAttribute("aria-describedby")}"]`);
  assert.match(await described.innerText(), /Paling keras: -[0-9],[0-9] LUFS \(0:\d\d,\d\)/);
  await verifier.click("text=Kenyaringan dalam angka");
  const numbers = await verifier.locator(".timeline details tr").allInnerTexts();
  const inSilence = numbers.slice(1).filter((row) => /^0:0[89],/.test(row));
  assert.ok(inSilence.length > 0 && inSilence.every((row) => /≤ -60,0 LUFS/.test(row)), numbers.join("; "));
  assert.match(await text(verifier), /Kenyaringan -[0-9],[0-9] LUFS .* disesuaikan ke -23,0 LUFS/);
  await shot(verifier, "17-findings");
  await fits(verifier, "17-findings");

  // The keyboard reaches the marks, and the preview goes there.
  await verifier.focus(".timeline details summary");
  await verifier.keyboard.press("Tab");
  assert.equal(await verifier.evaluate(() => document.activeElement.dataset.seek), "3000");
  await verifier.keyboard.press("Enter");
  const film = verifier.locator("video");
  await until("the preview shows the place", async () => await film.evaluate((v) => v.currentTime) === BLACK[0], 10);

  // The flashing clip comes back to its office: what, where, and what to do.
  await until("the flashing clip is refused", async () => {
    await office.goto(base + flashing);
    return /Tidak dapat ditayangkan/.test(await text(office));
  });
  const why = await office.locator("main li strong").first().innerText();
  const [, from, to] = why.match(/Kilatan pada (\S+) sampai (\S+) .*Perlambat atau redupkan bagian itu, lalu kirim ulang/);
  near([seconds(from), seconds(to)], FLASHES);
  near((await drawn(office, "flashing"))[0], FLASHES);
  // There is no preview of what is refused: the mark leads to its picture.
  await office.click(".timeline td a >> nth=0");
  const shown = office.locator(".stills :target img");
  const shownAt = Number((await shown.getAttribute("src")).split("/").at(-1)) / 1000;
  assert.ok(shownAt >= FLASHES[0] - 0.5 && shownAt < FLASHES[1], `the picture of the flashing is at ${shownAt} s`);
  await office.goto(`${base}${flashing}?lang=en`);
  assert.match(await text(office), /Flashing from 0:0[12]\.\d to 0:0[34]\.\d .*Slow it down or dim it and send the clip again/);
  await office.goto(`${base}${flashing}?lang=id`);
  await shot(office, "18-flashing");
  return picture[1].replace(base, "");
}
