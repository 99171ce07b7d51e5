// A talkshow on English pages and a podcast on Indonesian ones, each from its letter to the closed case and the session's
// log, by clicking and typing. Every page of the way is seen in both languages, at desk and at telephone width.
import assert from "node:assert/strict";
import { speaks } from "./languages.mjs";
import { PASSWORD, decide, fits, shot, text } from "./world.mjs";

// Where it is the middle of a working day now, so that the session's day is today whenever this is told: in Jakarta if
// it is one there.
const HOUR = new Date().getUTCHours();
const IN_JAKARTA = (HOUR + 7) % 24;
const EAST = IN_JAKARTA >= 8 && IN_JAKARTA < 15 ? 7 : ((10 - HOUR + 36) % 24) - 12;
const ZONE = EAST === 7 ? "Asia/Jakarta" : `Etc/GMT${EAST > 0 ? "-" : "+"}${Math.abs(EAST)}`;
const QUARTER = 15 * 60_000;
const local = (ms) => new Date(ms + EAST * 3600_000).toISOString();
const today = () => local(Date.now()).slice(0, 10);
// The next quarter of an hour that is some minutes away: until then the request has come to its booking.
const soon = () => local(Math.ceil((Date.now() + 5 * 60_000) / QUARTER) * QUARTER).slice(11, 16);

export const studios = () => [
  `[channel.videotron]\nzone = "${ZONE}"\n`,
  ...["Radio", "Podcast"].map((name) => `[studio."studio.${name.toLowerCase()}"]\ntitle = "Studio ${name}"\nzone = "${ZONE}"\n`
    + `setup_min = 15\n`),
].join("\n");

const OFFICE = "Dinas Kesehatan";
const PEOPLE = [["office", "Ani, S.KM"], ["head", "Citra, M.Si"], ["radio_verifier", "Budi, S.Sos"],
  ["studio_operator", "Fajar"], ["functional", "Gita"], ["division_head", "Hadi"], ["secretary", "Indah"]];
// What is written underway, and the other service's words in lists that show both.
const TYPED = ["surat.pdf", "Choir rehearsal", "Preventing stunting", "Rapat redaksi", "Digitalisasi desa", "Jam apel bentrok",
  "Trial on Wednesday", "Script, two songs", "One lamp is out", "Memory stick", "The choir is ill", "Rapat ditunda", "Satu lampu mati", "Flash disk"];
const NAMES = [OFFICE, ...PEOPLE.map(([, name]) => name)];

// One service on pages of one language; what was seen of it, by kind of page.
class Way {
  seen = new Set();
  // What was said in the other language or is too wide: all of it is told at the end.
  wrong = [];
  pictures = 0;

  constructor(world, lang, tag, letter) {
    Object.assign(this, { world, lang, tag, letter });
  }
  // Somebody at a page, in the language of this way.
  async as(role, path) {
    const page = await this.world.as(role);
    if (await page.getAttribute("html", "lang") !== this.lang) await page.click(`header a[hreflang=${this.lang}]`);
    if (path) await page.goto(this.world.base + path);
    return page;
  }
  // A page as people see it: one language, nothing wider than a telephone, a picture at both widths.
  async look(page, kind) {
    const name = `${this.tag}-${String(++this.pictures).padStart(2, "0")}-${kind}`;
    await shot(page, name);
    await fits(page, name).catch((error) => this.wrong.push(error.message));
    const said = [...NAMES, ...TYPED, ...Object.values(this.letter)];
    (await speaks(page, this.lang, name, said)).forEach((line) => this.wrong.push(line));
    this.seen.add(kind);
  }
  // Whoever has the step that waits finds it in the inbox and opens the request from there.
  async task(role) {
    const page = await this.as(role, "/");
    await this.look(page, "inbox");
    await page.click(`.cards a >> text=${this.letter.topic}`);
    await this.look(page, "case");
    return page;
  }
  // Does the step that waits; `choice` where there are several.
  async act(page, choice, { reason, password } = {}) {
    if (choice) await page.check(`#choice-${choice}`);
    if (reason) await page.fill("#reason", reason);
    if (password) await page.fill("#password", password);
    await decide(page).click();
    await page.waitForURL(/done=acted/);
  }
  // The same, and what was wrong is said on the page.
  async refused(page, choice, words) {
    if (choice) await page.check(`#choice-${choice}`);
    await decide(page).click();
    assert.match(await page.locator(".box.bad").innerText(), words);
    await this.look(page, "case-wrong");
  }

