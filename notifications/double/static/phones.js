"use strict";

// Asks for news every second and puts only what changed into the page, so that typed words, focus and
// scrolling stay where they are.

const EVERY = 1000;
const SILENT = "The phones are not answering. Is the demo still running?";
const page = { version: "", busy: false };
const drawn = new WeakMap();

function part(phone, name) {
  return phone.querySelector(`[data-part="${name}"]`);
}

function phoneOf(element) {
  return element.closest("[data-phone]");
}

function keyed(list) {
  return new Map([...list.children].map((child) => [child.dataset.key, child]));
}

// Make `list` hold what `html` says: what is there already stays, what changed is replaced, what is new is added.
function merge(list, html) {
  const wanted = document.createElement("template");
  wanted.innerHTML = html;
  const held = keyed(list);
  const added = [];
  let place = list.firstElementChild;
  for (const child of [...wanted.content.children]) {
    const old = held.get(child.dataset.key);
    held.delete(child.dataset.key);
    if (!old) {
      drawn.set(child, child.outerHTML);
      list.insertBefore(child, place);
      added.push(child);
      continue;
    }
    const kept = refresh(old, child);
    if (kept === place || old === place) {
      place = kept.nextElementSibling;
    } else {
      list.insertBefore(kept, place);
    }
  }
  for (const gone of held.values()) gone.remove();
  return added;
}

// Bring one element up to date and return the one that now stands in the page.
function refresh(old, fresh) {
  const lists = [...old.querySelectorAll("[data-merge]")];
  if (lists.length) {
    const news = [...fresh.querySelectorAll("[data-merge]")];
    lists.forEach((list, place) => {
      if (merge(list, news[place].innerHTML).length) list.scrollTop = list.scrollHeight;
    });
    return old;
  }
  const wanted = fresh.outerHTML;
  if ((drawn.get(old) ?? old.outerHTML) === wanted) return old;
  drawn.set(old, wanted);
  // A new state changes a few words in place: the text itself is not read out again.
  const states = [old, fresh].map((element) => element.querySelector("[data-state]"));
  if (states[0] && states[1]) {
    states[0].textContent = states[1].textContent;
    old.className = fresh.className;
    return old;
  }
  old.replaceWith(fresh);
  return fresh;
}

function show(phone, news, first) {
  if (news.thread || news.call) phone.hidden = false;
  const thread = part(phone, "thread");
  const atEnd = thread.scrollHeight - thread.scrollTop - thread.clientHeight < 40;
  const arrived = merge(thread, news.thread).filter((item) => item.matches(".theirs"));
  if (atEnd) thread.scrollTop = thread.scrollHeight;
  merge(part(phone, "quick"), news.quick);
  part(phone, "to").textContent = plain(news.to);
  const call = part(phone, "call");
  const hadFocus = call.contains(document.activeElement);
  merge(call, news.call);
  if (hadFocus && !call.contains(document.activeElement)) phone.focus({ preventScroll: true });
  mark(phone, first || phone.contains(document.activeElement) ? 0 : arrived.length);
}

function plain(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return holder.content.textContent;
}

// The tab of a phone says that it rings, or how many texts came while nobody was at it.
function mark(phone, arrived) {
  const tab = document.querySelector(`[data-tab="${phone.dataset.phone}"]`);
  const ringing = phone.querySelector("div.ringing") !== null;
  tab.classList.toggle("away", phone.hidden);
  const unread = Number(tab.dataset.unread || 0) + arrived;
  tab.dataset.unread = unread;
  if (ringing && !tab.classList.contains("ringing")) tab.closest("ul").scrollTo({ left: tab.offsetLeft - 16 });
  tab.classList.toggle("ringing", ringing);
  tab.querySelector("[data-badge]").textContent = ringing ? "ringing" : unread ? `${unread} new` : "";
}

function unfold(tab) {
  const phone = document.querySelector(tab.getAttribute("href"));
  phone.hidden = false;
  return phone;
}

