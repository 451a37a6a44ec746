"use strict";
/* Sorts, filters and records decisions; every number is already on the page. No library, no network, no innerHTML:
   labels and texts come from strangers and only ever become text nodes. */
(() => {
const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const data = JSON.parse(one("#data").textContent);
const html = document.documentElement;
html.classList.add("has-js");

/* Text that turns the reading direction is shut off from what follows it, as on the rest of the page. */
const TURNS = /[\u202a-\u202e\u2066-\u2069]/, BEGINS = "\u2066\u2067\u2068", ENDS = "\u2069";
function isolated(text) {
  if (!TURNS.test(text)) return text;
  let depth = 0, kept = "";
  for (const sign of text) {
    if (sign === ENDS && !depth) continue;
    depth += BEGINS.includes(sign) - (sign === ENDS);
    kept += sign;
  }
  return BEGINS[2] + kept + ENDS.repeat(depth + 1);
}
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") element.className = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  const safe = (child) => typeof child === "string" && tag !== "textarea" ? isolated(child) : child; // what is typed stays
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false).map(safe));
  return element;
}

/* Storage: all file:// pages share one store in Chromium, so every key carries the report's id. */
const KEY = "iaa:" + data.report_id;
let stored = true;
const read = (key) => { try { return localStorage.getItem(key); } catch { stored = false; return null; } };
const write = (key, value) => { try { localStorage.setItem(key, value); } catch { stored = false; } };

/* Theme */
const theme = read("iaa:theme") || "auto";
const setTheme = (name) => name === "auto" ? html.removeAttribute("data-theme") : html.setAttribute("data-theme", name);
setTheme(theme);
for (const input of all("input[name=theme]")) {
  input.checked = input.value === theme;
  input.addEventListener("change", () => { setTheme(input.value); write("iaa:theme", input.value); });
}

/* The question being read is marked in the contents. */
const contents = new Map(all("nav.toc a").map((a) => [a.hash.slice(1), a]));
const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    contents.forEach((a) => a.removeAttribute("aria-current"));
    contents.get(entry.target.id)?.setAttribute("aria-current", "true");
  }
}, { rootMargin: "-15% 0px -75% 0px" });
all("main > section").forEach((section) => watcher.observe(section));

/* No line ends inside an interval or an n; here, because what is written stays the sentence that the JSON has too. */
const KEPT = /(\d+% CI [^\s,;:()]+|\bn \d[\d,]*)/;
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), values = [];
while (walker.nextNode()) {
  const text = walker.currentNode;
  if (text.parentElement.closest("p, li, td, caption") && KEPT.test(text.data)) values.push(text);
}
for (const text of values) {
  text.replaceWith(...text.data.split(KEPT).map((part, at) => at % 2 ? make("span", { class: "nw" }, part) : part));
}

/* The counts of a pair's confusion table open their items; written out, these links would be half of the page. */
for (const table of all("table[data-duo]")) {
  const names = new URLSearchParams(table.dataset.duo), columns = all("thead th", table).map((head) => head.title);
  for (const row of table.tBodies[0].rows) {
    const label = row.cells[0].title;
    [...row.cells].slice(1).forEach((cell, number) => {
      const text = cell.textContent.trim();
      if (!/^\d/.test(text) || columns[number] === label) return;
      const query = new URLSearchParams(names);
      query.set("gave", label + "~" + columns[number]);
      const words = `${isolated(names.get("annotator"))} ${label}, ${isolated(names.get("with"))} ${columns[number]}: ${text} items`;
      cell.replaceChildren(make("a", { href: "#items", "data-f": query, title: words, "aria-label": words }, text));
    });
  }
}

/* Links to items get the address that can be mailed. */
for (const a of all("a[data-f]")) a.setAttribute("href", "#items?" + a.dataset.f);

