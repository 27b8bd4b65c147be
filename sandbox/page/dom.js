/** What every part of the page does with the document. */

export const byId = (id) => document.getElementById(id)

/** Makes an element; children that are strings become text, so nothing a bot says is ever parsed as HTML. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) made.addEventListener(name.slice(2), value)
    else if (value !== undefined && value !== false) made.setAttribute(name, value === true ? '' : String(value))
  }
  made.append(...children.filter((child) => child !== undefined))
  return made
}

/** Puts items into a list; what has the focus keeps it, by its `data-key`. */
export function replaceKeepingFocus(list, items) {
  const key = list.contains(document.activeElement) ? document.activeElement.dataset.key : undefined
  list.replaceChildren(...items)
  if (key !== undefined) list.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus()
}