function seen(phone) {
  document.querySelector(`[data-tab="${phone.dataset.phone}"]`).dataset.unread = 0;
  mark(phone, 0);
}

async function look() {
  if (page.busy) return;
  page.busy = true;
  try {
    const answer = await fetch(`/double/phones?version=${page.version}`);
    await draw(await answer.json());
    if (document.getElementById("trouble").textContent === SILENT) say("trouble", "");
  } catch {
    say("trouble", SILENT);
  } finally {
    page.busy = false;
  }
}

async function draw(news) {
  say("now", news.clock);
  say("offset", news.offset);
  if (news.phones) {
    if (news.layout !== document.body.dataset.layout) await rearrange();
    for (const phone of document.querySelectorAll("[data-phone]")) {
      const changes = news.phones[phone.dataset.phone];
      if (changes) show(phone, changes, page.version === "");
    }
  }
  page.version = news.version;
}

// Phones were added, renamed or taken away: take over the new set; the cards that stay are not touched.
async function rearrange() {
  const answer = await fetch("/");
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const main = document.getElementById("phones");
  const held = new Map([...main.children].map((phone) => [phone.id, phone]));
  const wanted = [...fresh.querySelectorAll("[data-phone]")];
  for (const phone of wanted) {
    if (!held.has(phone.id)) main.append(phone);
    else held.get(phone.id).querySelector("h2").textContent = phone.querySelector("h2").textContent;
    held.delete(phone.id);
  }
  for (const gone of held.values()) gone.remove();
  document.querySelector(".tabs").replaceChildren(...fresh.querySelector(".tabs").children);
  document.body.dataset.layout = fresh.body.dataset.layout;
}

function say(id, words) {
  const element = document.getElementById(id);
  if (element.textContent !== words) element.textContent = words;
}

// Every act answers at once: what went wrong in one sentence, or the news it made.
async function act(address, facts, problem) {
  let words = "";
  try {
    const answer = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(facts),
    });
    if (!answer.ok) words = (await answer.json()).problem;
  } catch {
    words = "The phones are not answering. Nothing was sent.";
  }
  problem.textContent = words;
  await look();
  return words === "";
}

async function send(phone, words) {
  const facts = { from: phone.dataset.phone, body: words };
  const done = await act("/double/inbound", facts, phone.querySelector("[data-problem]"));
  const thread = part(phone, "thread");
  thread.scrollTop = thread.scrollHeight;
  return done;
}

document.addEventListener("submit", async (event) => {
  event.preventDefault();
  const input = event.target.elements.body;
  const words = input.value;
  input.value = "";
  if (!(await send(phoneOf(event.target), words)) && !input.value) input.value = words;
});

document.addEventListener("click", async (event) => {
  const tab = event.target.closest("[data-tab]");
  if (tab) seen(unfold(tab));
  const button = event.target.closest("button[data-say], button[data-act], button[data-advance]");
  const phone = phoneOf(event.target);
  if (phone) seen(phone);
  if (!button) return;
  if (button.dataset.say) {
    await send(phone, button.dataset.say);
  } else if (button.dataset.act) {
    const call = button.closest("[data-call]").dataset.call;
    const facts = { digits: button.dataset.digits || "", within: 0 };
    await act(`/double/calls/${call}/${button.dataset.act}`, facts, phone.querySelector("[data-problem]"));
  } else {
    button.disabled = true;
    const facts = { advance_seconds: Number(button.dataset.advance) };
    await act("/double/clock", facts, document.getElementById("trouble"));
    button.disabled = false;
    button.focus();
  }
});

document.addEventListener("focusin", (event) => {
  const phone = phoneOf(event.target);
  if (phone) seen(phone);
});

for (const thread of document.querySelectorAll(".thread")) thread.scrollTop = thread.scrollHeight;
look();
setInterval(look, EVERY);
