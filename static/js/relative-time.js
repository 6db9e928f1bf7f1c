// Keeps "2 minutes ago" true while the page stays open. Dates and "yesterday" don't change that fast.

const EVERY = 30_000;
const COUNTED = /^(just now|in a moment|\d+ (minute|hour)s? ago|in \d+ (minute|hour)s?)$/;

function counted(amount, unit, past) {
  const words = `${amount} ${unit}${amount === 1 ? "" : "s"}`;
  return past ? `${words} ago` : `in ${words}`;
}

function spoken(moment) {
  const seconds = (Date.now() - moment) / 1000;
  const distance = Math.abs(seconds);
  if (distance < 60) return seconds >= 0 ? "just now" : "in a moment";
  if (distance < 3600) return counted(Math.floor(distance / 60), "minute", seconds > 0);
  return counted(Math.floor(distance / 3600), "hour", seconds > 0);
}

setInterval(() => {
  for (const time of document.querySelectorAll("time[data-ago]")) {
    if (COUNTED.test(time.textContent)) time.textContent = spoken(new Date(time.dateTime));
  }
}, EVERY);
