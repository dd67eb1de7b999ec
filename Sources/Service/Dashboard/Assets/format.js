// Numbers in the browser's own way of grouping them; words in the language of the page.

const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const hundredths = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const exactTime = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** 1234567 → "1,234,567" */
export function count(number) {
  return whole.format(number);
}

/** 1.234 → "1.23" */
export function exactly(seconds) {
  return hundredths.format(seconds);
}

/** "1 row", "2 rows" */
export function counted(number, one, many = `${one}s`) {
  return `${count(number)} ${number === 1 ? one : many}`;
}

/** 1234567 → "1.2 MB"; decimal units. */
export function bytes(number) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let value = number;
  let unit = 0;
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  if (unit === 0) return number === 1 ? "1 byte" : `${whole.format(number)} bytes`;
  return `${value < 100 ? tenths.format(value) : whole.format(value)} ${units[unit]}`;
}

/** Seconds as "0.4 s", "12 s", "3 min 5 s", "2 h 10 min". */
export function duration(seconds) {
  if (seconds < 10) return `${tenths.format(seconds)} s`;
  const all = Math.round(seconds);
  if (all < 60) return `${all} s`;
  if (all < 3600) return joined(Math.floor(all / 60), "min", all % 60, "s");
  return joined(Math.floor(all / 3600), "h", Math.floor((all % 3600) / 60), "min");
}

function joined(large, largeUnit, small, smallUnit) {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** A share of 0 to 1 as "42 %"; 100 % is said only of what is whole. */
export function percent(share) {
  return `${share >= 1 ? 100 : Math.min(99, Math.floor(share * 100))} %`;
}

/** "3 minutes ago" for an RFC 3339 time; a clock that runs ahead of the server's makes no difference. */
export function ago(time) {
  const seconds = Math.max(0, (Date.now() - Date.parse(time)) / 1000);
  if (seconds < 45) return "just now";
  if (seconds < 45 * 60) return relative.format(-Math.max(1, Math.round(seconds / 60)), "minute");
  if (seconds < 22 * 3600) return relative.format(-Math.max(1, Math.round(seconds / 3600)), "hour");
  return relative.format(-Math.max(1, Math.round(seconds / 86400)), "day");
}

/** The time in full, as the browser's locale writes it. */
export function exact(time) {
  return exactTime.format(new Date(time));
}