/* Tables: sort by heading, filter from 12 rows, 25 rows at first. Stacked ones keep their table roles. */
const FILTER_FROM = 12;
for (const table of all("table.stack")) {
  table.setAttribute("role", "table");
  for (const part of all("thead, tbody", table)) part.setAttribute("role", "rowgroup");
  for (const row of all("tr", table)) {
    row.setAttribute("role", "row");
    for (const cell of row.cells) {
      const head = cell.tagName === "TH";
      cell.setAttribute("role", head ? (cell.scope === "row" ? "rowheader" : "columnheader") : "cell");
    }
  }
}
function sortable(table) {
  const body = table.tBodies[0], heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const kind = head.dataset.k;
    if (!kind) return;
    const button = make("button", { type: "button", class: "sort" }, ...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down > 0 ? "ascending" : "descending");
      const keyed = [...body.rows].map((row) => [row, row.cells[column].dataset.v ?? ""]);
      keyed.sort(([, x], [, y]) => {
        if (x === "" || y === "") return (x === "") - (y === ""); // no value: last, either way
        return down * (kind === "n" ? x - y : x.localeCompare(y, undefined, { numeric: true }));
      });
      body.append(...keyed.map(([row]) => row));
      table.show?.();
    });
  });
  const what = table.dataset.filter, rows = body.rows.length;
  if (!what || rows <= FILTER_FROM) return;
  const atFirst = Number(table.dataset.first ?? 25);
  const status = make("span", { role: "status", class: "small" });
  const field = make("input", { type: "search", "aria-label": "Filter " + what, placeholder: "Filter " + what });
  const more = make("button", { type: "button" }, "Show all " + rows);
  let everything = rows <= atFirst;
  table.show = () => {
    const wanted = field.value.trim().toLowerCase();
    let found = 0, shown = 0;
    for (const row of body.rows) {
      const fits = !wanted || row.textContent.toLowerCase().includes(wanted);
      found += fits;
      row.hidden = !fits || (!wanted && !everything && shown >= atFirst);
      shown += !row.hidden;
    }
    more.hidden = everything || wanted !== "";
    status.textContent = (wanted ? found : shown) + " of " + rows + " " + what;
  };
  field.addEventListener("input", table.show);
  more.addEventListener("click", () => { everything = true; table.show(); });
  table.reveal = () => { everything = true; field.value = ""; table.show(); };
  table.before(make("div", { class: "row tablebar" }, make("span", { class: "find" }, field), status, more));
  table.show();
}
all("table[data-sort]").forEach(sortable);

/* Maps: one tab stop each, arrows inside. */
const ARROWS = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };
for (const table of all("table[data-rove]")) {
  const grid = [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => one("a", cell)));
  const stops = grid.flat().filter(Boolean);
  stops.forEach((a, number) => { a.tabIndex = number ? -1 : 0; });
  table.addEventListener("keydown", (event) => {
    const step = ARROWS[event.key];
    let row = grid.findIndex((cells) => cells.includes(document.activeElement));
    if (!step || row < 0) return;
    let column = grid[row].indexOf(document.activeElement);
    event.preventDefault();
    do { row += step[0]; column += step[1]; }
    while (grid[row] && column >= 0 && column < grid[row].length && !grid[row][column]);
    const next = grid[row]?.[column];
    if (!next) return;
    stops.forEach((a) => { a.tabIndex = -1; });
    next.tabIndex = 0;
    next.focus();
  });
}

/* Large maps are pictures; arrows and the pointer read them out. */
const NO_ITEMS = 255, PER_ONE = 250;
for (const figure of all("figure.mx")) {
  const found = data.maps.find(([layer]) => layer === figure.dataset.map);
  if (!found) continue;
  const names = found[1], bytes = Uint8Array.from(atob(found[2]), (c) => c.charCodeAt(0)), n = names.length;
  const frame = one(".frame", figure), cursor = one(".cur", figure), output = one("output", figure);
  let x = Math.min(1, n - 1), y = 0;
  const show = () => {
    const value = bytes[y * n + x], size = 100 / n + "%";
    Object.assign(cursor.style, { left: (100 * x) / n + "%", top: (100 * y) / n + "%", width: size, height: size });
    const words = value === NO_ITEMS ? "too few shared items" : figure.dataset.what + " " + (value / PER_ONE).toFixed(2);
    output.textContent = x === y ? isolated(names[x]) + " with itself" : `${isolated(names[y])} with ${isolated(names[x])}: ${words}`;
  };
  const open = () => {
    if (x === y || bytes[y * n + x] === NO_ITEMS) return;
    location.hash = "#items?" + new URLSearchParams({ ...(data.layers.length > 1 ? { layer: figure.dataset.map } : {}), annotator: names[y], with: names[x] });
  };
  frame.addEventListener("click", open);
  frame.addEventListener("keydown", (event) => {
    if (event.key === "Enter") { event.preventDefault(); open(); return; }
    const step = ARROWS[event.key];
    if (!step) return;
    event.preventDefault();
    y = Math.max(0, Math.min(n - 1, y + step[0]));
    x = Math.max(0, Math.min(n - 1, x + step[1]));
    show();
  });
  frame.addEventListener("pointermove", (event) => {
    const box = frame.getBoundingClientRect();
    x = Math.max(0, Math.min(n - 1, Math.floor(((event.clientX - box.left) / box.width) * n)));
    y = Math.max(0, Math.min(n - 1, Math.floor(((event.clientY - box.top) / box.height) * n)));
    show();
  });
}

