// Whether a page speaks one language: no sentence, label or short word of the other one is on it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./world.mjs";

// Short words that the other language does not have: one of them in a sentence gives the sentence away.
const TELLTALE = {
  id: "yang dan atau belum sudah dengan untuk tidak pada oleh dari ini akan bila surat permohonan pemohon langkah sesi "
    + "jadwal alat menit pukul dikembalikan ditolak kepala dinas kabid sekretaris perekam suara lampu komputer mikrofon "
    + "hari kerja lewat sampai",
  en: "the and or not yet with for is of by are was this request session applicant letter day at from until step head "
    + "agency division secretary recorder camera computer ready hours days due",
};

// Shortest label that is looked for whole; shorter ones are words in both languages.
const LABEL = 8;

function labels(lang) {
  const lines = readFileSync(join(root, `src/web/words/${lang}.ftl`), "utf8").split("\n");
  const pairs = lines.map((line) => /^([a-z0-9-]+) = (.+)$/.exec(line)).filter(Boolean);
  return new Map(pairs.map(([, key, words]) => [key, words]).filter(([, words]) => !words.includes("{")));
}
const WORDS = { id: labels("id"), en: labels("en") };

// What of `lang` alone would be wrong on a page of the other language.
function foreign(lang, other) {
  const here = new Set(WORDS[other].values());
  return [...WORDS[lang].values()].filter((words) => words.length >= LABEL && !here.has(words));
}
const FOREIGN = { id: foreign("en", "id"), en: foreign("id", "en") };

// Everything that people read or hear on the page, but for what says that it is in another language: a paper, the link
// to the other language. `said` are names and what somebody typed, which no machine translates. Returns what is wrong.
export async function speaks(page, lang, name, said = []) {
  assert.equal(await page.getAttribute("html", "lang"), lang, `${name} is in ${lang}`);
  const read = await page.evaluate(() => {
    const mine = document.documentElement.lang;
    const elsewhere = (node) => node.closest?.("[lang]")?.lang !== mine;
    const found = [document.title];
    const walk = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const parent = walk.currentNode.parentElement;
      if (["SCRIPT", "STYLE", "NOSCRIPT"].includes(parent.tagName) || elsewhere(parent)) continue;
      if (walk.currentNode.data.trim()) found.push(walk.currentNode.data.trim());
    }
    for (const element of document.querySelectorAll("[aria-label], [title], [alt], [placeholder]")) {
      if (elsewhere(element)) continue;
      for (const of of ["aria-label", "title", "alt", "placeholder"]) if (element.getAttribute(of)) found.push(element.getAttribute(of));
    }
    return found;
  });
  const other = lang === "id" ? "en" : "id";
  const telltale = new RegExp(`\\b(${TELLTALE[other].split(" ").join("|")})\\b`, "i");
  const wrong = [];
  for (const line of read) {
    const left = said.reduce((text, name) => text.replaceAll(name, ""), line);
    const word = telltale.exec(left)?.[0] ?? FOREIGN[lang].find((words) => left.includes(words));
    if (word) wrong.push(`“${word}” in “${line.replace(/\s+/g, " ").slice(0, 160)}”`);
  }
  return [...new Set(wrong)].map((line) => `${name}: ${line}`);
}
