/** Stands in for the logger that Baileys makes of pino as it is loaded; a connection is given its own. */
const nothing = (): void => {}
const silent = {
  level: 'silent',
  child: () => silent,
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
}

export { silent as default }