/* A link into a folded or shortened place opens it. */
function reveal() {
  const id = decodeURIComponent(location.hash.slice(1));
  const target = id && !id.includes("?") ? document.getElementById(id) : null;
  if (!target) return;
  for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  if (target.hidden) target.closest("table")?.reveal?.();
  target.scrollIntoView();
}
addEventListener("hashchange", reveal);
addEventListener("beforeprint", () => all("main details:not(.long)").forEach((fold) => { fold.open = true; }));

const keysDialog = one("#keys"), keysOn = one("#keys-on");
keysOn.checked = read("iaa:keys") !== "off";
keysOn.addEventListener("change", () => write("iaa:keys", keysOn.checked ? "on" : "off"));
const actions = new Map([["print", () => print()], ["keys", () => keysDialog.showModal()]]);
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act]");
  if (button) actions.get(button.dataset.act)?.();
});
const modified = (event) => event.ctrlKey || event.metaKey || event.altKey;
const typing = (element) => element.matches("textarea, select, input:not([type=radio]):not([type=checkbox])");
document.addEventListener("keydown", (event) => {
  if (event.key !== "?" || !keysOn.checked || modified(event) || typing(event.target)) return;
  keysDialog.showModal();
});
reveal();
if (!one("#card")) return;

/* ------------------------------------------------------------------ the queue of disputed items */
const layers = new Map(data.layers.map(([name, kind, labels, cut]) => [name, {
  kind, labels, shown: labels.map((label, number) => Object.hasOwn(cut, number) ? cut[number] : label), // very long ones are cut
}]));
const sections = new Map(data.sections);
const several = layers.size > 1;
const keyOf = (layer, round, id) => JSON.stringify([layer, round, id]);
const BETWEEN = "~";
for (const item of data.items) {
  item.r ??= ""; item.s ??= ""; item.t ??= ""; item.p ??= []; item.k ??= []; item.z ??= [];
  for (const version of [...item.v, ...(item.g ? [item.g] : [])]) {
    const { labels, shown } = layers.get(item.y);
    if (typeof version.l === "number") { version.f = labels[version.l]; version.l = shown[version.l]; }
  }
  item.key = keyOf(item.y, item.r, item.id);
  item.pairs = item.p.map((pair) => pair.join(BETWEEN));
  item.annotators = item.v.flatMap((version) => version.a);
  item.plain = item.t || (item.v[0]?.m ? plainText(item.v[0].m[0]) : "");
  item.search = [item.id, item.plain, ...item.v.map((v) => v.l + " " + v.a.join(" ")), ...item.k].join(" ").toLowerCase();
}
function plainText(line) { return line.map((part) => typeof part === "string" ? part : part.m).join(""); }
const byKey = new Map(data.items.map((item) => [item.key, item]));

/* Decisions */
let decisions = new Map(), unsaved = false;
const decisionKey = (d) => keyOf(String(d.layer ?? data.items[0].y), String(d.round ?? ""), String(d.item_id));
try {
  const kept = JSON.parse(read(KEY) || "[]");
  if (Array.isArray(kept)) decisions = new Map(kept.map((d) => [decisionKey(d), d]));
} catch { decisions = new Map(); }
write(KEY + ":open", "1");
const keep = () => write(KEY, JSON.stringify([...decisions.values()]));
const finalText = (final) => Array.isArray(final)
  ? (final.map((part) => Array.isArray(part) ? isolated(part[2]) + " " + part[0] + "–" + part[1] : isolated(String(part))).join(", ") || "nothing")
  : isolated(String(final ?? ""));
