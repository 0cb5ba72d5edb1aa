"use strict";
// What the pages need beyond htmx: say when a board stops updating, announce a new P1 once, and list the shortcuts.
(function () {
  const STALE_AFTER = 15000;
  const live = document.querySelector("[data-live]");
  const bar = document.querySelector("[data-stale]");
  const herald = document.querySelector("[data-herald]");
  let heardAt = Date.now();
  let clock = live ? madeAt() : "";
  let known = alarms();

  function madeAt() {
    const mark = document.querySelector("[data-made-at]");
    return mark ? mark.dataset.madeAt : clock;
  }

  function alarms() {
    return new Set(Array.from(document.querySelectorAll("[data-alarm]"), (row) => row.dataset.alarm));
  }

  function announceNew() {
    const now = alarms();
    const fresh = Array.from(now).filter((key) => !known.has(key));
    known = now;
    if (fresh.length && herald) {
      herald.textContent = herald.dataset.says.replace("[count]", fresh.length);
    }
  }

  // A wall that nothing happens on grows dark, and lights up with the first change. It never does while a case has
  // nobody, or while it stands still; the screen itself is kept from switching off where the browser can do that.
  const DIM_AFTER = 600000;
  const wall = document.body.classList.contains("wall");
  let changedAt = Date.now();
  let shown = wall ? said() : "";

  function said() {
    const parts = "th, .mark, .reading, .strong, b";
    return Array.from(document.querySelectorAll("#rows tbody tr, #rows .notice"), function (row) {
      return [row.className, row.dataset.alarm || ""].concat(Array.from(row.querySelectorAll(parts), (part) => part.textContent)).join("|");
    }).join("\n");
  }

  function dim() {
    const now = said();
    if (now !== shown) changedAt = Date.now();
    shown = now;
    const needed = document.querySelector("#rows tr.open, #rows .notice.danger") || !bar.hidden;
    document.body.classList.toggle("dim", !needed && Date.now() - changedAt > DIM_AFTER);
  }

  function keepOn() {
    if (navigator.wakeLock && document.visibilityState === "visible") navigator.wakeLock.request("screen").catch(() => {});
  }

  if (wall && live && bar) {
    keepOn();
    document.addEventListener("visibilitychange", keepOn);
    window.setInterval(dim, 1000);
  }

  if (live && bar) {
    document.body.addEventListener("htmx:afterSwap", function (event) {
      if (!live.contains(event.target)) return;
      heardAt = Date.now();
      clock = madeAt();
      announceNew();
    });
    window.setInterval(function () {
      const stale = Date.now() - heardAt > STALE_AFTER;
      if (stale) bar.querySelector("[data-since]").textContent = clock;
      bar.hidden = !stale;
    }, 1000);
  }

  // What was sent and is not answered at once says so, with the seconds; without a script the browser's own sign does.
  // An answer that is a file leaves this page where it is, so its form or link is not waited for.
  const working = document.querySelector("[data-working]");
  const SEEN_AFTER = 150;
  let waiting = 0;

  function wait() {
    const begun = Date.now();
    window.clearInterval(waiting);
    waiting = window.setInterval(function () {
      const seconds = working.querySelector("[data-seconds]");
      seconds.textContent = seconds.dataset.seconds.replace("[count]", Math.floor((Date.now() - begun) / 1000));
      working.hidden = false;
    }, SEEN_AFTER);
  }

  if (working) {
    document.addEventListener("submit", function (event) {
      if (!event.defaultPrevented && !("file" in event.target.dataset)) wait();
    });
    document.addEventListener("click", function (event) {
      const link = event.target.closest("a[data-slow]");
      if (link && !event.defaultPrevented && !event.ctrlKey && !event.metaKey && !event.shiftKey) wait();
    });
    window.addEventListener("pageshow", function () {
      window.clearInterval(waiting);
      working.hidden = true;
    });
  }

  const help = document.querySelector("dialog[data-keys]");
  const OFF = "stepup-keys-off";
  const tick = help && help.querySelector("input[type=checkbox]");
  const off = () => window.localStorage.getItem(OFF) === "yes";
  if (!help) return;
  tick.checked = off();
  tick.addEventListener("change", () => window.localStorage.setItem(OFF, tick.checked ? "yes" : "no"));
  document.querySelectorAll("[data-open-keys]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", () => help.showModal());
  });

  function step(by) {
    const stops = Array.from(document.querySelectorAll("[data-stop]"));
    if (!stops.length) return;
    const at = stops.indexOf(document.activeElement);
    stops[Math.min(stops.length - 1, Math.max(0, at + by))].focus();
  }

  document.addEventListener("keydown", function (event) {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (typing || event.ctrlKey || event.metaKey || event.altKey || help.open || off()) return;
    if (event.key === "?") help.showModal();
    if (event.key === "j") step(1);
    if (event.key === "k") step(-1);
    if (event.key === "b") window.location.assign(help.dataset.board);
  });
})();