  // From the inbox over the services to the letter; what is missing is named, and nothing typed is lost.
  async file() {
    const page = await this.as("office", "/");
    await page.click("main a[href='/services']");
    await this.look(page, "services");
    await page.click(`a[href='/services/${this.letter.service}/new']`);
    await this.look(page, "letter");
    const { topic, purpose, material, contact } = this.letter;
    for (const [field, words] of Object.entries({ topic, purpose, contact, date: today(), day: today(), time: "00:30" })) {
      await page.fill(`#${field}`, words);
    }
    await page.click("main form button");
    assert.equal(await page.locator(".box.bad li").count(), 2, "no material, and a time that is over");
    assert.equal(await page.inputValue("#purpose"), purpose);
    await this.look(page, "letter-wrong");
    await page.fill("#material", material);
    await page.fill("#time", this.time = soon());
    await page.setInputFiles("#scan", { name: "surat.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.7") });
    await page.click("main form button");
    await page.waitForURL(/\/requests\/\d+\?done=filed/);
    await this.look(page, "case");
    this.path = new URL(page.url()).pathname;
    await page.click(`a[href='${this.path}/paper']`);
    assert.match(await text(page), /surat\.pdf/);
    await this.look(page, "paper-side");
    await page.click("nav a[href='/requests']");
    await this.look(page, "requests");
  }
  // Somebody takes the studio at the hour of the letter, by the form of the studios' calendar; the booking's address.
  async book(studio, title) {
    const page = await this.as("studio_operator", "/studios");
    await page.click("main a[href='/studios/new']");
    await page.selectOption("#studio", studio);
    await page.fill("#title", title);
    await page.fill("#day", today());
    await page.fill("#time", this.time);
    await this.look(page, "booking-form");
    await page.click("main form p.actions button:last-of-type");
    await page.waitForURL(/done=held/);
    await this.look(page, "booking");
    return new URL(page.url()).pathname;
  }
  async giveBack(booking, why) {
    const page = await this.as("studio_operator", booking);
    await page.click("summary >> nth=1");
    await page.fill("#why", why);
    await page.click("button.danger");
    await page.waitForURL(/done=cancelled/);
    await this.look(page, "booking-cancelled");
  }
  // The agency's paper, on the page and as a file.
  async paper(role, document, words) {
    const page = await this.as(role, this.path);
    await page.click(`a[href='${this.path}/papers/${document}']`);
    assert.match(await text(page), words);
    await this.look(page, "paper");
    const pdf = await page.request.get(`${this.world.base}${this.path}/papers/${document}/pdf`);
    assert.equal((await pdf.body()).subarray(0, 5).toString(), "%PDF-");
  }
  // The operator's day: what is ready and what is not, material, start and stop; and the log that tells of it.
  async holdTheSession({ fault, material, whose }) {
    const page = await this.as("studio_operator", "/studios");
    await this.look(page, "week");
    await page.click(`main a[href='/studios/day/${today()}'] >> nth=0`);
    await this.look(page, "day");
    const session = page.locator("section.session").filter({ hasText: this.letter.topic });
    // What nobody looked at keeps people off the air, and what is not ready any more wants a word why.
    const lamp = session.locator("[name=ready-lighting]");
    if (await lamp.isChecked()) {
      await lamp.uncheck();
      await session.locator("form:has([value=check]) button").click();
    } else {
      await session.locator("button[value=start]").click();
    }
    assert.equal(await page.locator(".box.bad").count(), 1);
    await this.look(page, "day-wrong");
    for (const box of await session.locator("input[name^=ready-]").all()) await box.check();
    await session.locator("[name=fault-lighting]").fill(fault);
    await session.locator("form:has([value=check]) button").click();
    await page.waitForURL(/done=told/);
    assert.match(await session.innerText(), new RegExp(fault));
    await session.locator("[name=what]").fill(material);
    await session.locator("[name=whose]").fill(whose);
    await session.locator("form:has([name=what]) button").click();
    await page.waitForURL(/done=told/);
    await session.locator("button[value=start]").click();
    await session.locator("button[value=stop]").waitFor();
    await this.look(page, "day-running");
    await session.locator("button[value=stop]").click();
    await session.locator("button[value=stop]").waitFor({ state: "detached" });
    await this.look(page, "day-over");
    await session.locator("h2 a").click();
    await this.look(page, "booking");
    return text(page);
  }
}