const WORDS = new Map([["multi", "more than one valid"], ["unclear", "guideline doesn’t say"], ["drop", "left out"]]);
const inWords = (d) => d.decision === "label" ? finalText(d.final) : WORDS.get(d.decision) ?? String(d.decision);

/* Filters; every one is written into the address, which can be pasted into minutes. */
const FIELDS = ["q", "layer", "pair", "label", "section", "annotator", "with", "gave", "round", "slice", "state", "order"];
const control = new Map(FIELDS.map((name) => [name, one("#f-" + name)]));
const filter = new Map(FIELDS.map((name) => [name, ""]));
function offer(name, values, words) {
  const counts = new Map();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const ranked = [...counts].sort((x, y) => y[1] - x[1] || String(x[0]).localeCompare(String(y[0])));
  for (const [value, n] of ranked) control.get(name).append(make("option", { value }, `${isolated(words(value))} (${n})`));
  if (!ranked.length || (name === "layer" && !several)) control.get(name).parentElement.hidden = true;
}
const sectionName = (id) => "§ " + isolated(sections.get(id) ?? id);
offer("layer", data.items.map((item) => item.y), String);
offer("pair", data.items.flatMap((item) => item.pairs), (pair) => pair.split(BETWEEN).map(isolated).join(" vs. "));
offer("label", data.items.flatMap((item) => [...new Set([...item.k, ...item.v.map((v) => v.m ? null : v.l)])].filter((l) => l !== null)), String);
offer("section", data.items.map((item) => item.s).filter(Boolean), sectionName);
for (const name of ["annotator", "with"]) offer(name, data.items.flatMap((item) => item.annotators), String);
offer("slice", data.items.flatMap((item) => item.z), String);
offer("round", data.items.map((item) => item.r).filter(Boolean), String);

/* Two annotators differ on an item that both answered, in different versions. */
const differ = (item, one, other) => item.annotators.includes(one) && item.annotators.includes(other)
  && !item.v.some((version) => version.a.includes(one) && version.a.includes(other));
const gave = (item, ...names) => names.map((name) => item.v.find((version) => version.a.includes(name))?.l);
const says = (labels, wanted) => labels.join(BETWEEN) === wanted || labels.map(isolated).join(BETWEEN) === wanted; // from headings
const fits = (item) => {
  const wanted = (name) => filter.get(name);
  const decided = decisions.has(item.key);
  return (!wanted("q") || item.search.includes(wanted("q").toLowerCase()))
    && (!wanted("layer") || item.y === wanted("layer"))
    && (!wanted("pair") || item.pairs.includes(wanted("pair")))
    && (!wanted("label") || item.k.includes(wanted("label")) || item.v.some((v) => v.l === wanted("label")))
    && (!wanted("section") || item.s === wanted("section"))
    && (!wanted("annotator") || item.annotators.includes(wanted("annotator")))
    && (!wanted("with") || (wanted("annotator") ? differ(item, wanted("annotator"), wanted("with")) : item.annotators.includes(wanted("with"))))
    && (!wanted("gave") || says(gave(item, wanted("annotator"), wanted("with")), wanted("gave")))
    && (!wanted("slice") || item.z.includes(wanted("slice")))
    && (!wanted("round") || item.r === wanted("round"))
    && (!wanted("state") || (wanted("state") === "open" ? !decided : wanted("state") === "done" ? decided : Boolean(item.x)));
};

const list = one("#list"), card = one("#card"), STEP = 40;
let view = [], current = null, shown = STEP;

function address() {
  const query = new URLSearchParams();
  for (const [name, value] of filter) if (value) query.set(name, value);
  const item = byKey.get(current);
  if (item) {
    query.set("item", item.id);
    if (several) query.set("in", item.y);
    if (item.r) query.set("at", item.r);
  }
  history.replaceState(null, "", "#items?" + query);
}

