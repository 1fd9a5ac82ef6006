/** The text of a pipeline and its steps; see "Filters" in the user guide. Pure. */

/** @typedef {{name: string, values: Record<string, string>}} Step */

/**
 * The steps of a text, or null where it is none or branches into several outputs: the server will say more.
 * @param {string} text
 * @returns {Step[] | null}
 */
export function parse(text) {
  if (!text.trim()) return [];
  const steps = [];
  for (const part of split(text, "|")) {
    const colon = part.indexOf(":");
    const name = (colon < 0 ? part : part.slice(0, colon)).trim().toLowerCase();
    if (!/^[a-z][a-z0-9_]*$/.test(name)) return null;
    /** @type {Record<string, string>} */
    const values = {};
    for (const setting of colon < 0 ? [] : split(part.slice(colon + 1), ",")) {
      const equals = setting.indexOf("=");
      if (equals < 1) return null;
      const value = unquoted(setting.slice(equals + 1).trim());
      if (value === null) return null;
      values[setting.slice(0, equals).trim().toLowerCase()] = value;
    }
    steps.push({ name, values });
  }
  return steps;
}

/** @param {Step[]} steps */
export function format(steps) {
  return steps
    .map(({ name, values }) => {
      const settings = Object.entries(values).map(([key, value]) => `${key}=${quoted(value)}`);
      return settings.length ? `${name}:${settings.join(",")}` : name;
    })
    .join("|");
}

/** @param {string} value */
function quoted(value) {
  return /[,|"{};]|^\s|\s$|^$/.test(value) ? JSON.stringify(value) : value;
}

/** @param {string} text @returns {string | null} */
function unquoted(text) {
  if (!text.startsWith('"')) return text;
  try {
    const value = JSON.parse(text);
    return typeof value === "string" ? value : null;
  } catch {
    return null;
  }
}

/** Parts of a text, where a separator in quotes parts nothing. @param {string} text @param {string} separator */
function split(text, separator) {
  const parts = [""];
  let inQuotes = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (inQuotes && char === "\\") {
      parts[parts.length - 1] += char + (text[at + 1] ?? "");
      at += 1;
      continue;
    }
    if (char === '"') inQuotes = !inQuotes;
    if (char === separator && !inQuotes) parts.push("");
    else parts[parts.length - 1] += char;
  }
  return parts;
}