async function talkshow(world) {
  const way = new Way(world, "en", "50-talkshow", { service: "ds.talkshow", topic: "Preventing stunting",
    purpose: "Mothers learn what to cook.", material: "Script and two songs", contact: "Ani, 061 7951852" });
  await way.file();

  // Somebody else has the hour: the verifier reads so, and takes the nearest free one.
  const rehearsal = await way.book("studio.radio", "Choir rehearsal");
  const verifier = await way.task("radio_verifier");
  await way.refused(verifier, "complete-and-eligible", /The studio is taken/);
  await verifier.check(`input[name=nearest][value^='${today()}'] >> nth=0`);
  await way.act(verifier, "complete-and-eligible");
  await way.giveBack(rehearsal, "The choir is ill");

  const head = await way.task("head");
  await way.refused(head, "approved", /No password was given/);
  await way.act(head, "approved", { password: PASSWORD });
  await way.act(await way.task("radio_verifier"));
  await way.paper("office", "approval", /001\/PERSETUJUAN/);
  await way.paper("office", "schedule_guide", /001\/PENGUMUMAN/);
  await way.act(await way.task("office"), undefined, { reason: "Trial on Wednesday" });

  // The studio is made ready, material comes, the guests are there.
  const desk = await way.task("studio_operator");
  await desk.check("#list input >> nth=0");
  await way.refused(desk, undefined, /Not ready yet|not ready/i);
  for (const box of await desk.locator("#list input").all()) await box.check();
  await way.act(desk);
  await way.act(await way.task("office"), undefined, { reason: "Script, two songs" });
  await way.act(await way.task("office"), "present");
  await way.refused(await way.task("studio_operator"), undefined, /start or stop/);
  const told = await way.holdTheSession({ fault: "One lamp is out", material: "Memory stick", whose: "Ani" });
  assert.match(told, /Session started/);
  assert.match(told, /Session stopped/);
  await way.act(await way.task("studio_operator"));
  await way.act(await way.task("studio_operator"));
  const office = await way.as("office", way.path);
  assert.match(await office.locator("h1 + p .tag").innerText(), /Finished|Done|Completed/i);
  await way.look(office, "case-closed");
  return way;
}

async function podcast(world) {
  const way = new Way(world, "id", "60-podcast", { service: "ds.podcast", topic: "Digitalisasi desa",
    purpose: "Warga tahu cara mengurus surat.", material: "Naskah dan foto", contact: "Ani, 061 7951852" });
  await way.file();
  await way.act(await way.task("functional"), "acceptable");

  // The hour is taken here too, and the draft takes the nearest free one.
  const meeting = await way.book("studio.podcast", "Rapat redaksi");
  const draft = await way.task("functional");
  await way.refused(draft, undefined, /Studio sudah dipakai/);
  await draft.check(`input[name=nearest][value^='${today()}'] >> nth=0`);
  await way.act(draft);
  await way.giveBack(meeting, "Rapat ditunda");

  // Sekdis returns it once to Kabid; the initials that stood on it are gone.
  await way.paper("division_head", "schedule", /KONSEP/);
  await way.act(await way.task("division_head"), "conforms");
  const first = await way.task("secretary");
  await way.act(first, "does-not-conform", { reason: "Jam apel bentrok" });
  const back = await way.task("division_head");
  assert.match(await text(back), /Jam apel bentrok/);
  await way.act(back, "conforms");

  // As Plh Kadis the secretary signs once for both rungs, and it says so.
  const admin = await world.as("admin");
  await admin.goto(`${world.base}/people`);
  await admin.click("text=Indah");
  await admin.selectOption("#role", "head");
  await admin.selectOption("#form", "plh");
  await admin.click("form:has(#role) button");
  await admin.waitForSelector("text=Plh");
  await shot(admin, "60-podcast-plh");
  const secretary = await way.task("secretary");
  assert.match(await text(secretary), /Anda juga memegang jabatan Plh\. Kepala Dinas/);
  await way.refused(secretary, "conforms", /Kata sandi belum diisi/);
  await way.act(secretary, "conforms", { password: PASSWORD });
  await way.act(await way.task("functional"));
  await way.paper("office", "schedule", /Plh\. Kepala Dinas/);

  await way.refused(await way.task("studio_operator"), undefined, /belum dicatat mulai/);
  const told = await way.holdTheSession({ fault: "Satu lampu mati", material: "Flash disk", whose: "Ani" });
  assert.match(told, /Sesi dimulai/);
  assert.match(told, /Sesi selesai/);
  await way.act(await way.task("studio_operator"));
  await way.act(await way.task("functional"));
  const office = await way.as("office", way.path);
  assert.match(await office.locator("h1 + p .tag").innerText(), /Selesai/);
  await way.look(office, "case-closed");
  return way;
}

export async function sessions(world) {
  const admin = await world.signUp("admin", await world.open());
  await world.letIn(admin, OFFICE, PEOPLE);
  const [english, indonesian] = [await talkshow(world), await podcast(world)];
  const wrong = [...english.wrong, ...indonesian.wrong];
  assert.equal(wrong.length, 0, `each page speaks one language and fits:\n${wrong.join("\n")}`);
  assert.deepEqual([...english.seen].sort(), [...indonesian.seen].sort(), "every page of the way in both languages");
  return `a talkshow and a podcast were booked, held and logged, on ${english.seen.size} kinds of pages in each language`;
}