function refresh(stay) {
  view = data.items.filter(fits);
  if (filter.get("order") === "id") view.sort((x, y) => x.id.localeCompare(y.id, undefined, { numeric: true }));
  if (filter.get("order") === "short") view.sort((x, y) => x.plain.length - y.plain.length);
  if (!stay || !view.some((item) => item.key === current)) current = view[0]?.key ?? null;
  if (!stay) shown = STEP;
  const place = view.findIndex((item) => item.key === current);
  if (place >= shown) shown = place + 10;
  const rows = view.slice(0, shown).map((item) => make("li", {},
    make("a", { href: "#items?" + new URLSearchParams({ item: item.id }), "data-key": item.key, "aria-current": item.key === current ? "true" : null },
      make("span", { class: "q1" }, make("b", {}, item.id), make("span", { class: "small" }, remark(item))),
      make("span", { class: "tx", dir: "auto" }, item.plain.slice(0, 160) || item.v.map((v) => isolated(v.l)).join(" / ")))));
  if (view.length > shown) {
    rows.push(make("li", {}, make("button", { type: "button", onclick: () => { shown += STEP; refresh(true); } }, `Show ${Math.min(STEP, view.length - shown)} more`)));
  }
  list.replaceChildren(...rows);
  const rest = data.total > data.items.length ? ` (of ${data.total.toLocaleString("en")} items to discuss; ${data.listed < data.total ? data.listed.toLocaleString("en") + " of them" : "the rest"} are in the CSV and JSON outputs)` : "";
  one("#count").textContent = `${view.length} of ${data.items.length} embedded items${rest}`;
  showCard();
  progress();
}
function remark(item) {
  const decided = decisions.get(item.key);
  return decided ? "✓ " + inWords(decided).slice(0, 24) : item.x ? "gold?" : item.s ? "§ " + item.s : several ? item.y : "";
}
function progress(message) {
  const n = [...decisions.keys()].filter((key) => byKey.has(key)).length;
  one("#progress").textContent = `${n} decided, ${data.items.length - n} open`;
  one("#kept").textContent = message ?? (stored
    ? "Decisions are kept in this browser on this computer, under this report’s id. Download them to share them or to apply them to the labels."
    : "This browser keeps nothing for local files. Download your decisions before you close the page.");
}

