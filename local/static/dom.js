/**
 * The page as a function of what is known: describe it anew each time, and only what differs is touched. So what is
 * open stays open, and what is being typed, selected or scrolled stays as it is.
 *
 * Text becomes text nodes and nothing here takes markup: whatever a customer typed cannot become part of the page.
 */

const KEY = Symbol("key");
const SHOWN = Symbol("shown");
const PROPERTIES = new Set(["value", "checked", "disabled"]);
// Where it begins; from then on it is the visitor's.
const INITIAL = new Set(["open"]);

/**
 * @typedef {{tag: string, properties: Record<string, any>, children: Array<Described | string>}} Described
 */

/**
 * Describes an element. `key` tells siblings apart, `on...` are listeners, all else is attributes; children that are
 * null or false are left out.
 * @param {string} tag
 * @param {Record<string, any>} [properties]
 * @param {...any} children
 * @returns {Described}
 */
export function h(tag, properties = {}, ...children) {
  const kept = children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
  return { tag, properties, children: kept.map((child) => (typeof child === "object" ? child : String(child))) };
}

/**
 * Makes `parent` contain just what is described.
 * @param {Element} parent
 * @param {Array<Described | string>} described
 */
export function show(parent, described) {
  const wanted = described.map((child, index) => [keyOf(child, index), child]);
  const keys = new Set(wanted.map(([key]) => key));
  const present = new Map();
  for (const node of [...parent.childNodes]) {
    // Gone ones go first: those that stay then need not move, and a node that moves loses its focus.
    if (keys.has(node[KEY])) present.set(node[KEY], node);
    else node.remove();
  }
  let next = parent.firstChild;
  for (const [key, child] of wanted) {
    const node = present.get(key) ?? create(child, key);
    update(node, child);
    if (node === next) next = node.nextSibling;
    else parent.insertBefore(node, next);
  }
}

function keyOf(child, index) {
  return typeof child === "string" ? `text ${index}` : `${child.tag} ${child.properties.key ?? index}`;
}

function create(child, key) {
  const node = typeof child === "string" ? document.createTextNode(child) : document.createElement(child.tag);
  node[KEY] = key;
  return node;
}

function update(node, child) {
  if (typeof child === "string") {
    if (node.data !== child) node.data = child;
    return;
  }
  const isNew = !(SHOWN in node);
  const before = node[SHOWN] ?? {};
  node[SHOWN] = child.properties;
  // Children first: a select takes a value only once it has the option.
  show(node, child.children);
  for (const name of new Set([...Object.keys(before), ...Object.keys(child.properties)])) {
    // Compared with what was described before, not with what is there: that may be the visitor's.
    if (name === "key" || (INITIAL.has(name) && !isNew)) continue;
    if (before[name] !== child.properties[name]) set(node, name, child.properties[name]);
  }
}

function set(node, name, value) {
  if (name.startsWith("on") || PROPERTIES.has(name)) node[name] = value ?? null;
  else if (value === undefined || value === null || value === false) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? "" : String(value));
}
