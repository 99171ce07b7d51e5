// The desks, driven in a real Chromium. Screenshots are in target/browser. Usage: node tests/browser/run.mjs [STORY]
import assert from "node:assert/strict";
import { airing, house } from "./airing.mjs";
import { desks } from "./desks.mjs";
import { planning, smallWall } from "./planning.mjs";
import { sessions, studios } from "./sessions.mjs";
import { World, pictures, startBrowser } from "./world.mjs";

const stories = { desks: [desks], airing: [airing, house],
  planning: [planning, smallWall], sessions: [sessions, studios] };
const browser = await startBrowser();
for (const [name, [story, settings]] of Object.entries(stories)) {
  if (process.argv[2] && process.argv[2] !== name) continue;
  const begun = Date.now();
  const world = new World(browser, settings?.());
  try {
    const told = await story(world);
    assert.deepEqual(world.faults, []);
    console.log(`browser: ${told} (${Math.round((Date.now() - begun) / 1000)} s)`);
  } catch (error) {
    await world.showFailure();
    console.error(error);
    process.exitCode = 1;
  } finally {
    await world.end();
  }
}
await browser.close();
console.log(`browser: pictures in ${pictures}`);
