// An office files a request by the pages.
import { execFileSync } from "node:child_process";
import { join } from "node:path";

// A clip of six seconds with sound, as an office's editing program makes it.
export function aMadeClip(home, name, hertz = 440) {
  const path = join(home, name);
  execFileSync("ffmpeg", ["-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=25", "-f", "lavfi",
    "-i", `sine=frequency=${hertz}:sample_rate=48000`, "-t", "6", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac",
    path]);
  return { path, seconds: 6 };
}

// Both steps up to the button, without a mistake. `letter` says what is not usual.
export async function fillIn(world, office, clip, letter = {}) {
  // The wall's day: until four in the morning in Jakarta it is the one before.
  const today = new Date(Date.now() + (7 - 4) * 3600_000).toISOString().slice(0, 10);
  const fields = { title: "Bantuan sosial", description: "Cara mendaftar.", date: today, first_day: today,
    last_day: today, play_s: String(clip.seconds), ...letter };
  await office.goto(`${world.base}/requests/new`);
  for (const [field, value] of Object.entries(fields)) await office.fill(`#${field}`, value);
  await office.click("text=Lanjutkan");
  await office.waitForSelector("#clip");
  for (const box of await office.locator("input[name=declare]").all()) await box.check();
  await office.setInputFiles("#clip", clip.path);
}

// The same and the button; returns the request's address.
export async function file(world, office, clip, letter = {}) {
  await fillIn(world, office, clip, letter);
  await office.click("text=Kirim permohonan");
  await office.waitForURL(/done=filed/);
  return new URL(office.url()).pathname;
}