/* The card */
const final = (version) => version.f ?? version.l;
const same = (x, y) => JSON.stringify(x) === JSON.stringify(y);
function marked(line) {
  return make("p", { dir: "auto" }, ...line.map((part) => typeof part === "string" ? part : make("mark", { class: part.e ? "same" : null }, part.m, make("small", {}, part.l))));
}
function versionBox(version, gold) {
  const who = gold ? "gold set" : version.a.map(isolated).join(", ") + (version.a.length > 1 ? ` (${version.a.length})` : "");
  return make("div", { class: gold ? "ver g" : "ver" }, make("span", { class: "chip", dir: "auto" }, version.l), " ", make("span", { class: "by" }, who), ...(version.m ?? []).map(marked));
}
function choices(item) {
  const found = [];
  for (const version of [...item.v, ...(item.g ? [item.g] : [])]) {
    if (!found.some((choice) => same(choice.final, final(version)))) {
      const who = version.a.length && version.m ? " · " + (item.v.includes(version) ? version.a.map(isolated).join(", ") : "gold set") : "";
      found.push({ decision: "label", final: final(version), words: isolated(version.l) + who });
    }
  }
  found.push({ decision: "multi", final: null, words: "More than one is valid" });
  found.push({ decision: "unclear", final: null, words: "The guideline doesn’t say" });
  found.push({ decision: "drop", final: null, words: "Leave this item out" });
  return found;
}
function otherField(item, given, offered) {
  const { kind, labels, shown: words } = layers.get(item.y);
  const own = given?.decision === "label" && !offered.some((choice) => choice.decision === "label" && same(choice.final, given.final)) ? given.final : null;
  if (kind === "spans") return null;
  if (kind === "labels") {
    return make("select", { id: "d-other", multiple: true, size: Math.min(labels.length, 5), "aria-label": "Another set of labels" },
      ...labels.map((label, n) => make("option", { value: n, selected: Array.isArray(own) && own.includes(label) }, words[n])));
  }
  if (kind === "number" || kind === "answer") {
    return make("input", { type: "text", id: "d-other", "aria-label": "Another answer", placeholder: "Another answer", value: own ?? "" });
  }
  const seen = offered.filter((choice) => choice.decision === "label").map((choice) => choice.final);
  return make("select", { id: "d-other", "aria-label": "Another label" }, make("option", { value: "" }, "Another label…"),
    ...labels.map((label, n) => seen.includes(label) ? null : make("option", { value: n, selected: own === label }, words[n])));
}
let offered = [];
function showCard() {
  const item = byKey.get(current);
  if (!item) {
    card.removeAttribute("aria-labelledby");
    card.replaceChildren(make("p", {}, `No item matches these filters. Clear the filters to see all ${data.items.length}.`));
    return;
  }
  const place = view.findIndex((other) => other.key === current), given = decisions.get(item.key);
  offered = choices(item);
  const radios = offered.map((choice, number) => make("label", {},
    make("input", { type: "radio", name: "d", value: number, checked: given !== undefined && given.decision === choice.decision && (choice.decision !== "label" || same(given.final, choice.final)) }),
    make("span", { dir: "auto" }, choice.words), number < 9 ? make("kbd", {}, String(number + 1)) : null));
  const other = otherField(item, given, offered);
  other?.addEventListener("input", () => all("input[name=d]", card).forEach((radio) => { radio.checked = false; }));
  const about = [several ? item.y : "", item.s ? sectionName(item.s) : "", item.r ? "round " + item.r : ""].filter(Boolean).map(isolated).join(" · ");
  const ids = [...new Set([...sections.keys(), ...(given?.guideline_section ? [given.guideline_section] : [])])];
  card.replaceChildren(...[
    make("div", { class: "row top" }, make("h3", { id: "card-h" }, item.id, " ", make("span", { class: "small" }, about)),
      make("button", { type: "button", disabled: place <= 0, onclick: () => go(-1) }, "Previous"),
      make("button", { type: "button", disabled: place >= view.length - 1, onclick: () => go(1) }, "Next")),
    item.t ? make("p", { class: "text", dir: "auto" }, item.t, item.c ? make("span", { class: "small" }, ` … (${item.c} more characters)`) : null) : null,
    make("div", { class: item.v[0]?.m ? "vers wide" : "vers" }, ...item.v.map((version) => versionBox(version, false)), item.g ? versionBox(item.g, true) : null),
    make("fieldset", { class: "dec" }, make("legend", {}, "What is right?"), make("div", { class: "opts" }, ...radios, other)),
    make("div", { class: "two" },
      ids.length ? make("div", {}, make("label", { class: "f", for: "d-section" }, "Guideline section to change"),
        make("select", { id: "d-section" }, make("option", { value: "" }, "None"), ...ids.map((id) => make("option", { value: id, selected: given?.guideline_section === id }, sectionName(id))))) : null,
      make("div", {}, make("label", { class: "f", for: "d-note" }, "What the guideline should say"), make("textarea", { id: "d-note", rows: 2 }, given?.note ?? ""))),
    make("div", { class: "row" }, make("button", { type: "button", class: "pri", onclick: commit }, "Save and next"),
      make("button", { type: "button", disabled: !given, onclick: undo }, "Undo"), make("button", { type: "button", onclick: copy }, "Copy for notes"),
      make("span", { role: "status", id: "said" })),
  ].filter(Boolean));
  card.setAttribute("aria-labelledby", "card-h");
}
const say = (text) => { const place = one("#said"); if (place) place.textContent = text; };
function select(key, focus) {
  current = key;
  if (view.findIndex((item) => item.key === key) >= shown) refresh(true); else showCard();
  for (const a of all("a", list)) {
    if (a.dataset.key !== key) { a.removeAttribute("aria-current"); continue; }
    a.setAttribute("aria-current", "true");
    const top = a.offsetTop - list.offsetTop;
    if (top < list.scrollTop || top + a.offsetHeight > list.scrollTop + list.clientHeight) list.scrollTop = top - 40;
  }
  address();
  if (focus) card.focus({ preventScroll: true });
}
function go(step) {
  const next = view[view.findIndex((item) => item.key === current) + step];
  if (next) select(next.key, true);
}
function ownAnswer(item) {
  const field = one("#d-other"), { labels } = layers.get(item.y);
  if (!field) return null;
  if (field.multiple) { const chosen = [...field.selectedOptions].map((o) => labels[o.value]); return chosen.length ? chosen : null; }
  if (field.matches("select")) return field.value === "" ? null : labels[field.value];
  return field.value.trim() || null;
}
function commit() {
  const item = byKey.get(current), radio = one("input[name=d]:checked", card), own = ownAnswer(item);
  if (!radio && own === null) return say("Choose an answer first.");
  const chosen = radio ? offered[Number(radio.value)] : { decision: "label", final: own };
  const place = view.findIndex((other) => other.key === current), next = view[place + 1]?.key;
  decisions.set(item.key, {
    item_id: item.id, layer: item.y, round: item.r || null, decision: chosen.decision, final: chosen.final,
    gold_before: item.g ? final(item.g) : null, guideline_section: one("#d-section")?.value || null,
    note: one("#d-note").value.trim() || null,
    labels: Object.fromEntries(item.v.flatMap((version) => version.a.map((name) => [name, final(version)]))),
    at: new Date().toISOString(),
  });
  unsaved = true;
  keep();
  const said = `${isolated(item.id)} saved: ${inWords(decisions.get(item.key))}.`;
  current = next ?? current;
  refresh(true);
  address();
  card.focus({ preventScroll: true });
  say(said);
}
function undo() {
  decisions.delete(current);
  keep();
  refresh(true);
  card.focus({ preventScroll: true });
  say("Decision removed.");
}
function copy() {
  const item = byKey.get(current), given = decisions.get(item.key);
  const spans = (version) => version.m ? ": " + version.m.flatMap((line) => line.filter((part) => typeof part !== "string").map((part) => `[${part.l}: ${part.m}]`)).join(" ") : "";
  const lines = [`${item.id}${item.s ? ` (${sectionName(item.s)})` : ""}`, item.plain, ...item.v.map((version) => `- ${version.l}${spans(version)}: ${version.a.join(", ")}`)];
  if (item.g) lines.push(`- gold: ${item.g.l}${spans(item.g)}`);
  if (given) lines.push(`Decision: ${inWords(given)}${given.note ? ". " + given.note : ""}`);
  const text = lines.filter(Boolean).join("\n");
  if (navigator.clipboard) navigator.clipboard.writeText(text).then(() => say("Copied."), () => copyByHand(text));
  else copyByHand(text);
}
function copyByHand(text) {
  const area = make("textarea", { class: "sr", "aria-hidden": "true" }, text);
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  card.focus({ preventScroll: true });
  say(copied ? "Copied." : "This browser blocks copying here.");
}

