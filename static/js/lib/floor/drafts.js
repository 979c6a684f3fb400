// Unfinished work, kept on the device for the person who began it until it is done or thrown away.
import { open } from "../store/open.js";

const nameOf = (kind, place, person) => `floor:${kind}:${place}:${person}`;
const here = new Map(); // where the browser keeps nothing, as long as the page is open

/** What of `kind` somebody began at a place, or null. */
export async function readDraft(kind, place, person) {
  const name = nameOf(kind, place, person);
  try {
    return (await (await open()).get("meta", name))?.work ?? null;
  } catch {
    return here.get(name) ?? null;
  }
}

/** Keep it as it is now; work without a line is forgotten. */
export async function keepDraft(work, person) {
  const name = nameOf(work.kind, work.place, person);
  const isEmpty = work.lines.length === 0;
  try {
    const database = await open();
    if (isEmpty) await database.delete("meta", name);
    else await database.put("meta", { name, work });
  } catch {
    if (isEmpty) here.delete(name);
    else here.set(name, work);
  }
}
