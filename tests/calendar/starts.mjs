// Reads {name: iCalendar text} from stdin, writes {name: {parser: {uid: start}}}: an instant in UTC, or a day.
// argv[2] is the folder whose node_modules has the parsers.
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";

const require = createRequire(`${process.argv[2]}/`);
const ICAL = require("ical.js").default ?? require("ical.js");
const nodeIcal = require("node-ical");

const instant = (date) => date.toISOString().replace(".000", "");

function withIcalJs(file) {
  const calendar = new ICAL.Component(ICAL.parse(file));
  for (const zone of calendar.getAllSubcomponents("vtimezone")) ICAL.TimezoneService.register(zone);
  const starts = calendar.getAllSubcomponents("vevent").map((component) => {
    const { uid, startDate } = new ICAL.Event(component);
    return [uid, startDate.isDate ? startDate.toString() : instant(startDate.toJSDate())];
  });
  ICAL.TimezoneService.reset();
  return Object.fromEntries(starts);
}

function withNodeIcal(file) {
  const events = Object.values(nodeIcal.sync.parseICS(file)).filter((part) => part.type === "VEVENT");
  return Object.fromEntries(
    events.map(({ uid, start }) => [uid, start.dateOnly ? instant(start).slice(0, 10) : instant(start)]),
  );
}

const files = JSON.parse(await text(process.stdin));
const read = ([name, file]) => [name, { "ical.js": withIcalJs(file), "node-ical": withNodeIcal(file) }];
process.stdout.write(JSON.stringify(Object.fromEntries(Object.entries(files).map(read))));