/* Files */
function download(name, type, content) {
  const url = URL.createObjectURL(new Blob([content], { type })), a = make("a", { href: url, download: name });
  document.body.append(a);
  a.click();
  a.remove();
  setTimeout(() => URL.revokeObjectURL(url), 5000);
  unsaved = false;
}
const COLUMNS = ["item_id", "layer", "round", "decision", "final", "gold_before", "guideline_section", "note", "at", "source_sha256"];
function csvCell(value) {
  let text = value === null || value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
  if (/^[=+\-@\t\r]/.test(text)) text = "'" + text; // a spreadsheet would run it as a formula
  return /[",\r\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
}
actions.set("reset", () => { setFilters(new Map()); });
actions.set("json", () => download(`decisions-${data.report_id}.json`, "application/json", JSON.stringify({
  schema: "label-decisions/1", report_id: data.report_id, source_sha256: data.source, exported_at: new Date().toISOString(),
  decisions: [...decisions.values()],
}, null, 1)));
actions.set("csv", () => download(`decisions-${data.report_id}.csv`, "text/csv",
  "\ufeff" + [COLUMNS.join(","), ...[...decisions.values()].map((d) => COLUMNS.map((name) => csvCell(name === "source_sha256" ? data.source : d[name])).join(","))].join("\r\n")));
one("#load").addEventListener("change", async (event) => {
  const file = event.target.files[0];
  if (!file) return;
  const text = await file.text();
  event.target.value = "";
  let loaded;
  try { loaded = JSON.parse(text); } catch { loaded = null; }
  if (loaded?.schema !== "label-decisions/1" || !Array.isArray(loaded.decisions)) {
    progress(`${file.name} is not a decisions file of this tool.`);
    return;
  }
  let taken = 0, differed = 0, unknown = 0;
  for (const d of loaded.decisions) {
    if (typeof d !== "object" || d === null || !["label", "multi", "unclear", "drop"].includes(d.decision)) { unknown += 1; continue; }
    const key = decisionKey(d);
    if (!byKey.has(key)) { unknown += 1; continue; }
    const mine = decisions.get(key);
    if (mine && (mine.decision !== d.decision || !same(mine.final, d.final))) differed += 1;
    if (!mine || String(mine.at) < String(d.at)) { decisions.set(key, d); taken += 1; }
  }
  keep();
  refresh(true);
  const words = [`Loaded ${taken} ${taken === 1 ? "decision" : "decisions"} from ${file.name}; ${differed} differed from yours, the newer one was kept.`];
  if (unknown) words.push(`${unknown} are about items that are not on this page and were left out.`);
  if (loaded.source_sha256 !== data.source) words.push("Careful: they were made on other data.");
  progress(words.join(" "));
});
addEventListener("beforeunload", (event) => { if (unsaved && !stored) event.preventDefault(); });

/* Keys, only while the card has the focus; none while typing. */
card.addEventListener("keydown", (event) => {
  const target = event.target;
  if (event.key === "Escape" && typing(target)) { card.focus(); return; }
  if (!keysOn.checked || modified(event) || typing(target)) return;
  const key = event.key.toLowerCase();
  if (/^[1-9]$/.test(key)) {
    const radio = all("input[name=d]", card)[Number(key) - 1];
    if (!radio) return;
    radio.checked = true;
    radio.focus();
    const other = one("#d-other");
    if (other) { if (other.multiple) other.selectedIndex = -1; else other.value = ""; }
  } else if (key === "j") go(1);
  else if (key === "k") go(-1);
  else if (key === "n") one("#d-note").focus();
  else if (key === "u") { if (decisions.has(current)) undo(); }
  else if (key === "enter" && !target.matches("button, a")) commit();
  else return;
  event.preventDefault();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || !keysOn.checked || modified(event) || typing(event.target)) return;
  event.preventDefault();
  one("#items").scrollIntoView();
  control.get("q").focus();
});

/* Addresses */
list.addEventListener("click", (event) => {
  const a = event.target.closest("a[data-key]");
  if (!a) return;
  event.preventDefault();
  select(a.dataset.key, true);
});
for (const [name, field] of control) {
  field.addEventListener(name === "q" ? "input" : "change", () => { filter.set(name, field.value); refresh(); address(); });
}
function setFilters(wanted, item) {
  for (const [name, field] of control) {
    if (name === "gave" && wanted.get(name)) { // the labels of one cell of a table; too many to offer all
      field.parentElement.hidden = false;
      field.append(make("option", { value: wanted.get(name) }, wanted.get(name).split(BETWEEN).map(isolated).join(", ")));
    }
    field.value = wanted.get(name) ?? "";
    if (field.value !== (wanted.get(name) ?? "")) field.value = ""; // no embedded item has it
    filter.set(name, field.value);
  }
  current = item ?? null;
  refresh(Boolean(item));
  address();
}
function route() {
  const [place, query] = location.hash.split("?", 2);
  if (place !== "#items" || query === undefined) return;
  const wanted = new Map(new URLSearchParams(query));
  const item = wanted.has("item") ? data.items.find((one) => one.id === wanted.get("item")
    && (!wanted.has("in") || one.y === wanted.get("in")) && (!wanted.has("layer") || one.y === wanted.get("layer"))
    && (!wanted.has("at") || one.r === wanted.get("at"))) : undefined;
  setFilters(wanted, item?.key);
  one("#items").scrollIntoView();
  card.focus({ preventScroll: true });
}
addEventListener("hashchange", route);
refresh();
route();
})();
